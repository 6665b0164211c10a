"""Which sources one process checks, and when: on a clock that is driven by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from core.models import BreakerState, Maintenance, Proof
from core.resilience.bulkhead import SOURCE_CALLS
from core.services.live import LiveSource
from core.storage.status import StatusRepository
from core.storage.status_rows import Unwritten
from tests.checks.conftest import INTERVAL_S, Bench
from tests.fakes import Step

pytestmark = pytest.mark.anyio


async def test_a_source_is_checked_once_in_every_interval(bench: Bench) -> None:
    live = await bench.add()
    await bench.pass_by(60)
    assert bench.asked() == 1
    await bench.pass_by(10 * 60)
    assert 9 <= bench.asked() <= 11
    assert live.evidence is not None
    assert (live.evidence.healthy, live.evidence.by) == (True, Proof.SCHEDULED)
    assert live.guard.figures.snapshot(live.state).calls_total == bench.asked()


async def test_what_the_log_says_of_one_check_has_an_id_of_its_own(bench: Bench) -> None:
    await bench.add()
    bench.other_end.will(Step.DEFECT)
    with capture_logs(processors=[merge_contextvars]) as said:
        await bench.pass_by(3 * INTERVAL_S)
    ids = [line["request_id"] for line in said if line["event"] == "connector_defect"]
    assert len(ids) == len(set(ids)) >= 2


async def test_a_source_that_was_just_created_is_checked_soon(bench: Bench) -> None:
    await bench.turn(600)
    await bench.change(await bench.add(), description="just now")
    await bench.pass_by(6)
    assert bench.asked() == 1


async def test_a_paused_source_is_not_checked_until_it_is_resumed(bench: Bench) -> None:
    live = await bench.add(paused=True)
    await bench.pass_by(150)
    assert bench.asked() == 0
    await bench.change(live, paused=False)
    await bench.pass_by(6)
    assert bench.asked() == 1


async def test_a_source_that_is_paused_after_it_was_planned_is_not_checked(bench: Bench) -> None:
    live = await bench.add()
    await bench.until_checked()
    await bench.turn(INTERVAL_S - 0.5)
    await bench.change(live, paused=True)
    await bench.turn(0.6)
    await bench.turn(0.6)
    assert bench.asked() == 1


@pytest.mark.parametrize("how", ["paused", "in maintenance"])
async def test_a_source_that_is_left_alone_while_its_check_waits_for_a_place_is_not_called(
    bench: Bench, how: str
) -> None:
    live = await bench.add()
    places = live.guard._bulkhead
    for _ in range(SOURCE_CALLS):
        assert places.try_enter()
    bench.clock.advance(INTERVAL_S)
    await bench.checker.tick()
    assert not await bench.checker.drained(0.05)
    now = bench.clock.utc()
    window = Maintenance(now - timedelta(seconds=1), now + timedelta(seconds=300))
    await bench.change(live, **({"paused": True} if how == "paused" else {"maintenance": window}))
    for _ in range(SOURCE_CALLS):
        places.leave()
    assert await bench.checker.drained(10)
    assert bench.asked() == 0
    assert live.guard.figures.snapshot(live.state).calls_total == 0
    assert all(places.try_enter() for _ in range(SOURCE_CALLS))


async def test_a_source_in_maintenance_rests_and_is_checked_when_that_is_over(bench: Bench) -> None:
    now = bench.clock.utc()
    await bench.add(maintenance=Maintenance(now, now + timedelta(seconds=300)))
    await bench.pass_by(299)
    assert bench.asked() == 0
    await bench.pass_by(6)
    assert bench.asked() == 1


async def test_a_persons_ping_postpones_the_next_check(bench: Bench) -> None:
    live = await bench.add()
    await bench.until_checked()
    for _ in range(6):
        await bench.pass_by(42)
        await bench.calls.ping(live)
    assert bench.asked() == 1 + 6


async def test_wrong_credentials_slow_the_checks_until_the_configuration_changes(bench: Bench) -> None:
    live = await bench.add()
    bench.other_end.will(Step.AUTH)
    await bench.until_checked()
    await bench.pass_by(890, 10)
    assert bench.asked() == 1
    await bench.pass_by(110, 10)
    assert bench.asked() == 2
    await bench.change(live, config={"host": "right"})
    await bench.pass_by(6)
    assert bench.asked("right") == 1


async def test_an_open_breaker_is_waited_for_and_counts_no_refusal(bench: Bench) -> None:
    live = await bench.add(check_interval_s=5.0)
    bench.other_end.will(Step.FAIL)
    await bench.until_checked()
    await bench.until_checked()
    assert live.state is BreakerState.OPEN
    await bench.pass_by(27)
    assert bench.asked() == 2
    await bench.pass_by(9)
    assert bench.asked() == 3
    assert live.guard.figures.take()[1] == 0


async def test_a_breaker_held_open_ends_the_checks(bench: Bench) -> None:
    live = await bench.add()
    live.guard.breaker.force_open()
    await bench.pass_by(80)
    assert bench.asked() == 0
    live.guard.breaker.reset()
    await bench.pass_by(6)
    assert bench.asked() == 1


async def test_a_disabled_breaker_changes_nothing(bench: Bench) -> None:
    live = await bench.add()
    live.guard.breaker.disable()
    await bench.until_checked()


async def test_a_check_that_proves_nothing_is_not_repeated_before_its_interval_is_over(bench: Bench) -> None:
    await bench.add()
    bench.other_end.will(Step.BUSY)
    await bench.until_checked()
    await bench.pass_by(57)
    assert bench.asked() == 1
    await bench.pass_by(12)
    assert bench.asked() == 2


async def test_a_deleted_source_is_not_checked(bench: Bench) -> None:
    live = await bench.add()
    await bench.until_checked()
    await bench.turn(INTERVAL_S - 1)
    await bench.sources.delete(live.record)
    await bench.live.forget(live.record.id)
    await bench.pass_by(12)
    assert bench.asked() == 1


async def test_what_another_process_found_postpones_the_next_check(bench: Bench) -> None:
    live = await bench.add()
    await bench.until_checked()
    await bench.writer.flush()
    for _ in range(5):
        await bench.pass_by(42)
        await found_elsewhere(bench, live)
    assert bench.asked() == 1
    await bench.until_checked()
    assert live.evidence is not None
    assert [event.data["status"] for event in await StatusRepository(bench.database).events(live.record.id)] == [
        *("healthy", "healthy")
    ]


async def found_elsewhere(bench: Bench, live: LiveSource) -> None:
    """Another process calls the source and finds it broken."""
    statuses, now = StatusRepository(bench.database), bench.clock.utc()
    stored = await statuses.get(live.record.id)
    assert stored is not None
    await statuses.save([Unwritten(replace(stored, evidence="error", evidence_ts=now))], now)


async def test_what_was_found_is_stored_like_a_persons_ping(bench: Bench) -> None:
    live = await bench.add()
    await bench.until_checked()
    await bench.writer.flush()
    stored = await StatusRepository(bench.database).get(live.record.id)
    assert stored is not None
    assert (stored.evidence, stored.calls_total) == ("healthy", 1)


async def test_a_clock_that_is_set_back_stalls_nothing(bench: Bench) -> None:
    await bench.add()
    await bench.until_checked()
    bench.clock.set_back(5 * 3600)
    await bench.pass_by(66)
    assert bench.asked() == 2
    await bench.pass_by(66)
    assert bench.asked() == 3


async def test_a_hanging_source_holds_up_no_other(bench: Bench) -> None:
    bench.other_end.will(Step.SILENT, host="silent")
    await bench.add("silent")
    await bench.add("well", check_interval_s=5.0)
    for _ in range(66):
        bench.clock.advance(1.0)
        await bench.checker.tick()
    assert not await bench.checker.drained(0.01)
    assert bench.asked("silent") == 1
    assert bench.asked("well") >= 8
    bench.other_end.will(Step.OK, host="silent")
    await bench.checker.close(0)
    assert bench.other_end.cancelled == 1
    assert await bench.checker.drained(0)
