"""What the list of sources shows: loaded in one go, in an order that stays until the person refreshes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from core.i18n.collation import name_key
from core.models import PingRow, RecentCalls, Source, Status
from ui import state
from ui.session import Reader

if TYPE_CHECKING:
    from core.runtime import Runtime
    from core.services.sources import DataSourceService

PAGE_SIZE = 500
SEVERITY = {Status.ERROR: 0, Status.SUSPENDED: 1, Status.UNKNOWN: 2, Status.HEALTHY: 3}


@dataclass(frozen=True, slots=True)
class Filters:
    kind: str | None = None
    status: str | None = None
    q: str | None = None
    tag: str | None = None

    @property
    def any(self) -> bool:
        return any((self.kind, self.status, self.q, self.tag))


@dataclass(frozen=True, slots=True)
class Listing:
    """`everything` is the organisation's, `shown` what the filters admit.

    `recent` says of the sources that were called within 24 hours how they were.
    """

    everything: tuple[Source, ...]
    counts: Mapping[Status, int]
    shown: tuple[Source, ...]
    recent: Mapping[UUID, RecentCalls]


async def load(runtime: "Runtime", reader: Reader, filters: Filters) -> Listing:
    """Stored state only: no source is touched."""
    listing = await everything(runtime.sources, reader)
    shown = await _filtered(runtime.sources, reader, filters) if filters.any else listing.shown
    return replace(listing, shown=shown, recent=await runtime.history.recent(reader.actor, reader.org))


async def everything(service: "DataSourceService", reader: Reader) -> Listing:
    """All sources, without what was."""
    health = await service.health(reader.actor, reader.org)
    return Listing(health.sources, health.counts, health.sources, {})


async def _filtered(service: "DataSourceService", reader: Reader, filters: Filters) -> tuple[Source, ...]:
    found: list[Source] = []
    cursor = None
    while True:
        page = await service.list(
            reader.actor,
            reader.org,
            kind=filters.kind,
            status=filters.status,
            q=filters.q,
            tag=filters.tag,
            limit=PAGE_SIZE,
            cursor=cursor,
        )
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return tuple(found)


def in_order(sources: Iterable[Source], place: Mapping[UUID, int]) -> list[Source]:
    """Sources by the place that each has; newcomers behind them, worst status first, then by name."""
    there: list[tuple[int, Source]] = []
    new: list[Source] = []
    for source in sources:
        at = place.get(source.id)  # once: an id is not cheap to look up
        if at is None:
            new.append(source)
        else:
            there.append((at, source))
    there.sort(key=itemgetter(0))
    return [*(source for _, source in there), *sorted(new, key=lambda s: (SEVERITY[s.status], name_key(s.name)))]


class Order:
    """The places of one visit, and the last list that was brought into them: most runs show the same one again."""

    def __init__(self, everything: Iterable[Source]) -> None:
        self._place = {source.id: place for place, source in enumerate(in_order(everything, {}))}
        # In one piece, because two threads may run for one visit.
        self._last: tuple[tuple[Source, ...], list[Source]] = (), []

    def of(self, shown: tuple[Source, ...]) -> list[Source]:
        last = self._last
        if last[0] != shown:
            last = self._last = shown, in_order(shown, self._place)
        return last[1]


def ordered(listing: Listing) -> list[Source]:
    """The shown sources in this visit's order, which is made at its first run."""
    order: Order | None = st.session_state.get(state.ORDER)
    if order is None:
        order = st.session_state[state.ORDER] = Order(listing.everything)
    return order.of(listing.shown)


def updated(sources: Iterable[Source], rows: Iterable[PingRow]) -> list[Source]:
    """The sources with what a running job has found about them."""
    news = {row.id: row for row in rows}
    return [_updated(source, news[source.id]) if source.id in news else source for source in sources]


def _updated(source: Source, row: PingRow) -> Source:
    return replace(source, status=row.status, message=row.message)
