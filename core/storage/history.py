"""History in tiers: stretches of five minutes, of an hour, of a day, each source's one after the other."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from core.metrics.histogram import Histogram
from core.metrics.history import BUCKET_S, PackedBucket
from core.storage import source_queries
from core.storage.connection import Connection
from core.storage.database import Database
from core.storage.inserts import insert_for
from core.storage.tables import HISTORY, history_marks

SPANS = {"5m": BUCKET_S, "1h": 3600, "1d": 86_400}
"""Seconds in a stretch of each tier, finest first."""
KEPT_S = {"5m": 7 * 86_400, "1h": 90 * 86_400, "1d": 730 * 86_400}
LOOKED_UP_MAX = 50
STRETCHES_MAX = 5_000
LATE_S = 60
"""A stretch that is written later than this after its end may have been rolled up before."""
MARKS = sa.select(history_marks.c.tier, history_marks.c.until)
Bound = sa.ColumnElement[int]


@dataclass(frozen=True, slots=True)
class Segment:
    """[since, until) in seconds since 1970, and the tier that answers for it."""

    tier: str
    since: int
    until: int


class HistoryRow(NamedTuple):
    """One stretch of one source. `ts` is its start in seconds since 1970, `latency_us` the sum of its latencies."""

    source_id: int
    ts: int
    calls: int
    errors: int
    rejected: int
    latency_us: int
    histogram: bytes


class HistoryRepository:
    """Reads what was written. Rows of several writers come one by one: whoever reads adds them up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_source(
        self, org_slug: str, uid: UUID, plan: Callable[[Mapping[str, int]], Iterable[Segment]]
    ) -> list[HistoryRow] | None:
        """The rows of the segments that `plan` makes of the marks, as they were at one moment; None without the source.

        One journey to the database: three would take longer than what is read.
        """
        async with self._database.read() as connection:
            found: list[HistoryRow] | None = await connection.run_sync(partial(_of_source, org_slug, uid, plan))
        return found

    async def rows(self, tier: str, source_ids: Iterable[int], since: int, until: int) -> list[HistoryRow]:
        """Stretches that start in [since, until), in seconds since 1970, by source and time."""
        keys = list(source_ids)
        async with self._database.read() as connection:
            rows = await connection.execute(*_rows_query(tier, keys, since, until))
        return [HistoryRow._make(row) for row in rows]

    async def marks(self) -> dict[str, int]:
        """By coarser tier, up to when it holds everything; a tier that holds nothing yet is missing."""
        async with self._database.read() as connection:
            return _marks(await connection.execute(MARKS))


