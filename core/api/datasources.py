"""`/orgs/{org_id}/datasources…`: each route is one call of the service."""

import json
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.convertors import StringConvertor, register_url_convertor

from core.access.names import wrong
from core.api import etags, schemas, source_schemas
from core.api.body import json_object
from core.api.callers import answered
from core.api.context import Admin, Analyst, Editor, Viewer, runtime_of, source_id
from core.api.ladder import climbed
from core.api.ladder_schemas import TestOut
from core.api.language import words
from core.api.query import flag, integer, refuse_unknown, typed
from core.errors import PreconditionFailed
from core.models import Actor, Source, Status
from core.services.idempotency import KEY_MAX, Once
from core.services.inputs import parse_draft
from core.services.ping_all import PingAllJob

router = APIRouter(prefix="/orgs/{org_id}/datasources", tags=["datasources"])
NDJSON = "application/x-ndjson"
AHEAD = 1000
"""How many pings run ahead of a client that reads slowly."""
LIMIT = {"minimum": 1, "maximum": 500}
Asked = Annotated[str | None, Query()]
Verify = Annotated[
    str, Query(description="try a changed configuration first", json_schema_extra={"enum": ["true", "false"]})
]


class SourceId(StringConvertor):
    """All but the paths of our own beside it, on which a wrong method is 405 and no unknown source."""

    regex = "(?!(?:health|ping|test)$)[^/]+"


register_url_convertor("source", SourceId())


