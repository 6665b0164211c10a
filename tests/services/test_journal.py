"""What is noted of a breaker that several processes share."""

from datetime import UTC, datetime

import pytest

from core.guarded import GuardedConnector
from core.metrics.figures import SourceFigures
from core.models import BreakerState, Outcome
from core.resilience.breaker import Breaker
from core.resilience.gate import Gate, SharedGate
from core.resilience.retry import RetryPolicy
from core.resilience.shared import View
from core.safety.egress import EgressPolicy
from core.services.journal import Journal
from tests.fakes import FakeConnector, FakeRecords

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)


def journal_of(gate: Gate) -> Journal:
    guard = GuardedConnector(
        lambda: pytest.fail("nobody calls it"),
        FakeConnector.limits,
        gate.breaker,
        SourceFigures(),
        RetryPolicy(),
        gate=gate,
        egress=EgressPolicy(),
    )
    return Journal(guard, lambda: NOW)


async def test_what_another_process_found_is_told_but_written_down_there() -> None:
    gate, told = SharedGate(Breaker(), FakeRecords(), "s"), list[str]()
    journal = journal_of(gate)
    journal.tell = lambda: told.append(gate.breaker.state.value)
    gate.see(View(BreakerState.OPEN, 7, 12.0))
    assert (told, journal.since, journal.take()) == (["open"], NOW, ())
    await gate.close()


async def test_what_this_process_found_is_noted() -> None:
    gate = Gate(Breaker())
    journal = journal_of(gate)
    for _ in range(5):
        gate.settle(await gate.admit(), Outcome.FAIL)
    assert [event.data for event in journal.take()] == [{"from": "closed", "to": "open"}]
