"""History of many sources added up by the database: what a thousand sources did is a thousand rows, not a million."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from core.storage.database import Database
from core.storage.history import within
from core.storage.tables import HISTORY, organisations, sources

COUNTS = ("calls", "errors", "latency_us")
HOUR_S = 3600


class Stretch(NamedTuple):
    """What one tier says of [since, until), in seconds since 1970; `part` names what it is added up to."""

    part: str
    tier: str
    since: int
    until: int


class Sums(NamedTuple):
    """`latency_us` is the sum of the latencies of `calls`."""

    part: str
    source_id: int
    calls: int
    errors: int
    latency_us: int


class Named(NamedTuple):
    """A source's inner key, the id that outsiders see, its name and kind."""

    key: int
    id: UUID
    name: str
    kind: str


class HistorySums:
    """Reads sums over an organisation's sources."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sources(self, org_slug: str) -> list[Named]:
        """In the order of their creation."""
        columns = sources.c.id, sources.c.uid, sources.c.name, sources.c.kind
        query = sa.select(*columns).where(sources.c.id.in_(_keys(org_slug))).order_by(sources.c.id)
        async with self._database.read() as connection:
            return [Named(*row) for row in await connection.execute(query)]

    async def by_source(self, org_slug: str, stretches: Iterable[Stretch]) -> list[Sums]:
        """One row a part and source that was called in it."""
        each = sa.union_all(*(_of(org_slug, stretch) for stretch in stretches)).subquery()
        added = [sa.func.sum(each.c[name]) for name in COUNTS]
        query = sa.select(each.c.part, each.c.source_id, *added).group_by(each.c.part, each.c.source_id)
        async with self._database.read() as connection:
            return [Sums(row[0], row[1], *map(int, row[2:])) for row in await connection.execute(query)]

    async def averages(self, org_slug: str, stretches: Iterable[Stretch]) -> list[tuple[int, list[int]]]:
        """Of each source that was called the average latency of every hour with calls, in microseconds, oldest first.

        One row a source, its hours in one text: a row an hour would take ten times as long to read.
        """
        each = sa.union_all(*(_of(org_slug, stretch, hourly=True) for stretch in stretches)).subquery()
        calls, latency = sa.func.sum(each.c.calls), sa.func.sum(each.c.latency_us)
        key = each.c.source_id, each.c.hour
        average = sa.cast(latency / calls, sa.BigInteger).label("average")
        hours = sa.select(*key, average).group_by(*key).having(calls > 0).subquery()
        written = sa.cast(hours.c.hour, sa.String) + ":" + sa.cast(hours.c.average, sa.String)
        query = sa.select(hours.c.source_id, sa.func.aggregate_strings(written, ",")).group_by(hours.c.source_id)
        async with self._database.read() as connection:
            return [(key, _averages(text)) for key, text in await connection.execute(query)]

    async def by_time(self, org_slug: str, tier: str, since: int, until: int) -> list[tuple[int, int, int]]:
        """Start, calls and errors of every stretch of [since, until) that any source was called in."""
        history = HISTORY[tier]
        counts = sa.func.sum(history.c.calls), sa.func.sum(history.c.errors)
        query = sa.select(history.c.ts, *counts).where(*_within(history, org_slug, since, until)).group_by(history.c.ts)
        async with self._database.read() as connection:
            return [(row[0], int(row[1]), int(row[2])) for row in await connection.execute(query)]

    async def packed(
        self, tier: str, source_ids: Sequence[int], since: int, until: int
    ) -> list[tuple[int, int, bytes]]:
        """Source, start and histogram of every stretch of [since, until)."""
        history = HISTORY[tier]
        query = sa.select(history.c.source_id, history.c.ts, history.c.histogram)
        query = query.where(*within(tier, source_ids, since, until))
        async with self._database.read() as connection:
            return [(row[0], row[1], row[2]) for row in await connection.execute(query)]


def _averages(text: str) -> list[int]:
    return [int(average) for _, average in sorted(pair.split(":") for pair in text.split(","))]


def _of(org_slug: str, stretch: Stretch, *, hourly: bool = False) -> sa.Select[Any]:
    """Added up within the tier already: little is left to add then."""
    history = HISTORY[stretch.tier]
    key = [history.c.source_id, *([(history.c.ts - history.c.ts % HOUR_S).label("hour")] if hourly else [])]
    added = [sa.func.sum(history.c[name]).label(name) for name in COUNTS]
    part = sa.literal(stretch.part, sa.String).label("part")
    within = _within(history, org_slug, stretch.since, stretch.until)
    return sa.select(part, *key, *added).where(*within).group_by(*key)


def _within(history: sa.Table, org_slug: str, since: int, until: int) -> tuple[sa.ColumnElement[bool], ...]:
    return history.c.source_id.in_(_keys(org_slug)), history.c.ts >= since, history.c.ts < until


def _keys(org_slug: str) -> sa.Select[tuple[int]]:
    return sa.select(sources.c.id).join(organisations).where(organisations.c.slug == org_slug)
