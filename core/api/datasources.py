"""`/orgs/{org_id}/datasources…`: each route is one call of the service."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from core.api import schemas
from core.api.body import json_object
from core.api.context import Admin, Analyst, Editor, Viewer, runtime_of, source_id
from core.api.ladder import climbed
from core.api.ladder_schemas import TestOut
from core.api.language import words
from core.errors import InvalidInput, PreconditionFailed
from core.models import FieldError, Message, Source
from core.services.inputs import parse_draft
from core.services.ping_all import PingAllJob

router = APIRouter(prefix="/orgs/{org_id}/datasources", tags=["datasources"])
NDJSON = "application/x-ndjson"
Verify = Annotated[
    str, Query(description="try a changed configuration first", json_schema_extra={"enum": ["true", "false"]})
]


@router.get("")
async def list_sources(request: Request, org_id: str, actor: Viewer) -> schemas.PageOut:
    """Sources, filtered by `kind`, `status`, `tag` and words `q`; at most `limit` (1 … 500) from `cursor` on."""
    query = dict(request.query_params)
    limit = _integer("limit", query.pop("limit", "100"))
    wanted = {name: query.get(name) for name in ("kind", "status", "tag", "q", "cursor")}
    runtime = runtime_of(request)
    page = await runtime.call(runtime.sources.list(actor, org_id, limit=limit, **wanted))
    return schemas.PageOut.of(page, words(request))


@router.post("", status_code=201)
async def create(request: Request, response: Response, org_id: str, actor: Editor) -> schemas.SourceOut:
    """Creates a source; its configuration is checked, encrypted and stored, but not tried."""
    draft = parse_draft(await json_object(request))
    runtime = runtime_of(request)
    source = await runtime.call(runtime.sources.create(actor, org_id, draft))
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
    _refuse_unknown(body, {"kind", "config", "ds_id"})
    kind, config = _typed(body, "kind", str), _typed(body, "config", dict)
    kept = source_id(_typed(body, "ds_id", str)) if "ds_id" in body else None
    runtime = runtime_of(request)
    job = await runtime.call(runtime.sources.try_out(actor, org_id, kind, config, kept))
    await climbed(request, job)
    return TestOut.of(job.result(), words(request))


@router.post("/ping", response_class=StreamingResponse)
async def ping_all(request: Request, org_id: str, actor: Analyst) -> StreamingResponse:
    """Pings every source; a line of JSON an answer as it comes, then a summary. Hanging up stops the rest."""
    job = await runtime_of(request).call(runtime_of(request).sources.ping_all(actor, org_id))
    return StreamingResponse(_lines(request, job), media_type=NDJSON)


@router.get("/{ds_id}")
async def get(request: Request, response: Response, org_id: str, ds_id: str, actor: Viewer) -> schemas.SourceOut:
    runtime = runtime_of(request)
    source = await runtime.call(runtime.sources.get(actor, org_id, source_id(ds_id)))
    return _shown(source, request, response)


@router.patch("/{ds_id}")
async def update(
    request: Request, response: Response, org_id: str, ds_id: str, actor: Editor, verify: Verify = "false"
) -> schemas.SourceOut:
    """A JSON merge patch. A secret left out or sent as `{"set": true}` is kept, `null` clears it.

    With `verify=true` a changed configuration is tried first and takes the old one's place only when it works; else
    422, `code: "unproven"`, with the step that failed, and the old one stays.
    """
    changes, first = await json_object(request), _flag("verify", verify)
    runtime, version, uid = runtime_of(request), _if_match(request), source_id(ds_id)
    source = await runtime.call(runtime.sources.update(actor, org_id, uid, changes, if_version=version, verify=first))
    return _shown(source, request, response)


@router.delete("/{ds_id}", status_code=204)
async def delete(request: Request, org_id: str, ds_id: str, actor: Admin) -> Response:
    runtime = runtime_of(request)
    await runtime.call(runtime.sources.delete(actor, org_id, source_id(ds_id), if_version=_if_match(request)))
    return Response(status_code=204)


@router.post("/{ds_id}/ping", response_model_exclude_none=True)
async def ping(request: Request, org_id: str, ds_id: str, actor: Analyst) -> schemas.PingOut:
    """One ping. A source that is down is an answer (200, `ok: false`); a refusal by the breaker is 503."""
    runtime = runtime_of(request)
    result = await runtime.call(runtime.sources.ping(actor, org_id, source_id(ds_id)))
    return schemas.PingOut.of(result, words(request))


@router.post("/{ds_id}/sample")
async def sample(request: Request, org_id: str, ds_id: str, actor: Analyst) -> schemas.SampleOut:
    """A bounded, read-only look at real data; `{"params": {…}}` as the kind takes them."""
    body = await json_object(request)
    _refuse_unknown(body, {"params"})
    params = _typed(body, "params", dict)
    runtime = runtime_of(request)
    result = await runtime.call(runtime.sources.sample(actor, org_id, source_id(ds_id), params))
    return schemas.SampleOut.of(result, words(request))


@router.get("/{ds_id}/metrics")
async def metrics(request: Request, org_id: str, ds_id: str, actor: Viewer) -> schemas.MetricsOut:
    """The seven figures."""
    runtime = runtime_of(request)
    return schemas.MetricsOut.of(await runtime.call(runtime.sources.metrics(actor, org_id, source_id(ds_id))))


@router.post("/{ds_id}/breaker")
async def set_breaker(
    request: Request, response: Response, org_id: str, ds_id: str, actor: Editor
) -> schemas.SourceOut:
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


def _shown(source: Source, request: Request, response: Response) -> schemas.SourceOut:
    response.headers["ETag"] = f'"{source.version}"'
    return schemas.SourceOut.of(source, words(request))


def _if_match(request: Request) -> int | None:
    """The version that the caller saw. Raises PreconditionFailed for a tag that no version of ours has."""
    tag = request.headers.get("if-match")
    if tag is None or tag == "*":
        return None
    digits = tag.strip().strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise PreconditionFailed("stale")
    return int(digits)


def _integer(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _wrong(name, "field.int_parsing")
    return int(text)


def _flag(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise _wrong(name, "field.bool_type")
    return text == "true"


def _typed(body: dict[str, Any], name: str, kind: type[Any]) -> Any:
    if name not in body:
        raise _wrong(name, "field.missing")
    if not isinstance(body[name], kind):
        raise _wrong(name, f"field.{kind.__name__.replace('str', 'string')}_type")
    return body[name]


def _refuse_unknown(body: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(body.keys() - known)
    if unknown:
        raise InvalidInput(fields=tuple(FieldError(name[:100], Message("field.extra_forbidden")) for name in unknown))


def _wrong(name: str, key: str) -> InvalidInput:
    return InvalidInput(fields=(FieldError(name, Message(key)),))
