"""The parts of the list page above its table."""

from collections.abc import Iterable
from datetime import UTC, datetime

import streamlit as st

from core.i18n import Translator
from core.models import KindInfo, Role, Source, Status
from ui import navigation, state
from ui.listing import SEVERITY, Filters, Listing
from ui.session import Reader
from ui.widgets import empty, figure_tile, kind_name, plain

TILES = (Status.HEALTHY, Status.ERROR, Status.SUSPENDED, Status.UNKNOWN)


def caption(listing: Listing, reader: Reader, t: Translator) -> str:
    """Organisation, how many sources, when the last of them was checked."""
    checked = [source.evidence_ts for source in listing.everything if source.evidence_ts]
    ago = t.relative(max(checked), datetime.now(UTC)) if checked else ""
    last = t.text("sources.caption.checked", ago=ago) if checked else t.text("sources.caption.never")
    count = t.plural("sources.caption.count", len(listing.everything))
    return " · ".join((t.isolated(plain(reader.organisation.name)), count, last))


def first_source(reader: Reader, t: Translator) -> None:
    """For an organisation without sources: the next step."""
    may_add = reader.may(Role.EDITOR)
    empty(t.text("sources.empty.title"), t.text("sources.empty.body" if may_add else "sources.empty.viewer"))
    if may_add and st.button(t.text("sources.add"), type="primary", icon=":material/add:", key="first_source"):
        navigation.open_page(navigation.ADD)


def tiles(listing: Listing, t: Translator) -> None:
    for column, status in zip(st.columns(len(TILES)), TILES, strict=True):
        count = listing.counts.get(status, 0)
        with column:
            below = _below(status, [s for s in listing.everything if s.status is status], t)
            figure_tile(status.value, t.text(f"status.{status.value}"), t.number(count), below)


def _below(status: Status, sources: list[Source], t: Translator) -> str:
    if not sources:
        return t.text(f"sources.tile.{status.value}.none")
    if status is Status.ERROR:
        since = [source.state_since for source in sources if source.state_since]
        return t.text("sources.tile.error", when=t.moment(min(since), datetime.now(UTC))) if since else ""
    if status is Status.SUSPENDED:
        waits = [source.retry_after_s for source in sources if source.retry_after_s]
        if not waits:
            held = all(source.hold is not None for source in sources)
            return t.text("sources.tile.suspended.held" if held else "sources.tile.suspended.now")
        return t.text("sources.tile.suspended", wait=t.seconds(min(waits)))
    return t.text(f"sources.tile.{status.value}")


def asked(t: Translator) -> Filters:
    """The filters as they stand: inputs keep their values under their keys before they are drawn."""
    kept = st.session_state
    q = (kept.get(state.SEARCH) or "").strip()
    kind, status = (kept.get(state.in_words(key, t.lang)) or None for key in (state.KIND, state.STATUS))
    return Filters(kind, status, q or None)


def filters(kinds: Iterable[KindInfo], t: Translator) -> None:
    """Search, the two filters, refresh; a filter shows its name while it filters nothing."""
    search, kind, status, refresh = st.columns([3, 2, 2, 1.2], vertical_alignment="bottom")
    search.text_input(
        t.text("sources.search"),
        placeholder=t.text("sources.search.placeholder"),
        icon=":material/search:",
        label_visibility="collapsed",
        key=state.SEARCH,
    )
    with kind:
        _filter("kind", {info.name: kind_name(info.name, t) for info in kinds}, state.KIND, t)
    with status:
        _filter("status", {s.value: t.text(f"status.{s.value}") for s in SEVERITY}, state.STATUS, t)
    refresh.button(
        t.text("sources.refresh"),
        icon=":material/refresh:",
        help=t.text("sources.refresh.help"),
        on_click=state.forget,
        args=(state.ORDER, state.PINGED, state.SUMMARY),
        width="stretch",
        key="sources_refresh",
    )


def _filter(name: str, labels: dict[str, str], key: str, t: Translator) -> None:
    all_of_them = t.text(f"sources.filter.{name}.all")
    st.selectbox(
        t.text(f"sources.filter.{name}"),
        ["", *labels],
        format_func=lambda value: labels.get(value, all_of_them),
        label_visibility="collapsed",
        key=state.in_words(key, t.lang),
    )


def clear_filters(lang: str) -> None:
    """A callback: widgets take another value only before they are drawn."""
    st.session_state.update({state.SEARCH: ""} | {state.in_words(key, lang): "" for key in (state.KIND, state.STATUS)})
