"""History as several processes would have written it, over a real database."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.metrics.histogram import Histogram
from core.models import Actor, Organisation, Role, SourceDraft
from core.services.history import HistoryService
from core.storage.database import Database
from core.storage.history import SPANS, HistoryRepository, upsert_history
from core.storage.history_sums import HistorySums
from core.storage.rollup import Rollup
from core.storage.sources import SourceRecord, SourceRepository
from core.storage.tables import history_marks

NOW = datetime(2026, 3, 21, 8, 32, 10, tzinfo=UTC)
VIEWER = Actor("reader", {"acme": Role.VIEWER})


class FakeWriter:
    """A StatusWriter that writes what `waits` when it is asked to settle."""

    def __init__(self) -> None:
        self.waits: list[Any] = []

    async def settled(self) -> None:
        for writing in self.waits:
            await writing
        self.waits = []


@dataclass
class Past:
    """An organisation with sources, and a service whose clock stands at `now`."""

    database: Database
    sources: SourceRepository
    org: Organisation
    now: datetime = NOW
    writer: FakeWriter = field(default_factory=FakeWriter)

    @property
    def service(self) -> HistoryService:
        return self.service_at(time.monotonic)

    def service_at(self, monotonic: Callable[[], float]) -> HistoryService:
        ports: Any = HistoryRepository(self.database), self.writer, HistorySums(self.database)
        return HistoryService(*ports, "Asia/Tehran", lambda: self.now, monotonic)

    async def source(self, name: str = "Shop") -> SourceRecord:
        return await self.sources.add(self.org, SourceDraft("postgres", name, {}), {})

    async def write(
        self,
        source: SourceRecord,
        when: datetime,
        latencies: Iterable[float] = (10.0,),
        *,
        errors: int = 0,
        rejected: int = 0,
        writer: int = 1,
        tier: str = "5m",
    ) -> None:
        """One stretch, as the process `writer` saw it, or as it was rolled up into a coarser tier."""
        taken, histogram = list(latencies), Histogram()
        for latency in taken:
            histogram.add(latency)
        row = {
            "source_id": source.id,
            "ts": int(when.timestamp()) // SPANS[tier] * SPANS[tier],
            "writer": writer,
            "calls": len(taken),
            "errors": errors,
            "rejected": rejected,
            "latency_us": round(sum(taken) * 1000),
            "histogram": histogram.pack(),
        }
        async with self.database.write() as connection:
            await connection.execute(upsert_history(connection, tier), [row])

    async def mark(self, **until: datetime) -> None:
        """Up to when which tier is whole, without a roll-up that would take its time over months."""
        rows = [
            {"tier": tier, "until": int(moment.timestamp()) // SPANS[tier] * SPANS[tier], "late": 0}
            for tier, moment in until.items()
        ]
        async with self.database.write() as connection:
            await connection.execute(sa.insert(history_marks), rows)

    async def roll_up(self) -> None:
        await Rollup(self.database).run(int(self.now.timestamp()))

    def ago(self, **how: float) -> datetime:
        return self.now - timedelta(**how)
