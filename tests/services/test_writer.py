"""What the writer does when the database takes nothing for a while."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy.exc import DataError, SQLAlchemyError
from structlog.testing import capture_logs

from core.guarded import GuardedConnector
from core.metrics.figures import SourceFigures
from core.models import BreakerConfig, Event, Message, Outcome
from core.resilience.breaker import Breaker
from core.resilience.retry import RetryPolicy
from core.safety.egress import EgressPolicy
from core.services.journal import WAITING_MAX, Journal
from core.services.live import LiveSource
from core.services.writer import StatusWriter
from core.storage.sources import SourceRecord
from core.storage.status import StatusRepository
from core.storage.status_rows import Unwritten, Written
from tests.fakes import FakeConnector

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)


def live_source() -> LiveSource:
    """A source whose breaker opens at the first failure, and that nobody calls."""
    guard = GuardedConnector(
        lambda: pytest.fail("nobody calls it"),
        FakeConnector.limits,
        Breaker(BreakerConfig(1, 30)),
        SourceFigures(clock=lambda: NOW),
        RetryPolicy(),
        egress=EgressPolicy(),
    )
    record = cast(SourceRecord, SimpleNamespace(id=7, uid=UUID(int=7), config_version=1))
    return LiveSource(record, guard, Journal(guard, lambda: NOW))


def fail(live: LiveSource) -> None:
    live.guard.breaker.settle(live.guard.breaker.acquire(), Outcome.FAIL)


class Statuses:
    """A database that can be away."""

    def __init__(self) -> None:
        self.away = False
        self.written = asyncio.Event()
        self.saved: list[Unwritten] = []

    @property
    def states(self) -> list[str]:
        return [each.record.state for each in self.saved]

    async def save(self, batch: Iterable[Unwritten], now: datetime) -> dict[int, Written]:
        if self.away:
            raise SQLAlchemyError("away")
        batch = list(batch)
        self.saved += batch
        self.written.set()
        return {each.record.source_id: Written(each.record, merged=False, turned=False) for each in batch}


@pytest.fixture
def statuses() -> Statuses:
    return Statuses()


@pytest.fixture
def writer(statuses: Statuses) -> StatusWriter:
    return StatusWriter(cast(StatusRepository, statuses), lambda: NOW, batch_s=3600)


async def test_events_wait_in_their_order_while_the_database_is_away(writer: StatusWriter, statuses: Statuses) -> None:
    live, statuses.away = live_source(), True
    fail(live)
    await writer.changed(live)
    live.guard.breaker.reset()
    statuses.away = False
    await writer.changed(live)
    (saved,) = statuses.saved
    assert [event.data["to"] for event in saved.news] == ["open", "closed"]
    assert statuses.states == ["closed"]


async def test_whatever_keeps_a_batch_from_being_written_is_known_and_it_waits(
    writer: StatusWriter, statuses: Statuses, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def defect(*_: object) -> None:
        raise KeyError("a defect")

    live = live_source()
    fail(live)
    with monkeypatch.context() as patched:
        patched.setattr(statuses, "save", defect)
        writer.start()
        await writer.changed(live)
        assert writer.failing
    assert await writer.flush()
    assert (writer.failing, statuses.states) == (False, ["open"])
    await writer.close()


async def test_what_was_seen_while_the_database_is_away_is_stored_once_it_is_back(
    writer: StatusWriter, statuses: Statuses
) -> None:
    live, statuses.away = live_source(), True
    for healthy in (True, False, False):
        live.guard.figures.record(10, error=not healthy, proves_ok=healthy)
        live.guard.figures.reject()
        live.prove(healthy=healthy, now=NOW, message=Message("ping.sample_worked"), diagnosis=None)
        await writer.changed(live)
    statuses.away = False
    await writer.changed(live)
    (saved,) = statuses.saved
    assert (len(saved.calls), saved.rejected, list(saved.proofs)) == (3, 3, [True, False, False])
    assert [(bucket.calls, bucket.errors, bucket.rejected) for bucket in saved.history] == [(3, 2, 3)]
    assert (saved.record.calls_total, saved.record.streak) == (3, -2)
    await writer.changed(live)
    assert (statuses.saved[-1].calls, statuses.saved[-1].history) == ((), ())


async def test_proofs_that_come_back_after_another_configuration_are_dropped(writer: StatusWriter) -> None:
    live = live_source()
    live.prove(healthy=False, now=NOW, message=Message("ping.sample_worked"), diagnosis=None)
    what = live.take(NOW)
    live.record = cast(SourceRecord, SimpleNamespace(id=7, config_version=2))
    live.disprove()
    live.give_back(what)
    assert (live.proofs, live.streak, live.evidence) == ([], 0, None)


async def test_what_is_interrupted_is_stored_later(slow: "tuple[Slow, StatusWriter]") -> None:
    statuses, _ = slow
    writer = StatusWriter(cast(StatusRepository, statuses), lambda: NOW, batch_s=3600)
    live = live_source()
    live.guard.figures.record(10, error=False, proves_ok=True)
    writer.mark(live)
    flush = asyncio.create_task(writer.flush())
    await statuses.begun.wait()
    flush.cancel()
    await asyncio.wait({flush})
    statuses.goes_on.set()
    await writer.flush()
    (saved,) = statuses.saved
    assert len(saved.calls) == 1


async def test_what_happens_between_two_batches_is_written_at_once(writer: StatusWriter, statuses: Statuses) -> None:
    live = live_source()
    live.journal.tell = lambda: writer.wake(live)
    writer.start()
    fail(live)
    await statuses.written.wait()
    await writer.close()
    assert statuses.states == ["open"]


async def test_only_the_newest_events_wait_for_long(statuses: Statuses) -> None:
    journal = live_source().journal
    old = tuple(Event(NOW, "status", {"n": n}) for n in range(WAITING_MAX))
    journal.note(Event(NOW, "status", {"n": "new"}))
    journal.give_back(old)
    assert [event.data["n"] for event in journal.take()] == [*range(1, WAITING_MAX), "new"]
    assert not journal.waits


class Slow(Statuses):
    """A database that takes as long as the test wants over each commit."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()
        self.commits = 0

    async def save(self, batch: Iterable[Unwritten], now: datetime) -> dict[int, Written]:
        self.commits += 1
        self.begun.set()
        await self.goes_on.wait()
        return await super().save(batch, now)


