"""Ping all: at a pace, as answers come, and over as soon as nobody looks. On virtual time."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from core.errors import Busy
from core.models import BreakerState, Message, PingRow, Status
from core.resilience.bulkhead import Bulkheads
from core.services.calls import Calls
from core.services.live import LiveSource
from core.services.ping_all import PingAllJob
from tests.fakes import FakeClock, OtherEnd, Step, VirtualTimeLoop
from tests.guarded.conftest import guarded

pytestmark = pytest.mark.anyio

SOURCES: Any = range(1000)
"""Stand for live sources: the job hands them on and looks at none."""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


def row(source: object, latency_ms: float = 50.0) -> PingRow:
    return PingRow(uuid4(), str(source), True, Message("ok"), Status.HEALTHY, BreakerState.CLOSED, latency_ms)


async def test_sources_start_one_by_one_and_answers_are_seen_in_between() -> None:
    told: list[str] = []

    async def ping(source: LiveSource) -> PingRow:
        told.append(f"start {source}")
        await asyncio.sleep(0)
        told.append(f"end {source}")
        return row(source)

    await PingAllJob(range(3), ping).wait()  # type: ignore[arg-type]  # numbers stand for sources
    assert told == ["start 0", "end 0", "start 1", "end 1", "start 2", "end 2"]


async def test_the_first_answer_is_told_while_the_others_are_still_to_start() -> None:
    started = 0

    async def ping(source: LiveSource) -> PingRow:
        nonlocal started
        started += 1
        return row(source)

    results = PingAllJob(SOURCES, ping).results()
    await anext(results)
    assert started < 10
    await results.aclose()  # type: ignore[attr-defined]  # an iterator that is a generator


async def test_one_source_that_hangs_costs_its_own_time() -> None:
    ends: dict[str, float] = {}

    async def ping(source: LiveSource) -> PingRow:
        await asyncio.sleep(30 if str(source) == "7" else 0.05)
        ends[str(source)] = asyncio.get_running_loop().time()
        return row(source)

    view = await PingAllJob(SOURCES, ping).wait()
    assert (len(view.rows), view.cancelled, view.rows[-1].name) == (1000, False, "7")
    assert (max(end for name, end in ends.items() if name != "7"), ends["7"]) == (
        pytest.approx(0.05, abs=0.01),
        pytest.approx(30, abs=0.01),
    )


async def test_a_job_that_is_cancelled_starts_and_waits_for_nothing_more() -> None:
    ended = 0

    async def ping(source: LiveSource) -> PingRow:
        nonlocal ended
        try:
            await asyncio.Event().wait()
        finally:
            ended += 1
        raise AssertionError

    job = PingAllJob(SOURCES, ping)
    await asyncio.sleep(1)
    job.cancel()
    view = await job.wait()
    assert (view.cancelled, ended, asyncio.get_running_loop().time()) == (True, 1000, pytest.approx(1))


async def test_a_job_that_nobody_looks_at_ends_at_the_next_look() -> None:
    async def ping(source: LiveSource) -> PingRow:
        await asyncio.Event().wait()
        raise AssertionError

    view = await PingAllJob(SOURCES, ping, lambda: asyncio.get_running_loop().time() < 1).wait()
    assert (view.cancelled, asyncio.get_running_loop().time()) == (True, pytest.approx(1, abs=0.21))


async def test_a_thousand_sources_are_asked_within_the_places_for_background_work() -> None:
    other_end, everybody = OtherEnd(), Bulkheads()
    guards: Any = [guarded(other_end, bulkhead=everybody.share()) for _ in range(1000)]
    other_end.will(Step.SILENT)

    async def ping(guard: Any) -> PingRow:
        report = await guard.ping(queued=True)
        return row("", report.latency_ms)

    job = PingAllJob(guards, ping)
    await asyncio.sleep(1)
    assert len(other_end.requests) == 192
    assert everybody.share().try_enter()
    other_end.will(Step.OK)
    view = await job.wait()
    assert len(view.rows) == 1000
    assert all(each.latency_ms is not None and each.latency_ms < 1 for each in view.rows)


class FullGuard:
    """Notes how it is asked; has no place."""

    def __init__(self) -> None:
        self.queued: list[bool] = []

    async def ping(self, *, queued: bool, wanted: object) -> None:
        self.queued.append(queued)
        raise Busy


class FullSource:
    """A live source as far as a ping looks at it."""

    state, config_version = BreakerState.CLOSED, 1

    def __init__(self) -> None:
        self.guard, self.record, self.name, self.uid = FullGuard(), self, "full", uuid4()

    def status(self, now: object) -> Status:
        return Status.UNKNOWN


class NoWriter:
    def mark(self, live: object) -> None:
        return None


async def test_one_of_many_queues_and_one_alone_does_not() -> None:
    writer: Any = NoWriter()
    source: Any = FullSource()
    calls = Calls(writer, FakeClock().utc)
    assert (await calls.ping_row(source)).code == "busy"
    with pytest.raises(Busy):
        await calls.ping(source)
    assert source.guard.queued == [True, False]
