"""The rows of `source_status`: as they are stored, as one process has to add to them, and what became of that."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from core.metrics.figures import Call, FiguresState
from core.metrics.history import PackedBucket
from core.models import BreakerState, Event


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """A row of `source_status`. Histograms are packed; `evidence` is `healthy`, `error` or None, `evidence_by` a Proof.

    `seq` counts the writes of the row, `writer` is the process that wrote it last. Evidence and streak were proven with
    the source's configuration of `config_version`, which is the source's own column: what is stored is of the present.
    """

    source_id: int
    seq: int
    writer: int
    calls_total: int
    errors_total: int
    rejected_total: int
    avg_latency_ms: float | None
    avg_ts: datetime | None
    latency_sum_ms: float
    histogram: bytes
    lifetime: bytes
    last_ok_ts: datetime | None
    last_err_ts: datetime | None
    state: str
    state_since: datetime | None
    evidence: str | None
    evidence_ts: datetime | None
    evidence_by: str | None
    streak: int
    trouble_since: datetime | None
    diagnosis: dict[str, Any] | None
    message: dict[str, Any] | None
    updated_at: datetime
    config_version: int

    @property
    def figures(self) -> FiguresState:
        return FiguresState(**{name: getattr(self, name) for name in FIGURES})


@dataclass(frozen=True, slots=True)
class Unwritten:
    """What one process has to add to one source: `record` is the row as it would be if nobody else had written.

    `calls`, `rejected` and `proofs` are what it saw beyond the row of `record.seq`. Of `news` the first `again` were in
    a write of which nobody knows whether it was stored.
    """

    record: StatusRecord
    calls: Sequence[Call] = ()
    rejected: int = 0
    proofs: Sequence[bool] = ()
    history: Sequence[PackedBucket] = ()
    news: Sequence[Event] = ()
    host: str = ""
    again: int = 0

    @property
    def opened(self) -> bool:
        """Whether the breaker opened."""
        return any(each.type == "breaker" and each.data["to"] == BreakerState.OPEN.value for each in self.news)


@dataclass(frozen=True, slots=True)
class Written:
    """A row as it is now stored; `merged` when others had written meanwhile, `turned` when trouble began or ended."""

    record: StatusRecord
    merged: bool
    turned: bool


FIGURES = tuple(field.name for field in fields(FiguresState))
NEVER = datetime.min.replace(tzinfo=UTC)
EVIDENCE = ("evidence", "evidence_ts", "evidence_by", "message", "diagnosis")
NO_EVIDENCE: dict[str, Any] = dict.fromkeys((*EVIDENCE, "state_since"))
NOBODY = 0
"""As a writer: every process then has been overtaken, also the one that wrote the row before."""


def columns(record: Any) -> dict[str, Any]:
    """A flat dataclass as a row. `asdict` would copy everything inside it too, which takes longer than storing it."""
    return {field.name: getattr(record, field.name) for field in fields(record)}
