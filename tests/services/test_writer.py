"""What the writer does when the database takes nothing for a while."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from sqlalchemy.exc import SQLAlchemyError

from core.guarded import GuardedConnector
from core.models import BreakerConfig, BreakerState, Event, Outcome
from core.resilience.breaker import Breaker
from core.services.journal import WAITING_MAX, Journal
from core.services.live import LiveSource
from core.services.writer import StatusWriter
from core.storage.status import StatusRepository

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)


class Guard:
    """A breaker, and no failure of an attempt."""

    cause = None
    adopting = False

    def __init__(self) -> None:
        self.breaker = Breaker(BreakerConfig(1, 30))


class Live:
    """The part of a source that is written."""

    def __init__(self) -> None:
        self.record = type("Record", (), {"id": 7})()
        self.guard = Guard()
        self.journal = Journal(cast(GuardedConnector, self.guard), lambda: NOW)

    def to_record(self, now: datetime) -> Any:
        return self.guard.breaker.state


class Statuses:
    """A database that can be away."""

    def __init__(self) -> None:
        self.away = False
        self.written = asyncio.Event()
        self.saved: list[Any] = []
        self.events: list[Event] = []

    async def save(self, records: Iterable[Any], news: Mapping[int, Sequence[Event]]) -> None:
        if self.away:
            raise SQLAlchemyError("away")
        self.saved += records
        self.events += news.get(7, ())
        self.written.set()


@pytest.fixture
def statuses() -> Statuses:
    return Statuses()


@pytest.fixture
def writer(statuses: Statuses) -> StatusWriter:
    return StatusWriter(cast(StatusRepository, statuses), lambda: NOW, batch_s=3600)


async def test_events_wait_in_their_order_while_the_database_is_away(writer: StatusWriter, statuses: Statuses) -> None:
    live, statuses.away = Live(), True
    live.guard.breaker.settle(live.guard.breaker.acquire(), Outcome.FAIL)
    await writer.changed(cast(LiveSource, live))
    live.guard.breaker.reset()
    statuses.away = False
    await writer.changed(cast(LiveSource, live))
    assert [event.data["to"] for event in statuses.events] == ["open", "closed"]
    assert statuses.saved == [BreakerState.CLOSED]


async def test_what_happens_between_two_batches_is_written_at_once(writer: StatusWriter, statuses: Statuses) -> None:
    live = Live()
    live.journal.tell = lambda: writer.wake(cast(LiveSource, live))
    writer.start()
    live.guard.breaker.settle(live.guard.breaker.acquire(), Outcome.FAIL)
    await statuses.written.wait()
    await writer.close()
    assert statuses.saved == [BreakerState.OPEN]


async def test_only_the_newest_events_wait_for_long(statuses: Statuses) -> None:
    journal = Live().journal
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

    async def save(self, records: Iterable[Any], news: Mapping[int, Sequence[Event]]) -> None:
        self.commits += 1
        self.begun.set()
        await self.goes_on.wait()
        await super().save(records, news)


@pytest.fixture
async def slow() -> AsyncIterator[tuple[Slow, StatusWriter]]:
    statuses = Slow()
    writer = StatusWriter(cast(StatusRepository, statuses), lambda: NOW, batch_s=3600)
    writer.start()
    yield statuses, writer
    await writer.close()


async def test_a_caller_that_leaves_interrupts_no_commit(slow: tuple[Slow, StatusWriter]) -> None:
    statuses, writer = slow
    caller = asyncio.create_task(writer.changed(cast(LiveSource, Live())))
    await statuses.begun.wait()
    caller.cancel()
    await asyncio.wait({caller})
    statuses.goes_on.set()
    await statuses.written.wait()
    assert statuses.saved == [BreakerState.CLOSED]


async def test_changes_that_come_during_a_commit_share_the_next(slow: tuple[Slow, StatusWriter]) -> None:
    statuses, writer = slow
    first = asyncio.create_task(writer.changed(cast(LiveSource, Live())))
    await statuses.begun.wait()
    others = [asyncio.create_task(writer.changed(cast(LiveSource, Live()))) for _ in range(5)]
    await asyncio.sleep(0)
    assert not first.done()
    statuses.goes_on.set()
    await asyncio.gather(first, *others)
    assert statuses.commits == 2


async def test_nobody_waits_for_a_source_that_was_deleted_meanwhile(slow: tuple[Slow, StatusWriter]) -> None:
    statuses, writer = slow
    live = cast(LiveSource, Live())
    first = asyncio.create_task(writer.changed(live))
    await statuses.begun.wait()
    second = asyncio.create_task(writer.changed(live))
    await asyncio.sleep(0)
    writer.drop(live)
    statuses.goes_on.set()
    await asyncio.gather(first, second)


async def test_closing_waits_for_the_commit_that_is_under_way(slow: tuple[Slow, StatusWriter]) -> None:
    statuses, writer = slow
    change = asyncio.create_task(writer.changed(cast(LiveSource, Live())))
    await statuses.begun.wait()
    closing = asyncio.create_task(writer.close())
    await asyncio.sleep(0)
    assert not closing.done()
    statuses.goes_on.set()
    await asyncio.gather(change, closing)
    assert statuses.saved == [BreakerState.CLOSED]
