"""The seven figures of one source: a fold over its calls, kept in memory and stored now and then.

Refusals by the breaker and calls that prove nothing (VOID) are counted apart and never enter a latency: otherwise an
open breaker would make a dead source look fast.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.metrics.histogram import Histogram, index_of
from core.metrics.history import HistoryLog
from core.metrics.window import LatencyWindow
from core.models import BreakerState, Figures, Outcome

WAITING_MAX = 2_000
"""Calls of one source that wait to be stored. Older ones are in the sum: they are lost only if the database was away
for so many calls, and another process wrote to it before this one."""
EMA_TAU_S = 60.0
"""Time constant of the average: a call's weight falls to 1/e within a minute, whatever the rhythm of calls."""
BEHIND_S = 60.0
"""Calls of another process come by the batch, up to 10 s after those that are stored; what is later than this is a
clock that was set back."""


@dataclass(frozen=True, slots=True)
class FiguresState:
    """What has to survive a restart. `histogram` is the packed window, `lifetime` the packed histogram of all calls."""

    calls_total: int = 0
    errors_total: int = 0
    rejected_total: int = 0
    avg_latency_ms: float | None = None
    avg_ts: datetime | None = None
    latency_sum_ms: float = 0.0
    histogram: bytes = b""
    lifetime: bytes = b""
    last_ok_ts: datetime | None = None
    last_err_ts: datetime | None = None


@dataclass(slots=True)  # not frozen: one is made for every call, and that takes four times as long
class Call:
    """One admitted call that ended at `ts`; `latency_ms` is what its last attempt took, `index` its bucket."""

    ts: datetime
    latency_ms: float
    error: bool
    proves_ok: bool
    index: int


class Fold:
    """The figures after a number of calls. What is packed is only unpacked when a call comes."""

    def __init__(self, state: FiguresState) -> None:
        self._state = state
        self.calls, self.errors, self.rejected = state.calls_total, state.errors_total, state.rejected_total
        self._average, self._average_ts = state.avg_latency_ms, state.avg_ts
        self.latency_sum_ms = state.latency_sum_ms
        self.last_ok, self.last_err = state.last_ok_ts, state.last_err_ts
        self._p95: tuple[float | None, datetime] | None = None
        self._shown: Figures | None = None
        self._kept_window: LatencyWindow | None = None
        self._lifetime: Histogram | None = None

    def apply(self, call: Call) -> None:
        self.calls += 1
        if call.error:
            self.errors, self.last_err = self.errors + 1, _later(self.last_err, call.ts)
        elif call.proves_ok:
            self.last_ok = _later(self.last_ok, call.ts)
        self._smooth(call.latency_ms, call.ts)
        self.latency_sum_ms += call.latency_ms
        (self._kept_window or self._window).add(call.ts, call.index)
        (self._lifetime or self.lifetime).add_index(call.index)
        self._p95 = None

    @property
    def lifetime(self) -> Histogram:
        """Of all calls since ever; to be read only."""
        if self._lifetime is None:
            self._lifetime = Histogram.unpack(self._state.lifetime)
        return self._lifetime

    def p95_ms(self, now: datetime) -> float | None:
        """Over the last 10 minutes; worked out again when a call came or one left the window."""
        return self._p95[0] if self._p95 and now < self._p95[1] else self._new_p95(now)

    def snapshot(self, state: BreakerState, now: datetime) -> Figures:
        """The very same one for as long as nothing in it changes."""
        # Whatever changes a figure takes the p95 away.
        if self._p95 is None or now >= self._p95[1] or self._shown is None or self._shown.state is not state:
            p95 = self.p95_ms(now)
            self._shown = Figures(self.calls, self.errors, self._average, p95, self.last_ok, self.last_err, state)
        return self._shown

    def dump(self) -> FiguresState:
        window = self._state.histogram if self._kept_window is None else self._kept_window.pack()
        lifetime = self._state.lifetime if self._lifetime is None else self._lifetime.pack()
        return FiguresState(
            self.calls,
            self.errors,
            self.rejected,
            self._average,
            self._average_ts,
            self.latency_sum_ms,
            window,
            lifetime,
            self.last_ok,
            self.last_err,
        )

    def _new_p95(self, now: datetime) -> float | None:
        p95 = self._window.histogram(now).quantile(0.95) if self.calls else None
        self._p95 = p95, self._window.lasts_until()
        return p95

    @property
    def _window(self) -> LatencyWindow:
        if self._kept_window is None:
            self._kept_window = LatencyWindow.unpack(self._state.histogram)
        return self._kept_window

    def _smooth(self, latency_ms: float, now: datetime) -> None:
        if self._average is None or self._average_ts is None:
            self._average = latency_ms
        else:
            # A step back counts as none.
            gap = (now - self._average_ts).total_seconds()
            self._average += (1 - math.exp(-max(0.0, gap) / EMA_TAU_S)) * (latency_ms - self._average)
            if -BEHIND_S < gap < 0:
                return  # the seconds since this call have been counted: the next one must not count them again
        self._average_ts = now


