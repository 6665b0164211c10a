"""The shapes of a source's history, and of the question for it."""

from datetime import datetime

from pydantic import BaseModel, Field

from core.api.schemas import milliseconds
from core.models import History, HistoryPoint
from core.services.spans import parse_moment, parse_step


class BucketOut(BaseModel):
    """One stretch, from `ts` on. Latencies are milliseconds, null without a call."""

    ts: datetime
    calls: int
    errors: int
    rejected: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    avg_ms: float | None

    @classmethod
    def of(cls, point: HistoryPoint) -> "BucketOut":
        latencies = {name: milliseconds(getattr(point, name)) for name in ("p50_ms", "p95_ms", "p99_ms", "avg_ms")}
        return cls(ts=point.ts, calls=point.calls, errors=point.errors, rejected=point.rejected, **latencies)


class HistoryOut(BaseModel):
    """Every stretch of `from` … `to`, empty ones too."""

    since: datetime = Field(serialization_alias="from")
    until: datetime = Field(serialization_alias="to")
    step_s: int
    buckets: list[BucketOut]

    @classmethod
    def of(cls, history: History) -> "HistoryOut":
        buckets = [BucketOut.of(point) for point in history.buckets]
        return cls(since=history.since, until=history.until, step_s=history.step_s, buckets=buckets)


def asked(
    since: str | None, until: str | None, step: str | None
) -> tuple[datetime | None, datetime | None, int | None]:
    """What was written, as the service takes it. Raises InvalidInput naming `from`, `to` or `step`."""
    begin = None if since is None else parse_moment("from", since)
    end = None if until is None else parse_moment("to", until)
    return begin, end, None if step is None else parse_step(step)
