"""How a call of a source ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from core.models.messages import Check, Diagnosis, Message
from core.models.samples import Sample
from core.models.states import BreakerState, Status


@dataclass(frozen=True, slots=True)
class PingResult:
    """The answer to one ping of one source; `diagnosis` is there whenever `ok` is false."""

    ok: bool
    message: Message
    latency_ms: float
    attempts: int
    state: BreakerState
    status: Status
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, slots=True)
class SampleResult:
    """A sample, what was asked for (without the source's secrets in it), when it came, and how long it might take."""

    sample: Sample
    latency_ms: float
    asked: Mapping[str, Any] = field(default_factory=dict)
    ts: datetime | None = None
    time_limit_s: float | None = None


@dataclass(frozen=True, slots=True)
class KeptSample:
    """The last good answer of a source, what it was asked for, and when it came."""

    result: SampleResult
    params: Mapping[str, Any]
    ts: datetime


@dataclass(frozen=True, slots=True)
class TestResult:
    """What trying a configuration showed. Nothing of it is stored."""

    __test__ = False  # pytest would otherwise collect it as a test class

    ok: bool
    message: Message
    checks: tuple[Check, ...]
    latency_ms: float


@dataclass(frozen=True, slots=True)
class PingRow:
    """One source's answer inside ping all. `code` is the error's, None when it is well."""

    id: UUID
    name: str
    ok: bool
    message: Message
    status: Status
    state: BreakerState
    latency_ms: float | None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class PingAllView:
    """A moment of a ping-all job: `rows` in the order in which answers came."""

    id: UUID
    total: int
    rows: tuple[PingRow, ...]
    finished: bool
    cancelled: bool
    elapsed_ms: float

    @property
    def ok(self) -> int:
        return sum(row.ok for row in self.rows)

    @property
    def suspended(self) -> int:
        return sum(row.code == "circuit_open" for row in self.rows)

    @property
    def failed(self) -> int:
        return len(self.rows) - self.ok - self.suspended
