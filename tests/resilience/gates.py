"""What tests of a gate do with it."""

import asyncio

import pytest

from core.errors import BreakerOpen
from core.models import BreakerState, Outcome
from core.resilience.gate import Gate, SharedGate
from tests.fakes import FakeRecords


async def fail(gate: SharedGate, times: int = 5) -> None:
    for _ in range(times):
        gate.settle(await gate.admit(), Outcome.FAIL)
    await delivered()


async def delivered() -> None:
    await asyncio.sleep(0.001)


async def refusal(gate: Gate) -> tuple[BreakerState, float | None]:
    with pytest.raises(BreakerOpen) as raised:
        await gate.admit()
    return raised.value.state, raised.value.retry_after


async def ready_to_probe(gate: SharedGate, fake: FakeRecords) -> None:
    await fail(gate)
    await asyncio.sleep(30)
    fake.asked.clear()
