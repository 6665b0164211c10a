"""Whom a gate admits, with the one probe of all processes. The record is a fake, time is virtual."""

import asyncio

import pytest

from core.errors import BreakerOpen
from core.models import BreakerState, Outcome
from core.resilience.breaker import Breaker
from core.resilience.gate import PATIENCE_S, SharedGate
from core.resilience.shared import View
from tests.fakes import FakeRecords
from tests.resilience.conftest import LEASE_S
from tests.resilience.gates import delivered, fail, ready_to_probe, refusal

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


@pytest.mark.anyio
async def test_closed_and_open_ask_for_nothing_and_a_trip_is_told_once(gate: SharedGate, fake: FakeRecords) -> None:
    for outcome in (Outcome.OK, Outcome.REACHED, Outcome.VOID, Outcome.FAIL):
        gate.settle(await gate.admit(), outcome)
    assert fake.asked == []
    await fail(gate, 4)
    for _ in range(10):
        assert (await refusal(gate))[0] is OPEN
    assert fake.asked == [("trip", 0, pytest.approx(30, abs=0.01))]


@pytest.mark.anyio
async def test_a_source_that_is_new_to_this_process_is_looked_up_before_its_first_call(fake: FakeRecords) -> None:
    fake.record = View(OPEN, 7, 12.0)
    gate = SharedGate(Breaker(clock=asyncio.get_running_loop().time), fake, "s")
    for _ in range(3):
        assert (await refusal(gate)) == (OPEN, pytest.approx(12, abs=0.1))
    assert fake.asked == [("view",)]
    await gate.close()


@pytest.mark.anyio
async def test_five_hundred_first_calls_look_it_up_once(fake: FakeRecords) -> None:
    gate = SharedGate(Breaker(clock=asyncio.get_running_loop().time), fake, "s")
    fake.answers.clear()
    calls = asyncio.gather(*(gate.admit() for _ in range(500)))
    await delivered()
    fake.answers.set()
    assert len(await calls) == 500
    assert fake.asked == [("view",)]
    await gate.close()


@pytest.mark.anyio
async def test_a_first_call_goes_ahead_of_a_late_look_and_what_that_finds_is_followed(fake: FakeRecords) -> None:
    loop = asyncio.get_running_loop()
    gate = SharedGate(Breaker(clock=loop.time), fake, "s")
    fake.answers.clear()
    before = loop.time()
    loop.call_later(0.5, fake.answers.set)
    for _ in range(3):
        gate.settle(await gate.admit(), Outcome.OK)
    assert loop.time() - before == pytest.approx(PATIENCE_S, abs=0.001)
    fake.record = View(OPEN, 7, 12.0)
    await asyncio.sleep(0.45)
    assert await refusal(gate) == (OPEN, pytest.approx(12, abs=0.01))
    assert fake.asked == [("view",)]
    await gate.close()


@pytest.mark.anyio
async def test_a_look_that_is_out_ends_before_the_gate_is_closed(fake: FakeRecords) -> None:
    loop, before = asyncio.get_running_loop(), asyncio.all_tasks()
    gate = SharedGate(Breaker(clock=loop.time), fake, "s")
    fake.answers.clear()
    fake.trouble = True
    loop.call_later(0.5, fake.answers.set)
    await gate.admit()
    assert asyncio.all_tasks() > before
    await gate.close()
    assert asyncio.all_tasks() == before


@pytest.mark.anyio
async def test_of_four_thousand_calls_at_half_open_one_asks_and_is_admitted(
    gate: SharedGate, fake: FakeRecords
) -> None:
    await ready_to_probe(gate, fake)
    ends = await asyncio.gather(*(gate.admit() for _ in range(4000)), return_exceptions=True)
    assert sum(isinstance(end, BreakerOpen) for end in ends) == 3999
    assert fake.asked == [("lease", 1, LEASE_S)]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("outcome", "becomes"), [(Outcome.OK, CLOSED), (Outcome.REACHED, CLOSED), (Outcome.FAIL, OPEN)]
)
async def test_the_holder_of_the_lease_tells_how_it_ended(
    gate: SharedGate, fake: FakeRecords, outcome: Outcome, becomes: BreakerState
) -> None:
    await ready_to_probe(gate, fake)
    gate.settle(await gate.admit(), outcome)
    await delivered()
    assert fake.asked == [("lease", 1, LEASE_S), ("settle", 2, becomes)]
    assert gate.breaker.state is becomes


@pytest.mark.anyio
async def test_a_probe_that_proved_nothing_gives_its_lease_back(gate: SharedGate, fake: FakeRecords) -> None:
    await ready_to_probe(gate, fake)
    gate.settle(await gate.admit(), Outcome.VOID)
    await delivered()
    assert fake.asked[1:] == [("settle", 2, HALF_OPEN)]