@router.get("")
async def list_sources(
    request: Request,
    org_id: str,
    actor: Viewer,
    kind: Asked = None,
    status: Annotated[str | None, Query(json_schema_extra={"enum": list(Status)})] = None,
    tag: Asked = None,
    q: Annotated[str | None, Query(description="words that the name, description, tags or configuration hold")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
    limit: Annotated[str, Query(description="sources in an answer", json_schema_extra=LIMIT)] = "100",
) -> source_schemas.PageOut:
    """Sources in the order of their creation, by pages."""
    runtime, wanted = runtime_of(request), {"kind": kind, "status": status, "tag": tag, "q": q, "cursor": cursor}
    page = await runtime.call(runtime.sources.list(actor, org_id, limit=integer("limit", limit), **wanted))
    return source_schemas.PageOut.of(page, words(request))


@router.post("", status_code=201)
async def create(request: Request, response: Response, org_id: str, actor: Editor) -> source_schemas.SourceOut:
    """Creates a source; its configuration is checked, encrypted and stored, but not tried.

    With an `Idempotency-Key` the same request gets the same answer for 24 hours, however often it comes.
    """
    body = await json_object(request)
    key, draft = _idempotency_key(request), parse_draft(body)
    runtime = runtime_of(request)
    source = await runtime.call(runtime.sources.create(actor, org_id, draft, once=Once(key, body) if key else None))
    response.headers["Location"] = f"{request.url.path}/{source.id}"
    return _shown(source, request, response)


@router.get("/health")
async def health(request: Request, org_id: str, actor: Viewer) -> schemas.HealthOut:
    """Counts by status and every source, from stored state: no source is touched."""
    runtime = runtime_of(request)
    return schemas.HealthOut.of(await runtime.call(runtime.sources.health(actor, org_id)), words(request))


@router.post("/test")
async def try_out(request: Request, org_id: str, actor: Editor) -> TestOut:
    """Tries `{kind, config, ds_id?}` without saving it: 200 whether it works or not, 422 when it is invalid."""
    body = await json_object(request)
    refuse_unknown(body, {"kind", "config", "ds_id"})
    kind, config = typed(body, "kind", str), typed(body, "config", dict)
    kept = source_id(typed(body, "ds_id", str)) if "ds_id" in body else None
    runtime = runtime_of(request)
    job = await runtime.call(runtime.sources.try_out(actor, org_id, kind, config, kept))
    await climbed(request, job)
    return TestOut.of(job.result(), words(request))


@router.post("/ping", response_class=StreamingResponse)
async def ping_all(request: Request, org_id: str, actor: Analyst) -> StreamingResponse:
    """Pings every source; a line of JSON an answer as it comes, then a summary. Hanging up stops the rest."""
    job = await runtime_of(request).call(runtime_of(request).sources.ping_all(actor, org_id, ahead=AHEAD))
    return StreamingResponse(_lines(request, job), media_type=NDJSON)


@router.get("/{ds_id:source}", response_model=source_schemas.SourceOut)
async def get(
    request: Request, response: Response, org_id: str, ds_id: str, actor: Viewer
) -> source_schemas.SourceOut | Response:
    """One source. With `If-None-Match` 304 while nothing of the answer has changed, its state included."""
    runtime = runtime_of(request)
    shown = _shown(await runtime.call(runtime.sources.get(actor, org_id, source_id(ds_id))), request, response)
    present = response.headers["ETag"]
    return Response(status_code=304, headers={"ETag": present}) if etags.is_known(request, present) else shown


@router.patch("/{ds_id:source}")
async def update(
    request: Request, response: Response, org_id: str, ds_id: str, actor: Editor, verify: Verify = "false"
) -> source_schemas.SourceOut:
    """A JSON merge patch. A secret left out or sent as `{"set": true}` is kept, `null` clears it.

    With `verify=true` a changed configuration is tried first and takes the old one's place only when it works; else
    422, `code: "unproven"`, with the step that failed, and the old one stays.
    """
    changes, first, key = await json_object(request), flag("verify", verify), source_id(ds_id)
    runtime, version = runtime_of(request), await _if_match(request, actor, org_id, key)
    source = await runtime.call(runtime.sources.update(actor, org_id, key, changes, if_version=version, verify=first))
    return _shown(source, request, response)


@router.delete("/{ds_id:source}", status_code=204)
async def delete(request: Request, org_id: str, ds_id: str, actor: Admin) -> Response:
    runtime, key = runtime_of(request), source_id(ds_id)
    version = await _if_match(request, actor, org_id, key)
    await runtime.call(runtime.sources.delete(actor, org_id, key, if_version=version))
    return Response(status_code=204)


@router.post("/{ds_id}/ping", response_model_exclude_none=True)
async def ping(request: Request, org_id: str, ds_id: str, actor: Analyst) -> schemas.PingOut:
    """One ping. A source that is down is an answer (200, `ok: false`); a refusal by the breaker is 503.

    Hanging up ends it.
    """
    runtime = runtime_of(request)
    result = await answered(request, runtime.sources.ping(actor, org_id, source_id(ds_id)))
    return schemas.PingOut.of(result, words(request))


@router.post("/{ds_id}/sample")
async def sample(request: Request, org_id: str, ds_id: str, actor: Analyst) -> schemas.SampleOut:
    """A bounded, read-only look at real data; `{"params": {…}}` as the kind takes them. Hanging up ends it."""
    body = await json_object(request)
    refuse_unknown(body, {"params"})
    params = typed(body, "params", dict)
    runtime = runtime_of(request)
    result = await answered(request, runtime.sources.sample(actor, org_id, source_id(ds_id), params))
    return schemas.SampleOut.of(result, words(request))


@router.get("/{ds_id}/metrics")
async def metrics(request: Request, org_id: str, ds_id: str, actor: Viewer) -> schemas.MetricsOut:
    """The seven figures."""
    runtime = runtime_of(request)
    return schemas.MetricsOut.of(await runtime.call(runtime.sources.metrics(actor, org_id, source_id(ds_id))))


@router.post("/{ds_id}/breaker")
async def set_breaker(
    request: Request, response: Response, org_id: str, ds_id: str, actor: Editor
) -> source_schemas.SourceOut:
    """`force_open` refuses every call and `disable` admits every one until `reset`; it is kept, with the reason."""
    order = await json_object(request)
    runtime = runtime_of(request)
    source = await runtime.call(runtime.sources.set_breaker(actor, org_id, source_id(ds_id), order))
    return _shown(source, request, response)


async def _lines(request: Request, job: PingAllJob) -> AsyncIterator[str]:
    speak, rows = words(request), runtime_of(request).stream(job.results())
    try:
        async for row in rows:
            yield _line(schemas.PingLine.of(row, speak))
        yield _line(schemas.PingSummary.of(job.view()))
    finally:
        await rows.aclose()


def _line(data: BaseModel) -> str:
    return json.dumps(data.model_dump(mode="json"), ensure_ascii=False) + "\n"


def _shown(source: Source, request: Request, response: Response) -> source_schemas.SourceOut:
    shown = source_schemas.SourceOut.of(source, words(request))
    response.headers["ETag"] = etags.tag(source.version, shown)
    return shown


async def _if_match(request: Request, actor: Actor, org_id: str, ds_id: UUID) -> int | None:
    """The version to change: of several that the caller would accept the present one. Raises PreconditionFailed."""
    versions = etags.wanted_versions(request)
    if versions is None or len(versions) == 1:
        return next(iter(versions or ()), None)
    runtime = runtime_of(request)
    present = (await runtime.call(runtime.sources.get(actor, org_id, ds_id))).version
    if present not in versions:
        raise PreconditionFailed("stale")
    return present


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= KEY_MAX:
        raise wrong("Idempotency-Key", "field.key_length", min=1, max=KEY_MAX)
    return key
