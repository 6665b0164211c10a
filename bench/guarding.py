"""P5 and P13: what the guard adds to a call that succeeds, and what a refusal costs."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from bench.measure import Goal
from core.connectors.base import Connector, ConnectorConfig, Limits, SampleParams
from core.errors import BreakerOpen
from core.guarded import GuardedConnector
from core.metrics.figures import SourceFigures
from core.models import BreakerConfig, CatalogEntry, Check, Outcome, Sample
from core.resilience.breaker import Breaker
from core.resilience.retry import RetryPolicy
from core.safety.egress import EgressPolicy

CALLS = 5_000
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


async def guarded_call() -> float:
    retry, egress = RetryPolicy(), EgressPolicy()
    guard = GuardedConnector(InstantConnector, LIMITS, Breaker(), SourceFigures(), retry, egress=egress)
    started = time.perf_counter()
    for _ in range(CALLS):
        await guard.ping()
    return (time.perf_counter() - started) / CALLS


async def bare_call() -> float:
    connector = InstantConnector()
    started = time.perf_counter()
    for _ in range(CALLS):
        await connector.ping()
    return (time.perf_counter() - started) / CALLS


async def refusal() -> float:
    breaker = Breaker(BreakerConfig(failure_threshold=1))
    breaker.settle(breaker.acquire(), Outcome.FAIL)
    refused = 0
    started = time.perf_counter()
    for _ in range(REFUSALS):
        try:
            breaker.acquire()
        except BreakerOpen:
            refused += 1
    spent = time.perf_counter() - started
    assert refused == REFUSALS
    return spent / REFUSALS


GOALS = (
    Goal("P5", "guard overhead, one successful call", guarded_call, bare_call, goal_us=25),
    Goal("P13", "breaker refusal while OPEN", refusal, None, goal_us=3),
)
