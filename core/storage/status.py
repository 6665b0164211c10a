"""What is known of each source's state: one row a source, to which several processes may add."""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.models import Event
from core.storage.connection import Connection
from core.storage.database import Database
from core.storage.events import EVENTS_KEPT, record_events
from core.storage.history import record_history
from core.storage.incidents import record_turns
from core.storage.row_locks import lock_sources
from core.storage.status_merge import Known, is_ours, merged, turn, untold
from core.storage.status_rows import NO_EVIDENCE, NOBODY, StatusRecord, Unwritten, Written, columns
from core.storage.tables import events, organisations, source_status, sources, writers


@lru_cache(maxsize=1)
def _one() -> sa.Select[Any]:
    return _rows().where(source_status.c.source_id == sa.bindparam("source"))


def _rows() -> sa.Select[Any]:
    return sa.select(source_status, sources.c.config_version).select_from(source_status.join(sources))


class StatusRepository:
    """Reads and writes the stored state of sources."""

    def __init__(self, database: Database, *, events_kept: int = EVENTS_KEPT) -> None:
        self._database, self._events_kept = database, events_kept
        self._number: int | None = None

    async def of_org(self, org_slug: str) -> dict[int, StatusRecord]:
        """By the source's inner key; sources that were never called are missing."""
        query = _rows().join(organisations).where(organisations.c.slug == org_slug)
        async with self._database.read() as connection:
            rows = await connection.execute(query)
        return {row.source_id: StatusRecord(*row) for row in rows}

    async def get(self, source_id: int) -> StatusRecord | None:
        async with self._database.read() as connection:
            found = await connection.execute(_one(), {"source": source_id})
        row = found.one_or_none()
        return StatusRecord(*row) if row is not None else None

    async def with_ids(self, source_ids: Collection[int]) -> dict[int, StatusRecord]:
        """By the source's inner key; sources that were never called are missing."""
        if not source_ids:
            return {}
        async with self._database.read() as connection:
            query = _rows().where(source_status.c.source_id.in_(source_ids))
            return {row.source_id: StatusRecord(*row) for row in await connection.execute(query)}

    async def save(self, batch: Iterable[Unwritten], now: datetime) -> dict[int, Written]:
        """Everything in one transaction, of a few statements however many they are. Gives what is now stored.

        What belongs to a source that was deleted meanwhile is dropped.
        """
        waiting = {each.record.source_id: each for each in batch}
        if not waiting:
            return {}
        number = await self._writer(now)
        async with self._database.write() as connection:
            known = await _locked(connection, waiting, now)
            waiting = {key: each for key, each in waiting.items() if key in known}
            written = await _merge(connection, waiting, known, number)
            if written:
                await connection.execute(_upsert(self._database), [_row(each.record) for each in written.values()])
            await record_history(connection, {key: each.history for key, each in waiting.items()}, number, now)
            news = {key: untold(each, known[key], number) for key, each in waiting.items()}
            await record_events(connection, news, self._events_kept)
            turned = {key: each.record for key, each in written.items() if each.turned}
            turns = [turn(record, known[key], waiting[key].host, now) for key, record in turned.items()]
            await record_turns(connection, turns, now)
        return written

    async def add_event(self, source_id: int, event: Event) -> None:
        """The oldest beyond `events_kept` go. An event of a source that was deleted meanwhile is dropped."""
        try:
            async with self._database.write() as connection:
                await record_events(connection, {source_id: (event,)}, self._events_kept)
        except IntegrityError:
            return

    async def events(self, source_id: int, limit: int = 50) -> tuple[Event, ...]:
        """Newest first."""
        query = sa.select(events).where(events.c.source_id == source_id).order_by(events.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            rows = await connection.execute(query)
        return tuple(Event(row.ts, row.type, row.data) for row in rows)

    async def _writer(self, now: datetime) -> int:
        """The number of this process among those that ever wrote."""
        if self._number is None:
            async with self._database.write() as connection:
                key = (await connection.execute(sa.insert(writers).values(started_at=now))).inserted_primary_key
            assert key is not None  # noqa: S101 - a single-row insert always has one
            self._number = int(key[0])
        return self._number


async def forget_evidence(connection: Connection, keys: Collection[int]) -> None:
    """In the transaction that gives these sources another configuration: nothing is proven about that one yet."""
    own = sa.update(source_status).where(source_status.c.source_id.in_(keys))
    again = {"seq": source_status.c.seq + 1, "writer": NOBODY, "streak": 0}
    await connection.execute(own.values(again | NO_EVIDENCE))


async def _locked(connection: Connection, keys: Iterable[int], now: datetime) -> dict[int, Known]:
    """The sources that there are, held until the end of the transaction."""
    alive = await lock_sources(connection, keys)
    # A statement of its own: the one that waited for the lock still sees what was stored before it waited.
    quiet = sources.c.paused, sources.c.maintenance_from, sources.c.maintenance_until
    state = source_status.c.seq, source_status.c.writer, source_status.c.trouble_since
    query = sa.select(sources.c.id, *state, sources.c.config_version, *quiet)
    rows = await connection.execute(query.select_from(sources.outerjoin(source_status)).where(sources.c.id.in_(alive)))
    return {row.id: _known(row, now) for row in rows}


def _known(row: Any, now: datetime) -> Known:
    return Known(row.seq or 0, row.writer or NOBODY, row.trouble_since, row.config_version, _is_quiet(row, now))


def _is_quiet(row: Any, now: datetime) -> bool:
    """Whether nobody wants to hear of it: paused, or in maintenance, which without an end goes on."""
    since, until = row.maintenance_from, row.maintenance_until
    return bool(row.paused or (since is not None and since <= now and (until is None or now < until)))


async def _merge(
    connection: Connection, waiting: dict[int, Unwritten], known: dict[int, Known], number: int
) -> dict[int, Written]:
    overtaken = [key for key, each in waiting.items() if not is_ours(known[key], each.record, number)]
    stored: dict[int, StatusRecord] = {}
    if overtaken:
        query = _rows().where(source_status.c.source_id.in_(overtaken))
        stored = {row.source_id: StatusRecord(*row) for row in await connection.execute(query)}
    return {key: merged(stored.get(key), each, known[key], number) for key, each in waiting.items()}


def _upsert(database: Database) -> sa.Executable:
    into = database.insert(source_status)
    return into.on_conflict_do_update(index_elements=["source_id"], set_=dict(into.excluded.items()))


def _row(record: StatusRecord) -> dict[str, Any]:
    row = columns(record)
    del row["config_version"]  # the source's own
    return row
