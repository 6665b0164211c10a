"""The shapes of the answers of calls and figures: made from the services' values, in the reader's language."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from core.i18n import Translator
from core.models import (
    BreakerState,
    Diagnosis,
    Figures,
    HealthSummary,
    Message,
    PingAllView,
    PingResult,
    PingRow,
    SampleResult,
    Source,
    Status,
)
from core.values import json_value


class DiagnosisOut(BaseModel):
    code: str
    kind: str
    message: str
    advice: str
    fields: list[str]

    @classmethod
    def of(cls, diagnosis: Diagnosis, speak: Translator) -> "DiagnosisOut":
        message, advice = speak.message(diagnosis.message), speak.message(diagnosis.advice)
        return cls(
            code=diagnosis.code,
            kind=diagnosis.failure.value,
            message=message,
            advice=advice,
            fields=list(diagnosis.fields),
        )


class PingOut(BaseModel):
    ok: bool
    message: str
    latency_ms: float
    attempts: int
    state: BreakerState
    diagnosis: DiagnosisOut | None = None

    @classmethod
    def of(cls, result: PingResult, speak: Translator) -> "PingOut":
        return cls(
            ok=result.ok,
            message=speak.message(result.message),
            latency_ms=milliseconds(result.latency_ms),
            attempts=result.attempts,
            state=result.state,
            diagnosis=DiagnosisOut.of(result.diagnosis, speak) if result.diagnosis else None,
        )


class ColumnOut(BaseModel):
    name: str
    type: str


class SampleOut(BaseModel):
    columns: list[ColumnOut]
    rows: list[dict[str, Any]]
    row_count: int
    truncated: bool
    truncated_by: str | None
    bytes_read: int
    latency_ms: float
    executed: str
    notes: list[str]

    @classmethod
    def of(cls, result: SampleResult, speak: Translator) -> "SampleOut":
        sample = result.sample
        names = [column.name for column in sample.columns]
        rows = [dict(zip(names, map(json_value, row), strict=True)) for row in sample.rows]
        return cls(
            columns=[ColumnOut(name=column.name, type=column.type) for column in sample.columns],
            rows=rows,
            row_count=len(rows),
            truncated=sample.truncated_by is not None,
            truncated_by=sample.truncated_by,
            bytes_read=sample.bytes_read,
            latency_ms=milliseconds(result.latency_ms),
            executed=sample.executed,
            notes=[speak.message(note) for note in sample.notes],
        )


class MetricsOut(BaseModel):
    """Exactly the seven figures."""

    calls_total: int
    errors_total: int
    avg_latency_ms: float | None
    p95_ms: float | None
    last_ok_ts: datetime | None
    last_err_ts: datetime | None
    state: BreakerState

    @classmethod
    def of(cls, figures: Figures) -> "MetricsOut":
        return cls(
            calls_total=figures.calls_total,
            errors_total=figures.errors_total,
            avg_latency_ms=milliseconds(figures.avg_latency_ms),
            p95_ms=milliseconds(figures.p95_ms),
            last_ok_ts=figures.last_ok_ts,
            last_err_ts=figures.last_err_ts,
            state=figures.state,
        )


class HealthRow(BaseModel):
    id: UUID
    name: str
    kind: str
    status: Status
    state: BreakerState
    last_ok_ts: datetime | None
    last_err_ts: datetime | None
    avg_latency_ms: float | None
    p95_ms: float | None
    message: str | None

    @classmethod
    def of(cls, source: Source, speak: Translator) -> "HealthRow":
        figures = MetricsOut.of(source.figures).model_dump(exclude={"calls_total", "errors_total"})
        message = sentence(source.message, speak)
        return cls(id=source.id, name=source.name, kind=source.kind, status=source.status, message=message, **figures)


class HealthOut(BaseModel):
    org_id: str
    total: int
    healthy: int
    error: int
    unknown: int
    suspended: int
    datasources: list[HealthRow]

    @classmethod
    def of(cls, summary: HealthSummary, speak: Translator) -> "HealthOut":
        counts = {status.value: summary.counts[status] for status in Status}
        rows = [HealthRow.of(source, speak) for source in summary.sources]
        return cls(org_id=summary.org, total=len(rows), datasources=rows, **counts)


class PingLine(BaseModel):
    """A line of the ping-all stream."""

    type: Literal["result"] = "result"
    id: UUID
    name: str
    ok: bool
    message: str
    status: Status
    state: BreakerState
    latency_ms: float | None

    @classmethod
    def of(cls, row: PingRow, speak: Translator) -> "PingLine":
        return cls(
            id=row.id,
            name=row.name,
            ok=row.ok,
            message=speak.message(row.message),
            status=row.status,
            state=row.state,
            latency_ms=milliseconds(row.latency_ms),
        )


class PingSummary(BaseModel):
    """The last line of the ping-all stream."""

    type: Literal["summary"] = "summary"
    total: int
    ok: int
    failed: int
    suspended: int
    elapsed_ms: float

    @classmethod
    def of(cls, view: PingAllView) -> "PingSummary":
        return cls(
            total=view.total,
            ok=view.ok,
            failed=view.failed,
            suspended=view.suspended,
            elapsed_ms=milliseconds(view.elapsed_ms),
        )


def sentence(message: Message | None, speak: Translator) -> str | None:
    return None if message is None else speak.message(message)


def milliseconds(value: float | None) -> Any:
    """Rounded to a microsecond: what lies below is noise."""
    return None if value is None else round(value, 3)
