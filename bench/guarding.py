"""P5 and P13: what the guard adds to a call that succeeds, and what a refusal costs."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bench.measure import Contest, Goal, Measures, Workload
from core.connectors.base import Connector, ConnectorConfig, Limits, SampleParams
from core.errors import BreakerOpen
from core.guarded import GuardedConnector
from core.metrics.figures import SourceFigures
from core.models import BreakerConfig, CatalogEntry, Check, Outcome, Sample
from core.resilience.breaker import Breaker
from core.resilience.retry import RetryPolicy
from core.safety.egress import EgressPolicy

CALLS = 10_000
CALLS_A_TURN = 50
REFUSALS = 50_000
LIMITS = Limits(connect=5, attempt=10, sample=15)


class InstantConnector(Connector):
    """Answers at once, so that only the guard's own work is left to measure."""

    kind = "instant"
    config_model = ConnectorConfig
    params_model = SampleParams
    limits = LIMITS

    async def ping(self) -> tuple[bool, str]:
        return True, "instant"

    async def sample(self, params: dict[str, Any]) -> Sample:
        return Sample((), ())

    async def diagnose(self) -> AsyncIterator[Check]:
        return
        yield

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        return []

    async def close(self) -> None:
        return None

    @classmethod
    def build(cls, config: Any, environment: Any) -> "InstantConnector":
        return cls()

    @classmethod
    def check_params(cls, params: Mapping[str, Any], environment: Any) -> None:
        return None


async def guarded_calls() -> None:
    retry, egress = RetryPolicy(), EgressPolicy()
    guard = GuardedConnector(InstantConnector, LIMITS, Breaker(), SourceFigures(), retry, egress=egress)
    await _repeat(guard.ping)


async def bare_calls() -> None:
    await _repeat(InstantConnector().ping)


async def _repeat(call: Callable[[], Awaitable[object]]) -> None:
    for _ in range(CALLS // CALLS_A_TURN):
        for _ in range(CALLS_A_TURN):
            await call()
        # Real calls wait for something: that is when the loop drops the timers of those that ended.
        await asyncio.sleep(0)


def refusals() -> Measures:
    breaker = Breaker(BreakerConfig(failure_threshold=1))
    breaker.settle(breaker.acquire(), Outcome.FAIL)
    refused = 0
    started = time.process_time()
    for _ in range(REFUSALS):
        try:
            breaker.acquire()
        except BreakerOpen:
            refused += 1
    spent = time.process_time() - started
    assert refused == REFUSALS
    return {"cpu": spent / REFUSALS * 1e6}


def _a_call(calls: Callable[[], Coroutine[Any, Any, None]]) -> Measures:
    # Nothing here waits, so processor time is what it takes; the clock on the wall would measure the neighbours too.
    started = time.process_time()
    asyncio.run(calls())
    return {"cpu": (time.process_time() - started) / CALLS * 1e6}


@contextmanager
def guard_and_bare() -> Iterator[tuple[Workload, Workload]]:
    yield (lambda: _a_call(guarded_calls)), (lambda: _a_call(bare_calls))


@contextmanager
def refusals_alone() -> Iterator[tuple[Workload, None]]:
    yield refusals, None


CONTESTS = (
    Contest((Goal("P5", "guard overhead, one successful call", "cpu", 25, "beyond", "µs"),), guard_and_bare),
    Contest((Goal("P13", "breaker refusal while OPEN", "cpu", 3, "alone", "µs"),), refusals_alone),
)
