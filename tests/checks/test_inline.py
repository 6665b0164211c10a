"""Checks as tasks of the dashboard: they begin, they go on whatever happens, they end."""

import asyncio

import pytest
from structlog.testing import capture_logs

from core.checks.inline import ROLL_UP_S, InlineChecks
from core.services.periodic import Periodic
from core.storage.status import StatusRepository
from tests.checks.conftest import Bench
from tests.fakes import Step

pytestmark = pytest.mark.anyio


async def nothing(now: int) -> None:
    return None


async def test_a_source_is_checked_without_anybody_asking(bench: Bench) -> None:
    await bench.add(check_interval_s=5.0)
    bench.clock.advance(10)
    inline = InlineChecks(bench.checker, nothing)
    inline.start()
    await bench.other_end.was_asked.wait()
    await inline.close()


async def test_a_check_that_is_running_when_it_closes_ends_and_is_not_lost(bench: Bench) -> None:
    live = await bench.add(check_interval_s=5.0)
    bench.other_end.will(Step.SILENT)
    bench.clock.advance(10)
    await bench.checker.tick()
    await asyncio.sleep(0)
    inline = InlineChecks(bench.checker, nothing)
    closing = asyncio.create_task(inline.close())
    await asyncio.sleep(0)
    assert not closing.done()
    bench.other_end.answer()
    await closing
    await bench.writer.flush()
    stored = await StatusRepository(bench.database).get(live.record.id)
    assert stored is not None
    assert (stored.evidence, stored.calls_total) == ("healthy", 1)


async def test_nothing_is_started_after_it_closed(bench: Bench) -> None:
    await bench.add(check_interval_s=5.0)
    inline = InlineChecks(bench.checker, nothing)
    inline.start()
    await inline.close()
    await inline.close()
    bench.clock.advance(60)
    await asyncio.sleep(0.01)
    assert bench.asked() == 0


async def test_history_is_rolled_up_though_checks_are_off() -> None:
    called = asyncio.Event()
    times: list[int] = []

    async def roll_up(now: int) -> None:
        times.append(now)
        called.set()

    inline = InlineChecks(None, roll_up)
    inline.start()
    await called.wait()
    await inline.close()
    assert times[0] > 1_700_000_000
    assert ROLL_UP_S == 300


async def test_work_goes_on_after_an_error_which_is_said_once() -> None:
    done = asyncio.Event()
    calls = 0

    async def work() -> float:
        nonlocal calls
        calls += 1
        if calls < 4:
            raise RuntimeError("a secret")
        done.set()
        return 60.0

    periodic = Periodic("work", work, retry_s=0.0)
    with capture_logs() as said:
        periodic.start()
        await done.wait()
        await periodic.close()
    assert calls == 4
    assert said == [{"event": "periodic_work_failed", "log_level": "warning", "work": "work", "error": "RuntimeError"}]
