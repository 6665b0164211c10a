"""What is known of each source's state: one row a source, and its events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError

from core.models import Event
from core.storage.database import Database
from core.storage.events import EVENTS_KEPT, record_events
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
        """With what happened, by the source's inner key, in one transaction of a few statements however many they are.

        The state of a source that was deleted meanwhile is dropped.
        """
        rows = list(map(columns, records))
        if not rows:
            return
        async with self._database.write() as connection:
            known = sa.select(sources.c.id).where(sources.c.id.in_([row["source_id"] for row in rows]))
            alive = set((await connection.execute(known)).scalars())
            if rows := [row for row in rows if row["source_id"] in alive]:
                await connection.execute(_UPSERT, rows)
            known_news = {key: happened for key, happened in news.items() if key in alive}
            await record_events(connection, known_news, self._events_kept)

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


_INSERT = insert(source_status)
_UPSERT = _INSERT.on_conflict_do_update(["source_id"], set_=dict(_INSERT.excluded.items()))


def columns(record: Any) -> dict[str, Any]:
    """A flat dataclass as a row. `asdict` would copy everything inside it too, which takes longer than storing it."""
    return {field.name: getattr(record, field.name) for field in fields(record)}
