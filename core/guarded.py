"""A connector that wraps a connector: the only way in which the product calls a source.

The layers, outermost first, each visible in `GuardedConnector.call` and `_attempt`:

    figures(call) → deadline → retry → breaker → bulkhead → address rules, attempt timeout → figures(attempt)
    → connector
"""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog

from core.connectors.base import Connector, Limits
from core.errors import BreakerOpen, Busy, InternalError, SourceError, SourceTimeout, SourceUnavailable
from core.metrics.figures import SourceFigures
from core.models import BreakerState, CatalogEntry, FailureKind, Outcome, Sample
from core.resilience.breaker import Breaker, Permit
from core.resilience.budget import RetryBudget
from core.resilience.bulkhead import WAIT_S, Bulkhead, Bulkheads
from core.resilience.deadline import promised, within
from core.resilience.gate import Gate
from core.resilience.retry import RetryPolicy
from core.safety.dialling import DialRefused, guarded_dialling
from core.safety.egress import EgressPolicy

log = structlog.get_logger(__name__)

# Bound once: looking a member up in its class takes longer than the rest of a comparison.
OK, FAIL, REACHED, VOID = Outcome.OK, Outcome.FAIL, Outcome.REACHED, Outcome.VOID

FAIR_SHARE = 0.95
"""An attempt that had this share of its limit and did not answer is the source's failure; one that was cut shorter by
the deadline of the whole call proves nothing."""

LEASE_MARGIN_S = WAIT_S + 1.0
"""A probe's lease outlives its attempt and the wait for a place by a second: only a holder that died loses it."""

ENDED = "closed"
"""Why a call ends whose connector was closed under it."""

T = TypeVar("T")
Verb = Callable[[Connector], Awaitable[T]]


class Unwanted(Exception):
    """Nobody wants the call any more that waited for its place: nothing was sent, and nothing counts."""


def always() -> bool:
    return True


