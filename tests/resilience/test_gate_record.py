"""What a gate follows of the record that others write too, and what it tells them. Time is virtual."""

import asyncio

import pytest

from core.models import BreakerState, Outcome
from core.resilience.gate import SharedGate
from core.resilience.shared import ABSENT, View
from tests.fakes import FakeRecords
from tests.resilience.gates import delivered, fail, ready_to_probe, refusal

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


@pytest.mark.anyio
async def test_late_failures_of_an_open_breaker_are_no_second_trip(gate: SharedGate, fake: FakeRecords) -> None:
    late = [await gate.admit() for _ in range(5)]
    await fail(gate)
    for permit in late:
        gate.settle(permit, Outcome.FAIL)
    await delivered()
    assert [asked[0] for asked in fake.asked] == ["trip"]


@pytest.mark.anyio
async def test_without_an_answer_the_probe_goes_ahead_and_its_failure_is_owed(
    gate: SharedGate, fake: FakeRecords
) -> None:
    await ready_to_probe(gate, fake)
    fake.trouble = True
    permit = await gate.admit()
    assert (permit.probe, permit.lease) == (1, None)
    gate.settle(permit, Outcome.FAIL)
    await delivered()
    fake.trouble = False
    await asyncio.sleep(10)
    fake.show(View(OPEN, 1, 0.0))
    await delivered()
    assert fake.asked[-1] == ("trip", 1, pytest.approx(20, abs=0.01))
    assert gate.breaker.state is OPEN


@pytest.mark.anyio
async def test_what_is_owed_is_not_told_when_it_is_no_longer_true(gate: SharedGate, fake: FakeRecords) -> None:
    fake.trouble = True
    await fail(gate)
    await asyncio.sleep(30)
    gate.settle(await gate.admit(), Outcome.OK)
    fake.trouble = False
    fake.asked.clear()
    fake.show(ABSENT)
    await delivered()
    assert (fake.asked, gate.breaker.state) == ([], CLOSED)


@pytest.mark.anyio
async def test_a_window_that_ended_meanwhile_is_not_told(gate: SharedGate, fake: FakeRecords) -> None:
    fake.trouble = True
    await fail(gate)
    fake.trouble = False
    await asyncio.sleep(30)
    fake.asked.clear()
    fake.show(ABSENT)
    await delivered()
    assert (fake.asked, gate.breaker.state) == ([], OPEN)


@pytest.mark.anyio
async def test_a_newer_generation_is_followed_and_an_older_one_is_not(gate: SharedGate, fake: FakeRecords) -> None:
    fake.show(View(OPEN, 100, 20.0))
    assert await refusal(gate) == (OPEN, pytest.approx(20, abs=0.01))
    fake.show(View(CLOSED, 100, 0.0))
    fake.show(View(CLOSED, 99, 0.0))
    assert gate.breaker.state is OPEN
    fake.show(View(CLOSED, 101, 0.0))
    assert (await gate.admit()).probe == 0


@pytest.mark.anyio
async def test_a_probe_of_others_holds_calls_back_until_its_lease_ends_or_is_given_back(
    gate: SharedGate, fake: FakeRecords
) -> None:
    fake.show(View(HALF_OPEN, 100, 9.0))
    assert await refusal(gate) == (OPEN, pytest.approx(9, abs=0.01))
    fake.show(View(HALF_OPEN, 100, 20.0))
    assert gate.breaker.retry_after() == pytest.approx(9, abs=0.01)
    fake.show(View(HALF_OPEN, 100, 0.0))
    assert (await gate.admit()).lease is not None


@pytest.mark.anyio
async def test_a_record_that_is_gone_closes_nothing_and_is_told_again(gate: SharedGate, fake: FakeRecords) -> None:
    fake.show(View(OPEN, 100, 20.0))
    await asyncio.sleep(5)
    fake.show(ABSENT)
    await delivered()
    assert gate.breaker.state is OPEN
    assert fake.asked == [("trip", 100, pytest.approx(15, abs=0.01))]


@pytest.mark.anyio
async def test_a_record_that_is_gone_while_calls_flow_is_nothing_to_tell(gate: SharedGate, fake: FakeRecords) -> None:
    fake.show(View(CLOSED, 100, 0.0))
    fake.show(ABSENT)
    await delivered()
    assert fake.asked == []


@pytest.mark.anyio
async def test_following_closed_keeps_the_count_of_a_closed_breaker(gate: SharedGate, fake: FakeRecords) -> None:
    await fail(gate, 4)
    fake.show(View(CLOSED, 100, 0.0))
    assert gate.breaker.failures == 4


@pytest.mark.anyio
async def test_what_is_seen_while_a_request_is_out_is_older_than_its_answer(
    gate: SharedGate, fake: FakeRecords
) -> None:
    fake.answers.clear()
    await fail(gate)
    fake.show(View(CLOSED, 5, 0.0))
    assert gate.breaker.state is OPEN
    fake.answers.set()


@pytest.mark.anyio
async def test_a_trip_that_others_know_better_is_given_up(gate: SharedGate, fake: FakeRecords) -> None:
    fake.refusal = View(CLOSED, 50, 0.0)
    await fail(gate)
    assert gate.breaker.state is CLOSED


@pytest.mark.anyio
async def test_what_a_person_set_outranks_the_record(gate: SharedGate, fake: FakeRecords) -> None:
    gate.breaker.force_open()
    fake.show(View(CLOSED, 100, 0.0))
    assert (await refusal(gate))[0] is BreakerState.FORCED_OPEN
    gate.breaker.disable()
    fake.show(View(OPEN, 101, 30.0))
    assert (await gate.admit()).probe == 0


@pytest.mark.anyio
async def test_a_reset_by_a_person_is_told(gate: SharedGate, fake: FakeRecords) -> None:
    await fail(gate)
    fake.asked.clear()
    gate.breaker.reset()
    await delivered()
    assert fake.asked == [("reset", 1)]
