"""The seven figures of one source, kept in memory and handed to storage now and then.

Refusals by the breaker and calls that prove nothing (VOID) are counted apart and never enter a latency: otherwise an
open breaker would make a dead source look fast.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.metrics.histogram import Histogram
from core.models import BreakerState, CallPoint, Figures, Outcome

EMA_TAU_S = 60.0
"""Time constant of the average: a call's weight falls to 1/e within a minute, whatever the rhythm of calls."""
WINDOW = timedelta(minutes=10)
SLICE = timedelta(minutes=1)
KEPT = WINDOW + SLICE
WINDOW_CALLS_MIN = 20
RECENT_CALLS = 288


@dataclass(frozen=True, slots=True)
class FiguresState:
    """What has to survive a restart."""

    calls_total: int = 0
    errors_total: int = 0
    rejected_total: int = 0
    avg_latency_ms: float | None = None
    avg_ts: datetime | None = None
    histogram: bytes = b""
    last_ok_ts: datetime | None = None
    last_err_ts: datetime | None = None


class SourceFigures:
    """Counts and latencies of one source. Not thread-safe: it lives on the background loop."""

    def __init__(self, kept: FiguresState | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)):
        kept = kept or FiguresState()
        self._clock = clock
        self._calls, self._errors, self._rejected = kept.calls_total, kept.errors_total, kept.rejected_total
        self._average, self._average_ts = kept.avg_latency_ms, kept.avg_ts
        self._last_ok, self._last_err = kept.last_ok_ts, kept.last_err_ts
        self._window = LatencyWindow()
        if kept.histogram:
            self._window.restore(kept.avg_ts or clock(), Histogram.unpack(kept.histogram))
        self._recent: deque[tuple[datetime, float, bool]] = deque(maxlen=RECENT_CALLS)
        self.attempts = dict.fromkeys(Outcome, 0)
        """Attempts by what they proved, since this process started: a call may take several."""

    def record(self, latency_ms: float, *, error: bool, proves_ok: bool) -> None:
        """Counts one admitted call; `latency_ms` is what its last attempt took."""
        now = self._clock()
        self._calls += 1
        if error:
            self._errors, self._last_err = self._errors + 1, now
        elif proves_ok:
            self._last_ok = now
        self._smooth(latency_ms, now)
        self._window.add(now, latency_ms)
        self._recent.append((now, latency_ms, not error))

    @property
    def recent(self) -> tuple[CallPoint, ...]:
        """The last calls, oldest first."""
        return tuple(CallPoint(*each) for each in self._recent)

    def attempted(self, outcome: Outcome) -> None:
        """Counts one attempt of a call."""
        self.attempts[outcome] += 1

    def reject(self) -> None:
        """Counts a call that the breaker refused."""
        self._rejected += 1

    def snapshot(self, state: BreakerState) -> Figures:
        p95 = self._window.histogram(self._clock()).quantile(0.95)
        return Figures(self._calls, self._errors, self._average, p95, self._last_ok, self._last_err, state)

    def dump(self) -> FiguresState:
        packed = self._window.histogram(self._clock()).pack()
        counts = (self._calls, self._errors, self._rejected)
        return FiguresState(*counts, self._average, self._average_ts, packed, self._last_ok, self._last_err)

    def _smooth(self, latency_ms: float, now: datetime) -> None:
        if self._average is None or self._average_ts is None:
            self._average = latency_ms
        else:
            # A clock set back gives a negative gap; it counts as none.
            gap = max(0.0, (now - self._average_ts).total_seconds())
            self._average += (1 - math.exp(-gap / EMA_TAU_S)) * (latency_ms - self._average)
        self._average_ts = now


class LatencyWindow:
    """The latencies of the last 10 minutes, in slices of one minute, but always of at least the last 20 calls."""

    def __init__(self) -> None:
        self._slices: deque[tuple[datetime, Histogram]] = deque()

    def add(self, now: datetime, latency_ms: float) -> None:
        self._redate(now)
        if not self._slices or now - self._slices[-1][0] >= SLICE:
            self._slices.append((now, Histogram()))
        self._slices[-1][1].add(latency_ms)
        self._expire(now)

    def restore(self, at: datetime, histogram: Histogram) -> None:
        self._slices.append((at, histogram))

    def histogram(self, now: datetime) -> Histogram:
        """To be read only: of a single slice it is the slice itself."""
        self._expire(now)
        parts = [part for _, part in self._slices]
        return parts[0] if len(parts) == 1 else Histogram.merged(parts)

    def _redate(self, now: datetime) -> None:
        # After the clock was set back, slices of the future would take every later call and never expire.
        if self._slices and self._slices[-1][0] > now:
            self._slices = deque((min(at, now), part) for at, part in self._slices)

    def _expire(self, now: datetime) -> None:
        if not self._slices or now - self._slices[0][0] < KEPT:
            return
        total = sum(part.total for _, part in self._slices)
        while self._slices and now - self._slices[0][0] >= KEPT:
            total -= self._slices[0][1].total
            if total < WINDOW_CALLS_MIN:
                return
            self._slices.popleft()
