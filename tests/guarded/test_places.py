"""A call and its place: who waits, who is told `busy`, and what a wait must not do."""

import asyncio

import pytest

from core.connectors.base import Limits
from core.errors import BreakerOpen, Busy
from core.guarded import GuardedConnector
from core.models import Outcome
from core.resilience.bulkhead import Bulkheads
from tests.fakes import OtherEnd, Step
from tests.guarded.conftest import CLOSED, HALF_OPEN, OPEN, calls_of, guarded, now, opened


async def filled(guard: GuardedConnector, other_end: OtherEnd, calls: int = 8) -> "list[asyncio.Task[object]]":
    """As many calls as a source may have, none of which is answered."""
    other_end.will(Step.SILENT)
    under_way: list[asyncio.Task[object]] = [asyncio.ensure_future(guard.ping()) for _ in range(calls)]
    await asyncio.sleep(0.01)
    return under_way


async def free_places(guard: GuardedConnector, other_end: OtherEnd) -> int:
    """How many calls that are never answered the source takes at a time now."""
    before = len(other_end.requests)
    await end(await filled(guard, other_end, calls=20))
    return len(other_end.requests) - before


async def end(tasks: "list[asyncio.Task[object]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@pytest.mark.anyio
async def test_one_call_too_many_is_busy_and_proves_nothing(guard: GuardedConnector, other_end: OtherEnd) -> None:
    under_way = await filled(guard, other_end)
    started = now()
    report = await guard.ping()
    assert isinstance(report.error, Busy)
    assert (report.attempts, report.outcome, now() - started) == (0, Outcome.VOID, pytest.approx(0.1))
    assert (guard.breaker.failures, calls_of(guard), len(other_end.requests)) == (0, (0, 0, 0), 8)
    assert sum(guard.figures.attempts.values()) == 0
    await end(under_way)
    assert guard.figures.attempts[Outcome.VOID] == 8


@pytest.mark.anyio
async def test_the_wait_for_a_place_is_no_latency(guard: GuardedConnector, other_end: OtherEnd) -> None:
    under_way = await filled(guard, other_end)
    other_end.will(Step.OK)
    waiting = asyncio.ensure_future(guard.ping())
    await asyncio.sleep(0.05)
    under_way[0].cancel()
    report = await waiting
    assert (report.attempts, report.error) == (1, None)
    assert report.latency_ms < 1
    await end(under_way)


@pytest.mark.anyio
async def test_every_place_is_given_back_however_a_call_ends(guard: GuardedConnector, other_end: OtherEnd) -> None:
    steps = [Step.OK, Step.REACHED, Step.AUTH, Step.BUSY, Step.DEFECT, Step.SAYS_NO, Step.OK]
    other_end.will(*steps)
    for _ in steps:
        await guard.ping()
    await end(await filled(guard, other_end))
    assert await free_places(guard, other_end) == 8


@pytest.mark.anyio
async def test_a_source_that_opened_while_a_call_waited_is_not_touched_by_it(
    guard: GuardedConnector, other_end: OtherEnd
) -> None:
    under_way = await filled(guard, other_end)
    waiting = asyncio.ensure_future(guard.ping())
    await asyncio.sleep(0.05)
    guard.breaker.force_open()
    await end(under_way[:1])
    with pytest.raises(BreakerOpen):
        await waiting
    assert len(other_end.requests) == 8
    guard.breaker.reset()
    await end(under_way)
    assert await free_places(guard, other_end) == 8


@pytest.mark.anyio
async def test_a_probe_without_a_place_frees_the_way_for_the_next(other_end: OtherEnd) -> None:
    everybody = Bulkheads(process=8)
    guard, other = guarded(other_end, bulkhead=everybody.share()), guarded(other_end, bulkhead=everybody.share())
    await opened(guard, other_end)
    await asyncio.sleep(30.1)
    under_way = await filled(other, other_end)
    report = await guard.ping()
    assert isinstance(report.error, Busy)
    assert guard.breaker.state is HALF_OPEN
    await end(under_way)
    other_end.will(Step.OK)
    assert ((await guard.ping()).error, guard.breaker.state) == (None, CLOSED)


@pytest.mark.anyio
async def test_a_source_that_fails_before_the_house_is_full_is_told_as_failed(other_end: OtherEnd) -> None:
    everybody = Bulkheads(process=8)
    guard, other = guarded(other_end, bulkhead=everybody.share()), guarded(other_end, bulkhead=everybody.share())
    other_end.will(Step.FAIL)
    ping = asyncio.ensure_future(guard.ping())
    await asyncio.sleep(0.1)
    under_way = await filled(other, other_end)
    report = await ping
    assert (str(report.error), report.attempts, report.outcome) == ("unreachable.refused", 1, Outcome.FAIL)
    assert calls_of(guard) == (1, 1, 0)
    await end(under_way)


@pytest.mark.anyio
async def test_a_queued_call_waits_before_its_clock_starts_and_is_never_busy(other_end: OtherEnd) -> None:
    everybody, short = Bulkheads(process=8), Limits(connect=5, attempt=10, sample=15, ping=3)
    guard, other = guarded(other_end, short, everybody.share()), guarded(other_end, bulkhead=everybody.share())
    under_way = await filled(other, other_end)
    queued = asyncio.ensure_future(guard.ping(queued=True))
    await asyncio.sleep(5)
    assert not queued.done()
    other_end.will(Step.OK)
    await end(under_way)
    report = await queued
    assert (report.error, report.attempts) == (None, 1)
    assert report.latency_ms < 1


@pytest.mark.anyio
async def test_a_queued_call_gives_its_place_back(other_end: OtherEnd) -> None:
    guard = guarded(other_end, bulkhead=Bulkheads(process=4).share())
    other_end.will(Step.FAIL)
    await guard.ping(queued=True)
    await guard.ping(queued=True)
    assert guard.breaker.state is OPEN
    guard.breaker.reset()
    other_end.will(Step.SILENT)
    left = [asyncio.ensure_future(guard.ping(queued=True)) for _ in range(3)]
    await asyncio.sleep(1)
    for task in left:
        task.cancel()
    await asyncio.wait(left)
    assert await free_places(guard, other_end) == 4


@pytest.mark.anyio
async def test_a_queued_call_that_would_be_refused_does_not_queue(other_end: OtherEnd) -> None:
    everybody = Bulkheads(process=4)
    guard, other = guarded(other_end, bulkhead=everybody.share()), guarded(other_end, bulkhead=everybody.share())
    under_way = await filled(other, other_end)
    guard.breaker.force_open()
    with pytest.raises(BreakerOpen):
        guard.ping(queued=True).send(None)
    await end(under_way)
