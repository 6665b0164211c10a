"""`POST /orgs/{org_id}/datasources/{ds_id}/diagnose`: the ladder, whole or rung by rung."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from core.api import ladder_schemas
from core.api.callers import gone_before
from core.api.context import Analyst, runtime_of, source_id
from core.api.language import words
from core.models import LadderView
from core.services.ladder_job import LadderJob

router = APIRouter(prefix="/orgs/{org_id}/datasources", tags=["datasources"])
NDJSON = "application/x-ndjson"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {NDJSON: {}}, "description": "With `Accept: application/x-ndjson` a line a rung, then a summary."}
}


@router.post("/{ds_id}/diagnose", response_model=ladder_schemas.LadderOut, responses=_ANSWERS)
async def diagnose(request: Request, org_id: str, ds_id: str, actor: Analyst) -> ladder_schemas.LadderOut | Response:
    """Climbs from the name of the host up to one row of data: 200 whether it holds or not; 429 when it comes too soon.

    Breaker and figures stay as they are. Hanging up ends it.
    """
    runtime = runtime_of(request)
    job = await runtime.call(runtime.sources.diagnose(actor, org_id, source_id(ds_id)))
    if NDJSON in request.headers.get("accept", ""):
        return StreamingResponse(_lines(request, job), media_type=NDJSON)
    return ladder_schemas.LadderOut.of(await climbed(request, job), words(request))


async def climbed(request: Request, job: LadderJob) -> LadderView:
    """The end of a climb, which ends early when the caller hangs up."""
    waiting = asyncio.ensure_future(runtime_of(request).call(job.wait()))
    try:
        if await gone_before(request, waiting):
            job.cancel()
        return await waiting
    finally:
        waiting.cancel()


async def _lines(request: Request, job: LadderJob) -> AsyncIterator[str]:
    speak, rungs = words(request), runtime_of(request).stream(job.results())
    try:
        async for check in rungs:
            yield _line(ladder_schemas.check_line(check, speak))
        yield _line(ladder_schemas.ladder_line(job.view(), speak))
    finally:
        await rungs.aclose()


def _line(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False) + "\n"