def within(tier: str, keys: Sequence[int], since: int, until: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Stretches of these sources that start in [since, until).

    The table is in the order of time: of a few sources each stretch is looked up, of many the whole range is read.
    """
    bounds = sa.literal(_first(tier, since)), sa.literal(since), sa.literal(until)
    return _within(tier, keys, *bounds, few=_few(tier, keys, since, until))


def _of_source(
    org_slug: str, uid: UUID, plan: Callable[[Mapping[str, int]], Iterable[Segment]], connection: sa.Connection
) -> list[HistoryRow] | None:
    present = connection.execute(source_queries.version(), {"org": org_slug, "source": uid}).one_or_none()
    if present is None:
        return None
    rows = list[HistoryRow]()
    for part in plan(_marks(connection.execute(MARKS))):
        found = connection.execute(*_rows_query(part.tier, [present.id], part.since, part.until))
        rows += map(HistoryRow._make, found)
    return rows


def _marks(rows: Iterable[sa.Row[str, int]]) -> dict[str, int]:
    return {row.tier: row.until for row in rows}


def _rows_query(tier: str, keys: list[int], since: int, until: int) -> tuple[sa.Select[Any], dict[str, Any]]:
    """The question and its parameters."""
    first = _first(tier, since)
    asked = {"keys": keys, "first": first, "since": since, "until": until}
    return _rows_select(tier, _few(tier, keys, since, until)), asked


@lru_cache(maxsize=2 * len(SPANS))
def _rows_select(tier: str, few: bool) -> sa.Select[Any]:
    """Made once: putting it together takes longer than the database takes to answer it."""
    history = HISTORY[tier]
    keys: sa.BindParameter[int] = sa.bindparam("keys", expanding=True)
    first, since, until = (sa.bindparam(name, type_=sa.BigInteger) for name in ("first", "since", "until"))
    found = sa.select(*columns_of(history)).where(*_within(tier, keys, first, since, until, few=few))
    return found.order_by(history.c.source_id, history.c.ts)


def _few(tier: str, keys: Sequence[int], since: int, until: int) -> bool:
    return len(keys) <= LOOKED_UP_MAX and (until - _first(tier, since)) // SPANS[tier] <= STRETCHES_MAX


def _first(tier: str, since: int) -> int:
    return -(-since // SPANS[tier]) * SPANS[tier]


def _within(
    tier: str, keys: Any, first: Bound, since: Bound, until: Bound, *, few: bool
) -> tuple[sa.ColumnElement[bool], ...]:
    history = HISTORY[tier]
    own = history.c.source_id.in_(keys)
    if not few:
        return own, history.c.ts >= since, history.c.ts < until
    return own, history.c.ts.in_(_starts(first, SPANS[tier], until))


def _starts(first: Bound, span: int, until: Bound) -> sa.Select[int]:
    """Counted by the database: of hundreds of parameters the query would take longer to write than to answer."""
    starts = sa.select(first.label("ts")).where(first < until).cte("starts", recursive=True)
    following = sa.select(starts.c.ts + span).where(starts.c.ts + span < until)
    return sa.select(starts.union_all(following).c.ts)


async def record_history(
    connection: Connection, news: Mapping[int, Sequence[PackedBucket]], writer: int, now: datetime
) -> None:
    """By the source's inner key, in the connection's transaction. A stretch written again replaces itself."""
    rows = [(key, bucket) for key, buckets in news.items() for bucket in buckets]
    if not rows:
        return
    added = [(key, bucket) for key, bucket in rows if bucket.added]
    values = [_values(key, bucket, writer) for key, bucket in rows if not bucket.added]
    values += await _on_top(connection, added, writer)
    await connection.execute(upsert_history(connection, "5m"), values)
    await _look_again(connection, {row["ts"] for row in values}, int(now.timestamp()))


def upsert_history(connection: Connection, tier: str) -> sa.Executable:
    into = insert_for(connection.dialect.name, HISTORY[tier])
    changed = ("calls", "errors", "rejected", "latency_us", "histogram")
    return into.on_conflict_do_update(
        index_elements=["source_id", "ts", "writer"], set_={name: getattr(into.excluded, name) for name in changed}
    )


def _values(key: int, bucket: PackedBucket, writer: int) -> dict[str, Any]:
    own = {field.name: getattr(bucket, field.name) for field in fields(bucket) if field.name != "added"}
    return own | {"source_id": key, "writer": writer}


async def _on_top(
    connection: Connection, added: Sequence[tuple[int, PackedBucket]], writer: int
) -> list[dict[str, Any]]:
    """Each with what is stored of the same stretch."""
    history, values = HISTORY["5m"], []
    for key, bucket in added:
        own = history.c.source_id == key, history.c.ts == bucket.ts, history.c.writer == writer
        stored = (await connection.execute(sa.select(*columns_of(history)).where(*own))).one_or_none()
        rows = [_values(key, bucket, writer), *([dict(stored._mapping)] if stored else [])]
        values.append(rows[0] | added_up(rows))
    return values


def added_up(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The counts and the histogram of several stretches together."""
    counts = {name: sum(row[name] for row in rows) for name in ("calls", "errors", "rejected", "latency_us")}
    histogram = rows[0]["histogram"] if len(rows) == 1 else _merged(row["histogram"] for row in rows)
    return counts | {"histogram": histogram}


def _merged(packed: Iterable[bytes]) -> bytes:
    return Histogram.merged(map(Histogram.unpack, packed)).pack()


async def _look_again(connection: Connection, written: Collection[int], now: int) -> None:
    """Whoever rolled that time up, or is about to, has to do it again."""
    late = int(now > min(written) + BUCKET_S + LATE_S)
    for finer, tier in pairwise(SPANS):
        for start in sorted({ts // SPANS[tier] * SPANS[tier] for ts in written}):
            again = sa.and_(history_marks.c.until > start, _may_be_rolled(tier, start, KEPT_S[finer]))
            values = {
                "until": sa.case((again, start), else_=history_marks.c.until),
                "late": history_marks.c.late + late,
            }
            concerned = history_marks.c.tier == tier, sa.or_(again, sa.literal(late) == 1)
            await connection.execute(sa.update(history_marks).where(*concerned).values(values))


def _may_be_rolled(tier: str, start: int, kept: int) -> sa.ColumnElement[bool]:
    """Whether the finer tier still holds all from `start` on: of what is left of it nobody makes a stretch anew.

    How old that is, no clock of a writer says, and a mark may have gone back or, by a clock ahead, too far on: the end
    of the newest stretch counts as well. Where none is that new, there is nothing to lose.
    """
    newest = sa.select(sa.func.coalesce(sa.func.max(HISTORY[tier].c.ts) + SPANS[tier], 0)).scalar_subquery()
    too_new = start + kept - SPANS[tier]  # the stretch at the border may be half gone
    return sa.or_(newest <= start, sa.and_(newest < too_new, history_marks.c.until < too_new))


def columns_of(history: sa.Table) -> list[sa.Column[Any]]:
    return [history.c[name] for name in HistoryRow._fields]
