"""One source: how it is and why, its figures, and a look at its data."""

from functools import partial

import streamlit as st

from core.i18n import Translator
from core.models import Source, Status
from ui import ladder, metrics, navigation, notes, overview, pinging, playground, source_header, tabs
from ui.runtime import run, runtime
from ui.session import Reader, reader, words
from ui.widgets import empty

TABS = ("overview", "metrics", "playground")


def page(person: Reader, t: Translator) -> None:
    source_id = navigation.source_in_address()
    if source_id is None:
        empty(t.text("source.none.title"), t.text("source.none.body"))
        st.page_link(navigation.page(navigation.SOURCES, t))
        return
    source = run(runtime().sources.get(person.actor, person.org, source_id))
    source_header.header(source, person, t)
    notes.note(source, person, t)
    pinging.show_pinged(t, source.id, explained=source.diagnosis is not None)
    source_header.why(source, person, t)
    labels = {name: t.text(f"source.tab.{name}") for name in TABS}
    tabs.tabs(labels, partial(content, source, person, t), t)


def content(source: Source, person: Reader, t: Translator, name: str) -> None:
    service = runtime().sources
    if name == "overview":
        well = source.status is Status.HEALTHY
        if not well:  # then the way to find out why comes first
            ladder.ladder(source, person, t)
        overview.overview(source, run(service.events(person.actor, person.org, source.id)), person, t)
        if well:
            ladder.ladder(source, person, t)
    elif name == "metrics":
        metrics.metrics(source, person, t)
    else:
        playground.playground(source, person, t)


page(reader(), words())
