"""What is known of each source's state: one row a source, and its events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.models import BreakerState, Event
from core.storage.database import Database
from core.storage.tables import events, organisations, source_status, sources


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """A row of `source_status`. `histogram` is packed; `evidence` is `healthy`, `error` or None."""

    source_id: int
    calls_total: int
    errors_total: int
    rejected_total: int
    avg_latency_ms: float | None
    avg_ts: datetime | None
    histogram: bytes
    last_ok_ts: datetime | None
    last_err_ts: datetime | None
    state: str
    state_since: datetime | None
    evidence: str | None
    evidence_ts: datetime | None
    diagnosis: dict[str, Any] | None
    message: dict[str, Any] | None
    updated_at: datetime


PROBING = {BreakerState.OPEN.value, BreakerState.HALF_OPEN.value}
EVENTS_KEPT = 1000
"""Of one source; a source that comes and goes all day would otherwise fill the disk."""


class StatusRepository:
    """Reads and writes the stored state of sources."""

    def __init__(self, database: Database, *, events_kept: int = EVENTS_KEPT) -> None:
        self._database, self._events_kept = database, events_kept

    async def of_org(self, org_slug: str) -> dict[int, StatusRecord]:
        """By the source's inner key; sources that were never called are missing."""
        query = sa.select(source_status).select_from(source_status.join(sources).join(organisations))
        async with self._database.read() as connection:
            rows = await connection.execute(query.where(organisations.c.slug == org_slug))
        return {row.source_id: StatusRecord(**row._mapping) for row in rows}

    async def get(self, source_id: int) -> StatusRecord | None:
        async with self._database.read() as connection:
            found = await connection.execute(sa.select(source_status).where(source_status.c.source_id == source_id))
        row = found.one_or_none()
        return StatusRecord(**row._mapping) if row is not None else None

    async def save(
        self, records: Iterable[StatusRecord], news: Mapping[int, Sequence[Event]] = MappingProxyType({})
    ) -> None:
        """With what happened, by the source's inner key, in one transaction.

        The state of a source that was deleted meanwhile is dropped.
        """
        rows = [asdict(record) for record in records]
        if not rows:
            return
        async with self._database.write() as connection:
            known = sa.select(sources.c.id).where(sources.c.id.in_([row["source_id"] for row in rows]))
            alive = set((await connection.execute(known)).scalars())
            for row in rows:
                if row["source_id"] in alive:
                    upsert = insert(source_status).values(row)
                    await connection.execute(upsert.on_conflict_do_update(["source_id"], set_=row))
                    for event in news.get(row["source_id"], ()):
                        await record_event(connection, row["source_id"], event, self._events_kept)

    async def add_event(self, source_id: int, event: Event) -> None:
        """The oldest beyond `events_kept` go. An event of a source that was deleted meanwhile is dropped."""
        try:
            async with self._database.write() as connection:
                await record_event(connection, source_id, event, self._events_kept)
        except IntegrityError:
            return

    async def events(self, source_id: int, limit: int = 50) -> tuple[Event, ...]:
        """Newest first."""
        query = sa.select(events).where(events.c.source_id == source_id).order_by(events.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            rows = await connection.execute(query)
        return tuple(Event(row.ts, row.type, row.data) for row in rows)


async def record_event(connection: AsyncConnection, source_id: int, event: Event, kept: int = EVENTS_KEPT) -> None:
    """In the connection's transaction; the oldest beyond `kept` go. Raises IntegrityError without such a source."""
    event = await _folded(connection, source_id, event)
    values = {"source_id": source_id, "ts": event.ts, "type": event.type, "data": dict(event.data)}
    await connection.execute(sa.insert(events).values(values))
    await connection.execute(_beyond(source_id, kept))


async def _folded(connection: AsyncConnection, source_id: int, event: Event) -> Event:
    """A probe that fails as the one before it did is that one again, `times` over, first at `since`.

    A source that is down for a day is probed all day: two rows tell it, and what happened before stays in sight.
    """
    if not _is_probe(event.type, event.data):
        return event
    own = sa.select(events).where(events.c.source_id == source_id).order_by(events.c.id.desc()).limit(2)
    last = (await connection.execute(own)).all()
    if len(last) < 2 or not all(_is_probe(row.type, row.data) for row in last) or not _alike(last[1].data, event.data):
        return event
    first = last[1]
    await connection.execute(sa.delete(events).where(events.c.id == first.id))
    since = first.data.get("since", first.ts.isoformat())
    return replace(event, data={**event.data, "times": first.data.get("times", 1) + 1, "since": since})


def _is_probe(kind: str, data: Mapping[str, Any]) -> bool:
    return kind == "breaker" and {data.get("from"), data.get("to")} == PROBING


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    codes = [(data.get("diagnosis") or {}).get("code") for data in (one, other)]
    return one["to"] == other["to"] and codes[0] == codes[1]


def _beyond(source_id: int, kept: int) -> sa.Delete:
    own = sa.select(events.c.id).where(events.c.source_id == source_id)
    oldest_kept = own.order_by(events.c.id.desc()).offset(kept - 1).limit(1).scalar_subquery()
    return sa.delete(events).where(events.c.source_id == source_id, events.c.id < oldest_kept)
