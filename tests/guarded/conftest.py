"""A guarded fake on virtual time: every second is counted, none is waited for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from core.connectors.base import Environment, Limits
from core.guarded import GuardedConnector
from core.metrics.figures import SourceFigures
from core.models import BreakerConfig, BreakerState
from core.resilience.breaker import Breaker
from core.resilience.bulkhead import Bulkhead
from core.resilience.retry import RetryPolicy
from core.safety.egress import EgressPolicy
from tests.fakes import FakeConfig, FakeConnector, OtherEnd, Step, VirtualTimeLoop, fake_kind

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


@pytest.fixture
def other_end() -> OtherEnd:
    return OtherEnd()


def guarded(
    other_end: OtherEnd,
    limits: Limits = FakeConnector.limits,
    bulkhead: Bulkhead | None = None,
    ready: Callable[[], Awaitable[Any]] | None = None,
) -> GuardedConnector:
    clock = asyncio.get_running_loop().time
    kind, environment = fake_kind(other_end), Environment(EgressPolicy())
    retry = RetryPolicy(uniform=lambda low, high: high)
    breaker = Breaker(BreakerConfig(), clock=clock)
    return GuardedConnector(
        lambda: kind.build(FakeConfig(), environment),
        limits,
        breaker,
        SourceFigures(),
        retry,
        clock,
        ready,
        bulkhead,
        egress=environment.egress,
    )


@pytest.fixture
async def guard(other_end: OtherEnd) -> AsyncIterator[GuardedConnector]:
    made = guarded(other_end)
    yield made
    await made.close()


def now() -> float:
    return asyncio.get_running_loop().time()


def calls_of(guard: GuardedConnector) -> tuple[int, int, int]:
    kept = guard.figures.dump()
    return kept.calls_total, kept.errors_total, kept.rejected_total


async def opened(guard: GuardedConnector, other_end: OtherEnd) -> None:
    other_end.will(Step.FAIL)
    await guard.ping()
    await guard.ping()
    assert guard.breaker.state is OPEN