@dataclass(slots=True)
class CallReport(Generic[T]):
    """How one call went: its value or its error, the attempts it took, what the last one took in milliseconds."""

    value: T | None = None
    error: SourceError | None = None
    attempts: int = 0
    latency_ms: float = 0.0
    outcome: Outcome = VOID

    def result(self) -> T:
        """The value. Raises the call's error."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # without an error the value is the verb's own


@dataclass(slots=True)
class _Call(Generic[T]):
    """One call on its way, with the seconds it has. `placed`: it has its place in the process already."""

    verb: Verb[T]
    limit_s: float
    report: CallReport[T]
    placed: bool
    failed: bool = False


class GuardedConnector:
    """One source in this process: one connector, one breaker, one set of figures. Lives on the background loop.

    `ready` is waited for once, before the first connector is built. `gate` is how the breaker admits: alone, unless it
    is given.
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
        bulkhead: Bulkhead | None = None,
        gate: Gate | None = None,
        *,
        egress: EgressPolicy,
    ) -> None:
        self.breaker, self.figures, self._gate = breaker, figures, gate or Gate(breaker)
        self._build, self._limits, self._retry, self._clock = build, limits, retry, clock
        self._ready, self._egress = ready, egress
        self._bulkhead, self._budget = bulkhead or Bulkheads().share(), RetryBudget()
        breaker.configure(lease_s=limits.attempt + LEASE_MARGIN_S)
        self.cause: SourceError | None = None
        """What the breaker's listeners are told of right now, where it is the failure of an attempt."""
        self._connector: Connector | None = None
        self._closed = False
        self._closing: set[asyncio.Task[None]] = set()
        breaker.listen(self._on_change)

    @property
    def adopting(self) -> bool:
        """Whether what the breaker's listeners are told of right now happened in another process."""
        return self._gate.adopting

    @property
    def sample_limit_s(self) -> float:
        """Seconds that all attempts of a sample may take together."""
        return self._limits.sample

    async def ping(self, *, queued: bool = False, wanted: Callable[[], bool] = always) -> CallReport[tuple[bool, str]]:
        """One ping within its deadline; for background work `queued` and `wanted` (see `call`). Raises BreakerOpen."""
        call = self.call(lambda connector: connector.ping(), self._limits.ping, queued=queued, wanted=wanted)
        report = await self._counted(call)
        self._record(report, error=report.error is not None or not (report.value or (False,))[0])
        return report

    async def sample(self, params: dict[str, Any]) -> CallReport[Sample]:
        """One sample within its deadline. Raises BreakerOpen when refused."""
        report = await self._counted(self.call(lambda connector: connector.sample(params), self._limits.sample))
        self._record(report, error=blames_source(report))
        return report

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        """What can be sampled below `path`; guarded, but not counted in the figures. Raises SourceError."""
        return (await self.call(lambda connector: connector.describe(path), self._limits.sample)).result()

    async def call(
        self, verb: Verb[T], limit_s: float, *, queued: bool = False, wanted: Callable[[], bool] = always
    ) -> CallReport[T]:
        """Runs `verb` through every layer. Raises BreakerOpen when not even one attempt was admitted.

        `queued` waits for a place before the clock starts, however long it takes, and keeps it for all attempts; a
        call that would be refused anyway does not queue. Raises Unwanted where it is not `wanted` any more when its
        turn comes.
        """
        report: CallReport[T] = CallReport()
        call = _Call(verb, limit_s, report, placed=queued and not self._refused_for())
        if not call.placed:
            return await self._run(call)
        await self._bulkhead.queue()
        try:
            if not wanted():
                raise Unwanted()
            return await self._run(call)
        finally:
            self._bulkhead.leave(background=True)

    def replace(self, build: Callable[[], Connector], limits: Limits) -> None:
        """Another configuration: the old connector is closed, and the breaker starts anew with nothing counted."""
        self._build, self._limits = build, limits
        self._retire()
        self.breaker.configure(lease_s=limits.attempt + LEASE_MARGIN_S)
        self.breaker.renew()

    async def close(self) -> None:
        """Ends the connector and waits for those that are still closing. Final: calls that come later are refused."""
        self._closed = True
        self._retire()
        closing = {*self._closing, asyncio.create_task(self._gate.close())}
        await asyncio.wait(closing)  # whoever leaves it leaves all of them to end
        await asyncio.gather(*closing)

    async def _counted(self, call: Awaitable[CallReport[T]]) -> CallReport[T]:
        try:
            return await call
        except BreakerOpen:
            self.figures.reject()
            raise

    async def _run(self, call: "_Call[T]") -> CallReport[T]:
        report = call.report
        try:
            with promised(call.limit_s):
                if self._ready is not None and not self._refused_for():
                    await self._prepare(self._ready, call.limit_s)
                attempt = functools.partial(self._attempt, call)
                report.value = await self._retry.call(attempt, self._budget, self._refused_for)
        except SourceError as err:
            # Of the breaker's an attempt may have come in between: then it was cut off, not refused.
            if isinstance(err, BreakerOpen) and not report.attempts:
                raise
            report.error = err
            if call.failed and report.outcome is VOID:
                report.outcome = FAIL
        return report

    async def _attempt(self, call: "_Call[T]") -> T:
        permit = await self._gate.admit()
        if not call.placed and not self._bulkhead.try_enter():
            permit = await self._enter_late(permit)
        report, outcome, started = call.report, VOID, self._clock()
        report.attempts += 1
        try:
            value = await self._limited(call)
            outcome = REACHED if _refused(value) else OK
            return value
        except SourceError as err:
            outcome = err.outcome or VOID
            self.cause = err
            raise
        finally:
            report.latency_ms, report.outcome = (self._clock() - started) * 1000, outcome
            call.failed |= outcome is FAIL
            self.figures.attempted(outcome)
            if not call.placed:
                self._bulkhead.leave()
            self._gate.settle(permit, outcome)
            self.cause = None

    async def _enter_late(self, permit: Permit) -> Permit:
        """Waits for a place. Returns a permit that still holds: the breaker may have opened meanwhile."""
        try:
            await self._bulkhead.enter()
        except (Busy, asyncio.CancelledError):
            self._gate.settle(permit, VOID)
            raise
        if permit.generation == self.breaker.generation:
            return permit
        self._gate.settle(permit, VOID)
        try:
            return await self._gate.admit()
        except (BreakerOpen, asyncio.CancelledError):
            self._bulkhead.leave()
            raise

    def _refused_for(self) -> float:
        return self.breaker.retry_after() or 0.0

    async def _limited(self, call: "_Call[T]") -> T:
        limit = had = self._limits.attempt
        try:
            with guarded_dialling(self._egress):
                async with within(limit) as had:
                    return await call.verb(self._connected())
        except TimeoutError:
            late = _late(limit, had, call.limit_s)
        except SourceUnavailable as err:
            if err.reason == ENDED and not self._closed and (wait := self._refused_for()):
                raise BreakerOpen(wait, self.breaker.state) from None
            raise
        except SourceError:
            raise
        except DialRefused as err:
            raise err.denied() from None
        except Exception as err:
            # Not translated by the connector: a defect. Its text may hold anything, so only its type is logged.
            log.error("connector_defect", error=type(err).__name__)
            raise InternalError() from err
        # Raised out here: as the context of this error the driver's frames would hold its socket open.
        raise late

    async def _prepare(self, ready: Callable[[], Awaitable[None]], limit_s: float) -> None:
        """Before the first attempt, so that no figure of the source holds the time of importing its driver."""
        try:
            async with within(limit_s):
                await ready()
        except TimeoutError:
            raise SourceTimeout("deadline", outcome=VOID, seconds=limit_s) from None
        self._ready = None

    def _connected(self) -> Connector:
        # Asked last of all: a call may have waited for its place while its source was deleted.
        if self._closed:
            raise SourceUnavailable(ENDED, outcome=VOID)
        if self._connector is None:
            self._connector = self._build()
        return self._connector

    def _record(self, report: CallReport[Any], *, error: bool) -> None:
        if report.outcome is VOID:
            return
        self.figures.record(report.latency_ms, error=error, proves_ok=report.outcome is OK and not error)

    def _on_change(self, _before: BreakerState, after: BreakerState) -> None:
        # Some drivers reconnect by themselves: while the breaker is open nothing may touch the source on the wire.
        if after in (BreakerState.OPEN, BreakerState.FORCED_OPEN):
            self._retire()

    def _retire(self) -> None:
        connector, self._connector = self._connector, None
        if connector is not None:
            with guarded_dialling(self._egress):
                task = asyncio.get_running_loop().create_task(connector.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


def _late(limit: float, had: float, whole: float) -> SourceTimeout:
    if had < FAIR_SHARE * limit:
        return SourceTimeout("deadline", outcome=VOID, seconds=whole)
    return SourceTimeout("attempt", seconds=limit)


def blames_source(report: CallReport[Any]) -> bool:
    """Whether a sample's end is an error of the source: an analyst's typo is not, a wrong password is."""
    return report.outcome is FAIL or (
        report.error is not None and report.error.failure is FailureKind.AUTH and report.outcome is not VOID
    )


def _refused(value: object) -> bool:
    return isinstance(value, tuple) and value[:1] == (False,)