@pytest.fixture
async def slow() -> AsyncIterator[tuple[Slow, StatusWriter]]:
    statuses = Slow()
    writer = StatusWriter(cast(StatusRepository, statuses), lambda: NOW, batch_s=3600)
    writer.start()
    yield statuses, writer
    await writer.close()


async def test_a_caller_that_leaves_interrupts_no_commit(slow: tuple[Slow, StatusWriter]) -> None:
    statuses, writer = slow
    caller = asyncio.create_task(writer.changed(live_source()))
    await statuses.begun.wait()
    caller.cancel()
    await asyncio.wait({caller})
    statuses.goes_on.set()
    await statuses.written.wait()
    assert statuses.states == ["closed"]


async def test_changes_that_come_during_a_commit_share_the_next(slow: tuple[Slow, StatusWriter]) -> None:
    statuses, writer = slow
    first = asyncio.create_task(writer.changed(live_source()))
    await statuses.begun.wait()
    others = [asyncio.create_task(writer.changed(live_source())) for _ in range(5)]
    await asyncio.sleep(0)
    assert not first.done()
    statuses.goes_on.set()
    await asyncio.gather(first, *others)
    assert statuses.commits == 2


async def test_nobody_waits_for_a_source_that_was_deleted_meanwhile(slow: tuple[Slow, StatusWriter]) -> None:
    statuses, writer = slow
    live = live_source()
    first = asyncio.create_task(writer.changed(live))
    await statuses.begun.wait()
    second = asyncio.create_task(writer.changed(live))
    await asyncio.sleep(0)
    writer.drop(live)
    statuses.goes_on.set()
    await asyncio.gather(first, second)


async def test_closing_waits_for_the_commit_that_is_under_way(slow: tuple[Slow, StatusWriter]) -> None:
    statuses, writer = slow
    change = asyncio.create_task(writer.changed(live_source()))
    await statuses.begun.wait()
    closing = asyncio.create_task(writer.close())
    await asyncio.sleep(0)
    assert not closing.done()
    statuses.goes_on.set()
    await asyncio.gather(change, closing)
    assert statuses.states == ["closed"]


async def test_what_the_database_does_not_take_of_one_source_keeps_no_other_from_being_stored(
    writer: StatusWriter, statuses: Statuses, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, odd = live_source(), live_source()
    odd.record = cast(SourceRecord, SimpleNamespace(id=8, uid=UUID(int=8), config_version=1))
    taken = statuses.save

    async def save(batch: Iterable[Unwritten], now: datetime) -> dict[int, Written]:
        batch = list(batch)
        if any(each.record.source_id == 8 for each in batch):
            raise DataError("insert", {}, ValueError("it is none"))
        return await taken(batch, now)

    for live in (good, odd):
        fail(live)
        writer.mark(live)
    with monkeypatch.context() as patched, capture_logs() as said:
        patched.setattr(statuses, "save", save)
        assert not await writer.flush()
        assert (writer.failing, [each.record.source_id for each in statuses.saved]) == (True, [7])
        assert [line["source"] for line in said if line["event"] == "figures_not_written"] == [str(UUID(int=8))]
    assert await writer.flush()
    assert (writer.failing, [each.record.source_id for each in statuses.saved]) == (False, [7, 8])


async def test_events_of_a_write_whose_answer_was_lost_are_marked(writer: StatusWriter, statuses: Statuses) -> None:
    live, statuses.away = live_source(), True
    fail(live)
    await writer.changed(live)
    live.guard.breaker.reset()
    statuses.away = False
    await writer.changed(live)
    assert [(len(each.news), each.again) for each in statuses.saved] == [(2, 1)]
    fail(live)
    await writer.changed(live)
    assert [(len(each.news), each.again) for each in statuses.saved[1:]] == [(1, 0)]
