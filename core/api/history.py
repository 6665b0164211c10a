"""`/orgs/{org_id}/datasources/{ds_id}/history`: what was."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from core.api.context import Viewer, runtime_of, source_id
from core.api.schemas import milliseconds
from core.models import History, HistoryPoint
from core.services.spans import parse_moment, parse_step

router = APIRouter(prefix="/orgs/{org_id}/datasources", tags=["datasources"])
MOMENT = {"format": "date-time"}
From = Annotated[
    str | None, Query(alias="from", description="RFC 3339; the last 24 hours without it", json_schema_extra=MOMENT)
]
To = Annotated[str | None, Query(alias="to", description="RFC 3339; now without it", json_schema_extra=MOMENT)]
Step = Annotated[
    str | None, Query(description="`5m`, `1h`, `1d` or seconds (a multiple of 300); by the range without it")
]


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


@router.get("/{ds_id}/history")
async def history(
    request: Request, org_id: str, ds_id: str, actor: Viewer, since: From = None, until: To = None, step: Step = None
) -> HistoryOut:
    """Calls and latencies over time. Both ends are moved to whole steps, and the answer says to which.

    What is no longer kept as finely as `step` asks, or would be more than 2,000 stretches, comes coarser; a range of
    more than two years is cut off at its beginning.
    """
    runtime, ends = runtime_of(request), asked(since, until, step)
    return HistoryOut.of(await runtime.call(runtime.history.of_source(actor, org_id, source_id(ds_id), *ends)))


def asked(
    since: str | None, until: str | None, step: str | None
) -> tuple[datetime | None, datetime | None, int | None]:
    """What was written, as the service takes it. Raises InvalidInput naming `from`, `to` or `step`."""
    begin = None if since is None else parse_moment("from", since)
    end = None if until is None else parse_moment("to", until)
    return begin, end, None if step is None else parse_step(step)