class SourceFigures:
    """The figures as this process knows them: what is stored, and its own calls that are not stored yet.

    Not thread-safe: it lives on the background loop.
    """

    def __init__(self, kept: FiguresState | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._clock = clock
        self._fold = Fold(kept or FiguresState())
        self._calls: deque[Call] = deque(maxlen=WAITING_MAX)
        self._rejected = 0
        self.history = HistoryLog()
        self.attempts = dict.fromkeys(Outcome, 0)
        """Attempts by what they proved, since this process started: a call may take several."""

    def record(self, latency_ms: float, *, error: bool, proves_ok: bool) -> None:
        """Counts one admitted call; `latency_ms` is what its last attempt took."""
        call = Call(self._clock(), latency_ms, error, proves_ok, index_of(latency_ms))
        self._fold.apply(call)
        self._calls.append(call)
        self.history.call(call.ts, latency_ms, call.index, error=error)

    @property
    def lifetime(self) -> tuple[Histogram, float]:
        """The latencies of all calls since ever (to be read only), and their sum in milliseconds."""
        return self._fold.lifetime, self._fold.latency_sum_ms

    @property
    def rejected_total(self) -> int:
        """Calls that the breaker refused, since ever."""
        return self._fold.rejected

    def attempted(self, outcome: Outcome) -> None:
        """Counts one attempt of a call."""
        self.attempts[outcome] += 1

    def reject(self) -> None:
        """Counts a call that the breaker refused."""
        self._fold.rejected += 1
        self._rejected += 1
        self.history.reject(self._clock())

    def snapshot(self, state: BreakerState, now: datetime | None = None) -> Figures:
        return self._fold.snapshot(state, now or self._clock())

    def dump(self) -> FiguresState:
        return self._fold.dump()

    def take(self) -> tuple[tuple[Call, ...], int]:
        """The calls and the number of refusals that are not stored yet; they are the caller's now."""
        taken = tuple(self._calls), self._rejected
        self._calls.clear()
        self._rejected = 0
        return taken

    def give_back(self, calls: Iterable[Call], rejected: int) -> None:
        """They could not be stored: they go before what happened since."""
        self._calls = deque((*calls, *self._calls), maxlen=WAITING_MAX)
        self._rejected += rejected

    def rebase(self, stored: FiguresState) -> None:
        """Other processes stored calls too: from here on, that and our own on top of it."""
        self._fold = folded(stored, self._calls, self._rejected)


def folded(stored: FiguresState, calls: Iterable[Call], rejected: int) -> Fold:
    """What is stored, and calls on top of it."""
    fold = Fold(stored)
    for call in calls:
        fold.apply(call)
    fold.rejected += rejected
    return fold


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
