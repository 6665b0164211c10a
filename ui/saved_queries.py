"""Saved queries in the playground: choose one and fill it in, save what the editor holds, ask for approval."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import streamlit as st

from core.i18n import Translator
from core.models import QueryStatus, Role, SamplePolicy, SavedQuery, Source
from core.safety.approved import TYPES, placeholders
from ui import addressed, asking, params, state, tree
from ui.day import day_input
from ui.refusals import refusals_shown
from ui.runtime import run, runtime
from ui.session import Reader, reader
from ui.widgets import plain

DAYS = date(1921, 3, 21), date(2071, 3, 20)
"""Between which a day can be chosen: the Jalali years 1300 to 1449."""
QUERY = "query"
"""In the address: which saved query is chosen."""
EXAMPLE = '{"$param": "city"}'
ICONS = {
    QueryStatus.DRAFT: ":material/edit_note:",
    QueryStatus.REQUESTED: ":material/hourglass_top:",
    QueryStatus.APPROVED: ":material/verified:",
    QueryStatus.REVOKED: ":material/block:",
}


def saved_queries(source: Source, person: Reader, t: Translator) -> None:
    """Stands above the editor, which takes another text only before it is drawn."""
    asking.show({"query_save": _save, "query_delete": _delete}, t)
    if _only_approved(person):
        st.info(t.text("queries.approved_only"), icon=":material/verified_user:")
    found = {query.id: query for query in run(runtime().queries.list(person.actor, person.org, source.id))}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = _choice(found, source, t)
        if st.button(t.text("queries.save"), icon=":material/save:", key="query_save"):
            asking.ask("query_save", source.id)
            st.rerun()
    if chosen is not None:
        _chosen(chosen, source, person, t)


def first_request(source: Source, person: Reader) -> Mapping[str, Any] | None:
    """What one begins with: the first that the source holds, empty when it holds nothing.

    Where only approved queries run it is one of them that asks for no values, or None: all else would be refused.
    """
    if not _only_approved(person):
        return tree.first_request(source, person)
    found = run(runtime().queries.list(person.actor, person.org, source.id))
    ready = (query.params for query in found if query.status is QueryStatus.APPROVED and not query.parameters)
    return next(ready, None)


def status_words(query: SavedQuery, t: Translator) -> str:
    """With a sign: colour alone tells nobody anything."""
    return f"{ICONS[query.status]} {t.text(f'queries.status.{query.status}')}"


def _only_approved(person: Reader) -> bool:
    return run(runtime().queries.policy(person.actor, person.org)) is SamplePolicy.APPROVED_ONLY


def _choice(found: Mapping[UUID, SavedQuery], source: Source, t: Translator) -> SavedQuery | None:
    if not found:
        addressed.stands({QUERY: ""})
        return None

    def shown(key: UUID) -> str:
        return f"{found[key].name} · {t.text(f'queries.status.{found[key].status}')}"

    key = state.in_words(f"query_{source.id}", t.lang)
    # One that is gone, or is not for this reader, is none.
    addressed.followed(QUERY, key, {"": None} | {str(each): each for each in found}, "")
    chosen = st.selectbox(
        t.text("queries.choose"),
        list(found),
        None,
        format_func=shown,
        placeholder=t.text("queries.choose.none"),
        key=key,
    )
    if chosen is None:
        addressed.stands({QUERY: ""})
        return None
    # It is this source's own: a link to it without its source would lead elsewhere once another one is the first.
    addressed.stands({"source": str(source.id), QUERY: str(chosen)})
    return found.get(chosen)


def _chosen(query: SavedQuery, source: Source, person: Reader, t: Translator) -> None:
    with st.container(border=True, key="query_chosen"):
        about = t.text("queries.by", name=t.isolated(plain(query.owner)))
        st.markdown(f"{status_words(query, t)} :small[:gray[{about}]]")
        given = {name: _input(query, name, wanted, t) for name, wanted in query.parameters.items()}
        with st.container(horizontal=True):
            use = st.button(t.text("queries.use"), icon=":material/edit:", key="query_use")
            request = query.status in (QueryStatus.DRAFT, QueryStatus.REVOKED) and st.button(
                t.text("queries.request"), icon=":material/approval:", key="query_request"
            )
            own = query.owner == person.actor.name or person.may(Role.ADMIN)
            if own and st.button(
                t.text("queries.delete"), type="tertiary", icon=":material/delete:", key="query_delete"
            ):
                asking.ask("query_delete", query)
                st.rerun()
        with refusals_shown("query", t):
            if use:
                _use(query, source, person, given)
            if request:
                run(runtime().queries.request(person.actor, person.org, query.id))
                state.notify(t.text("queries.requested", name=query.name))
                st.rerun()


def _input(query: SavedQuery, name: str, wanted: str, t: Translator) -> Any:
    label, key = f"{plain(name)} · {t.text(f'queries.type.{wanted}')}", f"ltr_query_{query.id}_{name}"
    if wanted == "boolean":
        return st.checkbox(label, key=key)
    if wanted == "integer":
        return st.number_input(label, value=None, step=1, key=key)
    if wanted == "float":
        return st.number_input(label, value=None, step=0.01, format="%g", key=key)
    if wanted == "date":
        chosen = day_input(label, key, t, *DAYS)
        return chosen and chosen.isoformat()
    return st.text_input(label, placeholder="2026-03-21T08:30:00Z" if wanted == "timestamp" else None, key=key)


def _use(query: SavedQuery, source: Source, person: Reader, given: Mapping[str, Any]) -> None:
    """What was left empty is missing."""
    values = {name: value for name, value in given.items() if value is not None}
    _, request = run(runtime().queries.filled(person.actor, person.org, query.id, values))
    params.write(source.id, request)


def _save(source_id: UUID, t: Translator) -> None:
    request = params.parsed(st.session_state.get(params.key(source_id)) or "", t)
    if request is None:
        return
    name = st.text_input(t.text("input.name"), max_chars=100, key="query_name")
    types = {each: _type(each, t) for each in placeholders(request)}
    if not types:
        st.caption(t.text("queries.save.hint", example=f"`{EXAMPLE}`"))
    shared = st.checkbox(t.text("queries.shared"), key="query_shared")
    if asking.confirmed("query_save", t.text("queries.save.go")):
        draft = {"name": name, "source_id": str(source_id), "params": request, "parameters": types, "shared": shared}
        with refusals_shown("dialog", t):
            person = reader()
            made = run(runtime().queries.save(person.actor, person.org, draft))
            asking.answered(t.text("queries.saved", name=made.name))


def _type(name: str, t: Translator) -> str:
    label = plain(t.text("queries.type", name=name))
    key = state.in_words(f"query_type_{name}", t.lang)
    return st.selectbox(label, TYPES, TYPES.index("string"), format_func=lambda n: t.text(f"queries.type.{n}"), key=key)


def _delete(query: SavedQuery, t: Translator) -> None:
    asking.consequence("ask.query_delete.body", t, name=query.name)
    if asking.confirmed("query_delete", t.text("queries.delete")):
        with refusals_shown("dialog", t):
            person = reader()
            run(runtime().queries.delete(person.actor, person.org, query.id))
            asking.answered(t.text("queries.deleted", name=query.name))
