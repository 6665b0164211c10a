"""What was: the calls of sources over time, in stretches of one length."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from core.models.messages import Message

OBJECTIVE = 0.995
"""The share of calls that should not fail: half a percent of them is the error budget."""


class HistoryPoint(NamedTuple):
    """The calls of one stretch that begins at `ts`. Latencies are milliseconds, None without a call."""

    ts: datetime
    calls: int = 0
    errors: int = 0
    rejected: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    avg_ms: float | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Every stretch of [since, until), empty ones too; `notes` say where that is not what was asked for."""

    since: datetime
    until: datetime
    step_s: int
    buckets: tuple[HistoryPoint, ...]
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """The calls of some time. Those that the breaker refused are not among them."""

    calls: int = 0
    errors: int = 0

    @property
    def availability(self) -> float | None:
        """The share of calls that did not fail, 0 … 1; None without a call."""
        return 1 - self.errors / self.calls if self.calls else None

    @property
    def budget_left(self) -> float | None:
        """Which share of the failures that OBJECTIVE allows is left: 0 when all is used up, None without a call."""
        if not self.calls:
            return None
        # 1 - 0.995 is a little more than 0.005: of a budget that is used up 9e-16 would be left.
        return max(0.0, round(1 - self.errors / (self.calls * (1 - OBJECTIVE)), 9))


@dataclass(frozen=True, slots=True)
class SourceHistory:
    """How one source was: `windows` by the name of the time up to now (`24h`, `7d`, `30d`), `asked` over the range.

    `avg_ms` is the average latency over the range, None without a call.
    """

    id: UUID
    name: str
    kind: str
    windows: Mapping[str, Window]
    asked: Window
    avg_ms: float | None


@dataclass(frozen=True, slots=True)
class SlowSource:
    """A source and the p95 of its latencies over the range, in milliseconds."""

    source: SourceHistory
    p95_ms: float


@dataclass(frozen=True, slots=True)
class LatencySeries:
    """One source's latencies over the range, in stretches of `OrgHistory.step_s`; those without a call are left out."""

    id: UUID
    name: str
    points: tuple[HistoryPoint, ...]


@dataclass(frozen=True, slots=True)
class HeatRow:
    """The share of failed calls of one source, one an hour of `OrgHistory.hours`; None for an hour without calls."""

    id: UUID
    name: str
    shares: tuple[float | None, ...]


class RecentCalls(NamedTuple):
    """What a list says of a source's last day: its average latencies in milliseconds, one an hour with calls, oldest
    first; and of its last hour, to five minutes, how many calls it had and how many of them failed."""

    averages: tuple[float, ...] = ()
    calls: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class OrgHistory:
    """How an organisation's sources were over [since, until), every list with the worst first.

    `sources` are all that there are. `latency` and `heat` are of as many sources as can still be told apart.
    """

    since: datetime
    until: datetime
    step_s: int
    sources: tuple[SourceHistory, ...]
    latency: tuple[LatencySeries, ...]
    hours: tuple[datetime, ...]
    heat: tuple[HeatRow, ...]
    slowest: tuple[SlowSource, ...]
    flakiest: tuple[SourceHistory, ...]


@dataclass(frozen=True, slots=True)
class HourOfWeek:
    """All calls of the organisation in one hour of the week: `weekday` 0 is Saturday.

    It begins at the local `hour` and `minute`, which is 0 except where the zone is not whole hours from UTC.
    """

    weekday: int
    hour: int
    minute: int
    window: Window
    p95_ms: float | None
