"""The coarser tiers of history are made from the finer ones, and what is too old goes.

Everything is worked out anew and replaces what is there: a roll-up that was killed in the middle is simply done again.
A mark says up to when a coarser tier is whole; it moves in the end, and only if nothing came late meanwhile.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise

import sqlalchemy as sa

from core.storage.connection import Connection
from core.storage.database import Database
from core.storage.history import (
    KEPT_S,
    SPANS,
    HistoryRepository,
    HistoryRow,
    added_up,
    columns_of,
    upsert_history,
    within,
)
from core.storage.incidents import forget_incidents
from core.storage.row_locks import lock_sources
from core.storage.tables import HISTORY, history_marks, sources

GRACE_S = 300
"""Stretches end and are written a little later: nobody rolls up before that."""
CHUNK = 50
"""Sources in one transaction: longer ones would hold up everybody else."""
EXPIRED_STRETCHES = 12
DAILY = "1d"
"""When a day is rolled up, it is time for what is done once a day."""
MERGED = 0
"""The writer of what was rolled up: everybody's together."""


class Rollup:
    """One piece of work a call; any process may do it, several at a time as well."""

    def __init__(self, database: Database) -> None:
        self._database, self._history = database, HistoryRepository(database)

    async def run(self, now: int) -> None:
        """Rolls up everything that is over at `now` (seconds since 1970), then lets go of what is too old."""
        for finer, coarser in pairwise(SPANS):
            while await self._roll_one(finer, coarser, now):
                pass
        await self._expire(now)

    async def _roll_one(self, finer: str, coarser: str, now: int) -> bool:
        """One stretch of the coarser tier, for every source; false when none is over."""
        span = SPANS[coarser]
        mark, late = await self._mark(finer, coarser)
        if mark is None or mark + span > await self._whole_until(finer, now):
            return False
        for keys in _chunks(await self._sources()):
            async with self._database.write() as connection:
                await _roll(connection, finer, coarser, keys, mark)
        async with self._database.write() as connection:
            moved = history_marks.c.tier == coarser, history_marks.c.until == mark, history_marks.c.late == late
            await connection.execute(sa.update(history_marks).where(*moved).values(until=mark + span))
        if coarser == DAILY:
            await self._forget_the_deleted()
            async with self._database.write() as connection:
                await forget_incidents(connection, datetime.fromtimestamp(now - KEPT_S[DAILY], UTC))
        return True

    async def _whole_until(self, finer: str, now: int) -> int:
        """Up to when the finer tier holds everything."""
        if finer == next(iter(SPANS)):
            return now - GRACE_S
        return (await self._history.marks()).get(finer, 0)

    async def _mark(self, finer: str, coarser: str) -> tuple[int | None, int]:
        """Where the coarser tier begins to be incomplete, and how often something came late; None without history."""
        query = sa.select(history_marks.c.until, history_marks.c.late).where(history_marks.c.tier == coarser)
        async with self._database.read() as connection:
            found = (await connection.execute(query)).one_or_none()
        return (found.until, found.late) if found else (await self._begin(finer, coarser), 0)

    async def _begin(self, finer: str, coarser: str) -> int | None:
        async with self._database.write() as connection:
            oldest = (await connection.execute(sa.select(sa.func.min(HISTORY[finer].c.ts)))).scalar()
            if oldest is None:
                return None
            start = oldest // SPANS[coarser] * SPANS[coarser]
            row = {"tier": coarser, "until": start, "late": 0}
            await connection.execute(self._database.insert(history_marks).values(row).on_conflict_do_nothing())
        return int(start)

    async def _sources(self) -> list[int]:
        async with self._database.read() as connection:
            return list((await connection.execute(sa.select(sources.c.id).order_by(sources.c.id))).scalars())

    async def _expire(self, now: int) -> None:
        """Of a finer tier only what the coarser one holds already, and none of its stretches by half."""
        marks = await self._history.marks()
        coarser = dict(pairwise(SPANS))
        for tier, kept in KEPT_S.items():
            above = coarser.get(tier, tier)
            before = min(now - kept, marks.get(above, 0) if tier in coarser else now) // SPANS[above] * SPANS[above]
            while await self._expire_one(tier, before):
                pass

    async def _expire_one(self, tier: str, before: int) -> bool:
        """The oldest hours of what is too old; false when there is nothing."""
        ts = HISTORY[tier].c.ts
        async with self._database.write() as connection:
            oldest = (await connection.execute(sa.select(sa.func.min(ts)))).scalar()
            if oldest is None or oldest >= before:
                return False
            until = min(before, oldest + EXPIRED_STRETCHES * SPANS[tier])
            await connection.execute(sa.delete(HISTORY[tier]).where(ts < until))
        return True

    async def _forget_the_deleted(self) -> None:
        for history in HISTORY.values():
            async with self._database.write() as connection:
                await connection.execute(sa.delete(history).where(history.c.source_id.not_in(sa.select(sources.c.id))))


async def _roll(connection: Connection, finer: str, coarser: str, keys: Sequence[int], start: int) -> None:
    # What was read before somebody wrote late must not be written after another process rolled that up.
    alive = await lock_sources(connection, keys)
    stretches = within(finer, sorted(alive), start, start + SPANS[coarser])
    by_source: dict[int, list[HistoryRow]] = defaultdict(list)
    for row in await connection.execute(sa.select(*columns_of(HISTORY[finer])).where(*stretches)):
        by_source[row.source_id].append(HistoryRow(*row))
    together = [
        {"source_id": key, "ts": start, "writer": MERGED, **added_up([row._asdict() for row in rows])}
        for key, rows in by_source.items()
    ]
    if together:
        await connection.execute(upsert_history(connection, coarser), together)


def _chunks(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))