@pytest.mark.anyio
async def test_a_refused_probe_leaves_it_open_for_the_wait_of_the_record(gate: SharedGate, fake: FakeRecords) -> None:
    await ready_to_probe(gate, fake)
    fake.refusal = View(HALF_OPEN, 1, 4.0)
    assert await refusal(gate) == (OPEN, 4.0)
    assert gate.breaker.state is OPEN
    assert gate.breaker.retry_after() == pytest.approx(4, abs=0.01)
    assert len(fake.asked) == 1


@pytest.mark.anyio
async def test_a_refused_probe_waits_at_least_fifty_milliseconds(gate: SharedGate, fake: FakeRecords) -> None:
    await ready_to_probe(gate, fake)
    fake.refusal = View(OPEN, 1, 0.0)
    assert await refusal(gate) == (OPEN, 0.05)


@pytest.mark.anyio
async def test_a_probe_refused_because_others_closed_it_is_an_ordinary_call(
    gate: SharedGate, fake: FakeRecords
) -> None:
    await ready_to_probe(gate, fake)
    fake.refusal = View(CLOSED, 9, 0.0)
    permit = await gate.admit()
    assert (permit.probe, gate.breaker.state) == (0, CLOSED)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("outcome", "becomes"), [(Outcome.OK, CLOSED), (Outcome.FAIL, OPEN), (Outcome.VOID, HALF_OPEN)]
)
@pytest.mark.parametrize("ends_first", [True, False])
async def test_a_probe_goes_ahead_of_a_late_answer_and_its_lease_is_settled_all_the_same(
    gate: SharedGate, fake: FakeRecords, outcome: Outcome, becomes: BreakerState, ends_first: bool
) -> None:
    await ready_to_probe(gate, fake)
    fake.answers.clear()
    before = asyncio.get_running_loop().time()
    permit = await gate.admit()
    assert asyncio.get_running_loop().time() - before == pytest.approx(0.05, abs=0.001)
    if not ends_first:
        fake.answers.set()
        await delivered()
    gate.settle(permit, outcome)
    fake.answers.set()
    await delivered()
    assert fake.asked == [("lease", 1, LEASE_S), ("settle", 2, becomes)]


@pytest.mark.anyio
async def test_a_late_refusal_makes_the_probe_that_went_ahead_stale(gate: SharedGate, fake: FakeRecords) -> None:
    await ready_to_probe(gate, fake)
    fake.answers.clear()
    permit = await gate.admit()
    fake.refusal = View(HALF_OPEN, 9, 7.0)
    fake.answers.set()
    await delivered()
    gate.settle(permit, Outcome.OK)
    assert await refusal(gate) == (OPEN, pytest.approx(7, abs=0.01))


@pytest.mark.anyio
async def test_an_answer_that_came_while_the_loop_was_late_counts(gate: SharedGate, fake: FakeRecords) -> None:
    """Both timers are due in the same round of the loop, the end of the wait first."""
    await ready_to_probe(gate, fake)
    fake.answers.clear()
    loop = asyncio.get_running_loop()
    loop.call_at(loop.time() + PATIENCE_S + 5e-10, fake.answers.set)
    assert (await gate.admit()).lease is not None


@pytest.mark.anyio
async def test_a_caller_who_leaves_while_asking_gives_the_lease_back(gate: SharedGate, fake: FakeRecords) -> None:
    await ready_to_probe(gate, fake)
    fake.answers.clear()
    call = asyncio.ensure_future(gate.admit())
    await delivered()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    fake.answers.set()
    await delivered()
    assert fake.asked == [("lease", 1, LEASE_S), ("settle", 2, HALF_OPEN)]
    assert (await gate.admit()).lease is not None


@pytest.mark.anyio
async def test_a_breaker_held_open_while_asking_sends_nothing_and_gives_the_lease_back(
    gate: SharedGate, fake: FakeRecords
) -> None:
    await ready_to_probe(gate, fake)
    fake.answers.clear()
    call = asyncio.ensure_future(refusal(gate))
    await delivered()
    gate.breaker.force_open()
    fake.answers.set()
    assert (await call)[0] is BreakerState.FORCED_OPEN
    await delivered()
    assert fake.asked == [("lease", 1, LEASE_S), ("settle", 2, HALF_OPEN)]


@pytest.mark.anyio
async def test_a_late_end_of_a_lost_probe_settles_its_own_lease_only(gate: SharedGate, fake: FakeRecords) -> None:
    await ready_to_probe(gate, fake)
    lost = await gate.admit()
    await asyncio.sleep(LEASE_S)
    living = await gate.admit()
    gate.settle(lost, Outcome.FAIL)
    await delivered()
    assert gate.breaker.state is HALF_OPEN
    assert fake.asked[-1] == ("settle", 2, HALF_OPEN)
    gate.settle(living, Outcome.OK)
    assert gate.breaker.state is CLOSED
