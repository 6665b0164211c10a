"""A connector that wraps a connector: the only way in which the product calls a source.

The layers, outermost first, each visible in `GuardedConnector.call` and `_attempt`:

    figures(call) → deadline → retry → breaker → attempt timeout → connector
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog

from core.connectors.base import Connector, Limits
from core.errors import BreakerOpen, InternalError, SourceError, SourceTimeout
from core.metrics.figures import SourceFigures
from core.models import BreakerState, CatalogEntry, FailureKind, Outcome, Sample
from core.resilience.breaker import Breaker
from core.resilience.deadline import remaining, within
from core.resilience.retry import RetryPolicy

log = structlog.get_logger(__name__)

FAIR_SHARE = 0.95
"""An attempt that had this share of its limit and did not answer is the source's failure; one that was cut shorter by
the deadline of the whole call proves nothing."""

LEASE_MARGIN_S = 1.0
"""A probe's lease outlives its attempt by this, so that only a holder that died loses it."""

T = TypeVar("T")
Verb = Callable[[Connector], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class CallReport(Generic[T]):
    """How one call went: its value or its error, the attempts it took, what the last one took in milliseconds."""

    value: T | None
    error: SourceError | None
    attempts: int
    latency_ms: float
    outcome: Outcome

    def result(self) -> T:
        """The value. Raises the call's error."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # without an error the value is the verb's own


@dataclass(slots=True)
class _Trace:
    attempts: int = 0
    latency_ms: float = 0.0
    outcome: Outcome = Outcome.VOID
    failed: bool = False


class GuardedConnector:
    """One source in this process: one connector, one breaker, one set of figures. Lives on the background loop.

    `ready` is waited for once, before the first connector is built.
    """

    def __init__(
        self,
        build: Callable[[], Connector],
        limits: Limits,
        breaker: Breaker,
        figures: SourceFigures,
        retry: RetryPolicy,
        clock: Callable[[], float] = time.perf_counter,
        ready: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.breaker = breaker
        self.figures = figures
        self._build, self._limits, self._retry, self._clock = build, limits, retry, clock
        self._ready = ready
        breaker.configure(lease_s=limits.attempt + LEASE_MARGIN_S)
        self.cause: SourceError | None = None
        """What the breaker's listeners are told of right now, where it is the failure of an attempt."""
        self._connector: Connector | None = None
        self._closing: set[asyncio.Task[None]] = set()
        breaker.listen(self._on_change)

    async def ping(self) -> CallReport[tuple[bool, str]]:
        """One ping within its deadline. Raises BreakerOpen when refused."""
        report = await self.call(lambda connector: connector.ping(), self._limits.ping)
        self._record(report, error=report.error is not None or not (report.value or (False,))[0])
        return report

    async def sample(self, params: dict[str, Any]) -> CallReport[Sample]:
        """One sample within its deadline. Raises BreakerOpen when refused."""
        report = await self.call(lambda connector: connector.sample(params), self._limits.sample)
        self._record(report, error=blames_source(report))
        return report

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        """What can be sampled below `path`; guarded, but not counted in the figures. Raises SourceError."""
        return (await self.call(lambda connector: connector.describe(path), self._limits.sample)).result()

    async def call(self, verb: Verb[T], limit_s: float) -> CallReport[T]:
        """Runs `verb` through every layer. Raises BreakerOpen when not even one attempt was admitted."""
        trace, value, error = _Trace(), None, None
        try:
            async with within(limit_s):
                await self._prepared()
                value = await self._retry.call(lambda: self._attempt(verb, trace))
        except BreakerOpen:
            self.figures.reject()
            raise
        except SourceError as err:
            error = err
        except TimeoutError:
            error = SourceTimeout("deadline", seconds=limit_s)
        outcome = Outcome.FAIL if trace.failed and trace.outcome is Outcome.VOID else trace.outcome
        return CallReport(value, error, trace.attempts, trace.latency_ms, outcome)

    def replace(self, build: Callable[[], Connector], limits: Limits) -> None:
        """Another configuration: the old connector is closed, and the breaker starts anew with nothing counted."""
        self._build, self._limits = build, limits
        self._retire()
        self.breaker.configure(lease_s=limits.attempt + LEASE_MARGIN_S)
        self.breaker.renew()

    async def close(self) -> None:
        """Ends the connector and waits for those that are still closing."""
        self._retire()
        await asyncio.gather(*self._closing)

    async def _attempt(self, verb: Verb[T], trace: _Trace) -> T:
        permit = self.breaker.acquire()
        trace.attempts += 1
        trace.outcome = Outcome.VOID
        started = self._clock()
        try:
            value = await self._limited(verb)
            trace.outcome = Outcome.REACHED if _refused(value) else Outcome.OK
            return value
        except SourceError as err:
            trace.outcome = err.outcome or Outcome.VOID
            self.cause = err
            raise
        finally:
            trace.latency_ms = (self._clock() - started) * 1000
            trace.failed |= trace.outcome is Outcome.FAIL
            self.breaker.settle(permit, trace.outcome)
            self.cause = None

    async def _limited(self, verb: Verb[T]) -> T:
        limit, left = self._limits.attempt, remaining()
        try:
            async with within(limit):
                return await verb(self._connected())
        except TimeoutError:
            late = _late(limit, left)
        except SourceError:
            raise
        except Exception as err:
            # Not translated by the connector: a defect. Its text may hold anything, so only its type is logged.
            log.error("connector_defect", error=type(err).__name__)
            raise InternalError() from err
        # Raised out here: as the context of this error the driver's frames would hold its socket open.
        raise late

    async def _prepared(self) -> None:
        """Before the first attempt, so that no figure of the source holds the time of importing its driver."""
        if self._ready is not None:
            await self._ready()
            self._ready = None

    def _connected(self) -> Connector:
        if self._connector is None:
            self._connector = self._build()
        return self._connector

    def _record(self, report: CallReport[Any], *, error: bool) -> None:
        if report.outcome is Outcome.VOID:
            return
        self.figures.record(report.latency_ms, error=error, proves_ok=report.outcome is Outcome.OK and not error)

    def _on_change(self, _before: BreakerState, after: BreakerState) -> None:
        # Some drivers reconnect by themselves: while the breaker is open nothing may touch the source on the wire.
        if after in (BreakerState.OPEN, BreakerState.FORCED_OPEN):
            self._retire()

    def _retire(self) -> None:
        connector, self._connector = self._connector, None
        if connector is not None:
            task = asyncio.get_running_loop().create_task(connector.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


def _late(limit: float, left: float) -> SourceTimeout:
    if left < FAIR_SHARE * limit:
        return SourceTimeout("deadline", outcome=Outcome.VOID, seconds=round(left, 1))
    return SourceTimeout("attempt", seconds=limit)


def blames_source(report: CallReport[Any]) -> bool:
    """Whether a sample's end is an error of the source: an analyst's typo is not, a wrong password is."""
    return report.outcome is Outcome.FAIL or (
        report.error is not None and report.error.failure is FailureKind.AUTH and report.outcome is not Outcome.VOID
    )


def _refused(value: object) -> bool:
    return isinstance(value, tuple) and value[:1] == (False,)
