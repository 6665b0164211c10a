"""What a source holds, as a tree that is opened level by level; a press on an entry fills in a fitting request."""

from collections.abc import Iterator
from datetime import UTC, datetime

import streamlit as st

from core.errors import CheshmehError, SourceError
from core.i18n import Translator
from core.models import CatalogEntry, Source, Status
from core.services.contents import CatalogLevel
from ui import params, state
from ui.entries import label
from ui.level_changes import changes
from ui.runtime import run, runtime
from ui.session import Reader, reader
from ui.widgets import plain

SHOWN_MAX = 100
"""Entries of one level that are drawn: each is a button, and a thousand of them take seconds."""
LOOKED_INTO = 3
ICONS = {
    "schema": ":material/folder_open:",
    "table": ":material/table:",
    "view": ":material/table_view:",
    "collection": ":material/data_object:",
    "database": ":material/database:",
    "bucket": ":material/inventory_2:",
    "prefix": ":material/folder:",
    "object": ":material/description:",
    "query": ":material/search:",
    "path": ":material/link:",
}
CLOSED = {"ltr": ":material/chevron_right:", "rtl": ":material/chevron_left:"}
OPENED, OTHER = ":material/expand_more:", ":material/data_object:"


def tree(source: Source, person: Reader, t: Translator) -> None:
    """The tree in its box. A source that is not known to be well is only asked when somebody presses."""
    shown = state.opened(source.id)
    with st.container(border=True, key="browse"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"## {t.text('playground.browse')}", width="content")
            st.button(
                t.text("playground.browse.refresh"),
                icon=":material/refresh:",
                type="tertiary",
                key="browse_refresh",
                on_click=_ask_again,
                args=(source,),
                disabled="" not in shown,
            )
        if "" in shown:
            _level(source, person, "", t)
        else:
            st.caption(t.text("playground.browse.closed"))
            st.button(t.text("playground.browse.open"), key="browse_open", on_click=shown.add, args=("",))


def first_request(source: Source, person: Reader) -> dict[str, object]:
    """A request for the first entry that has one, its level opened; empty for a source that does not say."""
    if source.status is not Status.HEALTHY:
        return {}
    shown = state.opened(source.id)
    shown.add("")
    entries = _entries(source, person, "")
    branches = [entry.path for entry in entries if entry.expandable][:LOOKED_INTO]
    for path, entry in _candidates(source, person, entries, branches):
        request = runtime().sources.sample_request(source.kind, entry)
        if request:
            shown.add(path)
            return request
    return {}


def _candidates(
    source: Source, person: Reader, entries: tuple[CatalogEntry, ...], branches: list[str]
) -> Iterator[tuple[str, CatalogEntry]]:
    for entry in entries:
        yield "", entry
    for path in branches:
        for entry in _entries(source, person, path):
            yield path, entry


def _entries(source: Source, person: Reader, path: str) -> tuple[CatalogEntry, ...]:
    found = _read(source, person, path)
    return found.entries if found else ()


def _read(source: Source, person: Reader, path: str) -> CatalogLevel | None:
    """Nothing when the source does not answer: the level then says why."""
    failures = state.unread(source.id)
    if path in failures:
        return None
    try:
        return run(runtime().sources.catalog(person.actor, person.org, source.id, path))
    except SourceError as error:
        failures[path] = error
        return None


def _level(source: Source, person: Reader, path: str, t: Translator) -> None:
    with st.spinner(t.text("playground.browse.running")):
        found = _read(source, person, path)
    if found is None:
        failure = state.unread(source.id)[path]
        st.markdown(f":red[:material/error:] {plain(t.message(failure.message))}")
        return
    if not path:
        st.caption(t.text("playground.browse.read", ago=t.relative(found.cached_at, datetime.now(UTC))))
    changes(source, found, t)
    entries = found.entries
    if not entries:
        st.caption(t.text("playground.browse.empty"))
    for entry in entries[:SHOWN_MAX]:
        _entry(source, person, entry, t)
    if len(entries) > SHOWN_MAX:
        st.caption(t.text("playground.browse.more", count=len(entries) - SHOWN_MAX))


def _entry(source: Source, person: Reader, entry: CatalogEntry, t: Translator) -> None:
    key, opened = f"{source.id}_{entry.path}", entry.path in state.opened(source.id)
    request = runtime().sources.sample_request(source.kind, entry)
    if entry.expandable or request:
        st.button(
            label(entry, t),
            icon=_icon(entry, opened, t),
            type="tertiary",
            key=f"entry_{key}",
            on_click=_press,
            args=(source, entry, request),
        )
    else:
        st.markdown(label(entry, t))
    if opened:
        with st.container(key=f"branch_{key}"):
            _level(source, person, entry.path, t)


def _icon(entry: CatalogEntry, opened: bool, t: Translator) -> str:
    if not entry.expandable:
        return ICONS.get(entry.type, OTHER)
    return OPENED if opened else CLOSED[t.direction]


def _press(source: Source, entry: CatalogEntry, request: dict[str, object]) -> None:
    """A callback: opens or closes the level, and writes the request for what was pressed."""
    shown = state.opened(source.id)
    if entry.expandable:
        shown.symmetric_difference_update({entry.path})
    if request:
        params.write(source.id, request)


def _ask_again(source: Source) -> None:
    """A callback: every open level anew."""
    state.unread(source.id).clear()
    for path in state.opened(source.id):
        try:
            person = reader()  # a press may come long after the run that drew the button
            run(runtime().sources.catalog(person.actor, person.org, source.id, path, fresh=True))
        except CheshmehError as error:
            state.unread(source.id)[path] = error
