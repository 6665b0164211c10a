"""The parts of the list page above its table."""

from datetime import UTC, datetime
from operator import attrgetter

import streamlit as st

from core.i18n import Translator
from core.models import Role, Source, Status
from core.spreadsheet import Cell
from ui import exports, filters, navigation
from ui.listing import Filters, Listing
from ui.session import Reader
from ui.widgets import empty, figure_tile, kind_name, plain

EXPORTED = (
    *("name", "kind", "status", "tags", "description"),
    *("last_ok", "last_err", "p95_ms", "calls", "errors", "id"),
)
TILES = (Status.HEALTHY, Status.ERROR, Status.SUSPENDED, Status.UNKNOWN)


def caption(listing: Listing, reader: Reader, t: Translator) -> str:
    """Organisation, how many sources, when the last of them was checked."""
    checked = max(filter(None, map(attrgetter("evidence_ts"), listing.everything)), default=None)
    ago = t.relative(checked, datetime.now(UTC)) if checked else ""
    last = t.text("sources.caption.checked", ago=ago) if checked else t.text("sources.caption.never")
    count = t.plural("sources.caption.count", len(listing.everything))
    return " · ".join((t.isolated(plain(reader.organisation.name)), count, last))


def first_source(reader: Reader, t: Translator) -> None:
    """For an organisation without sources: the next step."""
    may_add = reader.may(Role.EDITOR)
    empty(t.text("sources.empty.title"), t.text("sources.empty.body" if may_add else "sources.empty.viewer"))
    if may_add and st.button(t.text("sources.add"), type="primary", icon=":material/add:", key="first_source"):
        navigation.open_page(navigation.ADD)


def tiles(listing: Listing, t: Translator, asked: Filters | None = None) -> None:
    """How many are how; above a list that is filtered by `asked` each with a way to see those alone."""
    found: dict[Status, list[Source]] = {status: [] for status in TILES}
    for source in listing.everything:
        found[source.status].append(source)
    for column, status in zip(st.columns(len(TILES)), TILES, strict=True):
        count = listing.counts.get(status, 0)
        with column:
            below = _below(status, found[status], t)
            tile = figure_tile(status.value, t.text(f"status.{status.value}"), t.number(count), below)
        if asked is not None:
            with tile:
                _only(status, count, asked.status == status.value, t)


def _only(status: Status, count: int, active: bool, t: Translator) -> None:
    st.button(
        t.text("sources.tile.all" if active else "sources.tile.only"),
        icon=":material/filter_alt_off:" if active else ":material/filter_alt:",
        type="tertiary",
        disabled=not count and not active,
        help=t.text("sources.tile.only.help", status=t.text(f"status.{status.value}")),
        on_click=filters.only,
        args=(status, t.lang),
        key=f"only_{status.value}",
    )


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
    paused = sum(source.paused for source in sources) if status is Status.UNKNOWN else 0
    said = t.text(f"sources.tile.{status.value}") if paused < len(sources) else ""
    return " · ".join(filter(None, (said, t.plural("sources.tile.unknown.paused", paused) if paused else "")))


def export(listing: Listing, t: Translator) -> None:
    """The sources that are shown, without settings: what no secret can stand in."""
    header = [t.text(f"export.sources.{name}") for name in EXPORTED]
    exports.csv_button("sources", header, lambda: (_row(source, t) for source in listing.shown), t)


def _row(source: Source, t: Translator) -> tuple[Cell, ...]:
    figures = source.figures
    about = source.name, kind_name(source.kind, t), t.text(f"status.{source.status.value}"), ", ".join(source.tags)
    told = figures.last_ok_ts, figures.last_err_ts, figures.p95_ms, figures.calls_total, figures.errors_total
    return *about, source.description, *told, str(source.id)
