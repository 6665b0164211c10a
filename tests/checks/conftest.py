"""Scheduled checks over a real database and fake sources, on a clock that is driven by hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.checks.checker import Checker
from core.connectors.base import Environment
from core.connectors.catalog import KindCatalog
from core.models import BreakerConfig, Organisation, SourceDraft
from core.resilience.retry import RetryPolicy
from core.safety.egress import EgressPolicy
from core.services.calls import Calls
from core.services.live import LiveSource, LiveSources
from core.services.writer import StatusWriter
from core.storage import tables
from core.storage.database import Database
from core.storage.encryption import Keyring, Vault
from core.storage.people import PeopleRepository
from core.storage.schedule import ScheduleRepository
from core.storage.sources import SourceChanges, SourceRecord, SourceRepository
from core.storage.status import StatusRepository
from tests.fakes import FakeClock, OtherEnd, fake_registry

INTERVAL_S = 60.0


@dataclass
class Bench:
    """The checker of one process with everything that it stands on."""

    database: Database
    org: Organisation
    sources: SourceRepository
    live: LiveSources
    calls: Calls
    writer: StatusWriter
    checker: Checker
    other_end: OtherEnd
    clock: FakeClock

    async def add(self, host: str = "there", **given: Any) -> LiveSource:
        """A source that was created long ago and never called."""
        draft = SourceDraft("fake", host, {"host": host}, breaker=BreakerConfig(2, 30.0), **given)
        record = await self.sources.add(self.org, draft, {"host": host})
        await self._created_long_ago(record)
        return self.live.of(record, None)

    async def change(self, live: LiveSource, **changes: Any) -> None:
        record = live.record
        changed = await self.sources.update(record, SourceChanges(**changes), expected_version=record.version)
        await self._changed_at(record, self.clock.utc())
        self.live.of(changed, None)
        await self.writer.changed(live)

    async def turn(self, seconds: float = 0.0) -> None:
        """Lets time go by, and does what is due then; what it starts has ended."""
        self.clock.advance(seconds)
        await self.checker.tick()
        assert await self.checker.drained(10)

    async def pass_by(self, seconds: float, step_s: float = 3.0) -> None:
        """As `turn`, in the small steps in which a process does it."""
        for _ in range(int(seconds / step_s)):
            await self.turn(step_s)

    async def until_checked(self, host: str = "there") -> None:
        """Lets time go by until the source is checked once more, which is one interval away at most."""
        asked = self.asked(host)
        for _ in range(int(INTERVAL_S * 1.1) + 4):
            await self.turn(1.0)
            if self.asked(host) > asked:
                return
        raise AssertionError("it was not checked")

    def asked(self, host: str = "there") -> int:
        return self.other_end.requests.count(("ping", host))

    async def _created_long_ago(self, record: SourceRecord) -> None:
        await self._changed_at(record, self.clock.utc() - timedelta(days=1))

    async def _changed_at(self, record: SourceRecord, ts: datetime) -> None:
        statement = sa.update(tables.sources).where(tables.sources.c.id == record.id).values(updated_at=ts)
        async with self.database.write() as connection:
            await connection.execute(statement)


@pytest.fixture
async def bench(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Bench]:
    database, clock, other_end = Database(f"sqlite:///{tmp_path / 'cheshmeh.db'}"), FakeClock(), OtherEnd()
    await database.upgrade()
    org = await PeopleRepository(database).add_organisation("acme", "Acme", clock.utc())
    sources, statuses = SourceRepository(database, Vault(Keyring({"k": bytes(32)}))), StatusRepository(database)
    kinds = KindCatalog(fake_registry(other_end), Environment(EgressPolicy()))
    await kinds.ready("fake")
    live = LiveSources(
        kinds, sources, RetryPolicy(retries=0), clock=clock.utc, monotonic=clock.seconds, check_interval_s=INTERVAL_S
    )
    writer = StatusWriter(statuses, clock.utc)
    calls, schedule = Calls(writer, clock.utc), ScheduleRepository(database)
    checker = Checker(schedule, sources, statuses, live, calls, INTERVAL_S, clock=clock.utc, monotonic=clock.seconds)
    yield Bench(database, org, sources, live, calls, writer, checker, other_end, clock)
    await checker.close(0)
    await live.close()
    await writer.close()
    await database.close()
