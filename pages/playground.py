"""A look at real data: choose a source, see what it holds, ask for a sample."""

import streamlit as st

from core.i18n import Translator
from core.i18n.collation import name_key
from core.models import Source, Status
from ui import addressed, navigation, playground, saved_queries, source_header, sources_parts, state
from ui.listing import everything
from ui.runtime import run, runtime
from ui.session import Reader, reader, words
from ui.widgets import kind_name, status_badge


def page(person: Reader, t: Translator) -> None:
    st.title(t.text("nav.playground"), anchor=False)
    asked = navigation.source_in_address()
    if asked is not None:
        # Refuses a source that is not this organisation's, which would only be missing from the choice.
        run(runtime().sources.get(person.actor, person.org, asked))
        if st.query_params["source"] != str(asked):
            st.query_params["source"] = str(asked)  # an id has several spellings, the choice below one
    sources = run(everything(runtime().sources, person)).everything
    if not sources:
        sources_parts.first_source(person, t)
        return
    known = {
        str(source.id): source
        for source in sorted(sources, key=lambda s: (s.status is not Status.HEALTHY, name_key(s.name)))
    }
    source = choice(known, t)
    source_header.why(source, person, t)
    playground.playground(source, person, t)


def choice(known: dict[str, Source], t: Translator) -> Source:
    """The chosen source, which stands in the address too, unless it is the first one."""
    select, about = st.columns([2, 1], vertical_alignment="bottom")
    ids = list(known)
    addressed.followed("source", state.CHOSEN, ids, ids[0])
    chosen = select.selectbox(
        t.text("playground.source"),
        ids,
        format_func=lambda one: f"{known[one].name} · {kind_name(known[one].kind, t)}",
        key=state.CHOSEN,
    )
    if chosen != st.query_params.get("source", ids[0]):
        # A saved query belongs to the source of before.
        addressed.stands({"source": chosen, saved_queries.QUERY: ""}, ids[0])
    source = known[chosen]
    with about, st.container(horizontal=True, vertical_alignment="center"):
        status_badge(source.status, t)
        link = navigation.page(navigation.SOURCE, t)
        st.page_link(link, label=t.text("playground.to_source"), query_params={"source": chosen})
    return source


page(reader(), words())
