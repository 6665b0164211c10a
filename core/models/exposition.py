"""What a monitoring system reads of a source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.models.states import BreakerState, Outcome, Status


@dataclass(frozen=True, slots=True)
class LatencyCounts:
    """All latencies since ever. `below[i]` of the `total` calls took `core.metrics.buckets.BOUNDS_MS[i]` or less."""

    below: tuple[int, ...]
    total: int
    sum_ms: float


@dataclass(frozen=True, slots=True)
class ExposedSource:
    """A source's counts since ever, and `attempts` by what they proved since this process started."""

    org: str
    id: UUID
    name: str
    kind: str
    status: Status
    state: BreakerState
    calls_total: int
    errors_total: int
    rejected_total: int
    last_ok_ts: datetime | None
    last_err_ts: datetime | None
    latency: LatencyCounts
    attempts: Mapping[Outcome, int]
