"""`/orgs/{org_id}/datasources/{ds_id}/history`: what was."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from core.api.context import Viewer, runtime_of, source_id
from core.api.history_schemas import HistoryOut, asked

router = APIRouter(prefix="/orgs/{org_id}/datasources", tags=["datasources"])
MOMENT = {"format": "date-time"}
From = Annotated[
    str | None, Query(alias="from", description="RFC 3339; the last 24 hours without it", json_schema_extra=MOMENT)
]
To = Annotated[str | None, Query(alias="to", description="RFC 3339; now without it", json_schema_extra=MOMENT)]
Step = Annotated[
    str | None, Query(description="`5m`, `1h`, `1d` or seconds, up to a multiple of 300; by the range without it")
]


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
