"""What the writer does when the database takes nothing for a while."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
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
