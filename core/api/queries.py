"""`/orgs/{org_id}/queries…` and `/orgs/{org_id}/policy`: saved queries, and which samples may run."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from core.access.names import wrong
from core.api import schemas
from core.api.body import json_object
from core.api.callers import answered
from core.api.context import BODY_MAX, ActorOf, Admin, Analyst, Viewer, declared_length, runtime_of, source_id
from core.api.language import words
from core.api.query import integer, refuse_unknown, typed
from core.errors import BodyTooLarge
from core.models import Actor, QueryStatus, Role, SamplePolicy, SavedQuery

router = APIRouter(prefix="/orgs/{org_id}", tags=["queries"])
OfSource = Annotated[str | None, Query(description="only those of this source", json_schema_extra={"format": "uuid"})]
Version = Annotated[str | None, Query(description="412 when it is no longer that version")]


class QueryOut(BaseModel):
    """In `params` the value of a parameter stands as `{"$param": NAME}`; `parameters` names their types."""

    id: UUID
    name: str
    source_id: UUID
    source_name: str
    kind: str
    params: dict[str, Any]
    parameters: dict[str, str]
    shared: bool
    owner: str
    status: QueryStatus
    requested_by: str | None
    requested_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, query: SavedQuery) -> "QueryOut":
        return cls(**{name: getattr(query, name) for name in cls.model_fields})


class QueriesOut(BaseModel):
    """Approved ones first, then by name."""

    items: list[QueryOut]


class PolicyOut(BaseModel):
    """Which samples the organisation lets run."""

    samples: SamplePolicy


class AllowedQuery:
    """Dependency: 401, then 404, then 403, before anything of the request is judged. Gives the actor."""

    def __init__(self, role: Role, *, to_change: bool = False) -> None:
        self._role, self._to_change = role, to_change

    async def __call__(self, request: Request, org_id: str, query_id: str, actor: ActorOf) -> Actor:
        runtime, key = runtime_of(request), source_id(query_id)
        await runtime.call(runtime.queries.authorise(actor, org_id, self._role, key, to_change=self._to_change))
        if declared_length(request) > BODY_MAX:
            raise BodyTooLarge(limit=BODY_MAX)
        return actor


Reads = Annotated[Actor, Depends(AllowedQuery(Role.ANALYST))]
Changes = Annotated[Actor, Depends(AllowedQuery(Role.ANALYST, to_change=True))]
Decides = Annotated[Actor, Depends(AllowedQuery(Role.ADMIN))]


@router.get("/queries")
async def list_queries(request: Request, org_id: str, actor: Analyst, ds_id: OfSource = None) -> QueriesOut:
    """One's own and the shared ones; for administrators also those that wait for approval."""
    runtime, of_source = runtime_of(request), None if ds_id is None else _uuid("ds_id", ds_id)
    found = await runtime.call(runtime.queries.list(actor, org_id, of_source))
    return QueriesOut(items=[QueryOut.of(query) for query in found])


@router.post("/queries", status_code=201)
async def save_query(request: Request, response: Response, org_id: str, actor: Analyst) -> QueryOut:
    """Saves the parameters of a sample under a name; they are checked, but not run."""
    body = await json_object(request)
    runtime = runtime_of(request)
    query = await runtime.call(runtime.queries.save(actor, org_id, body))
    response.headers["Location"] = f"{request.url.path}/{query.id}"
    return QueryOut.of(query)


@router.get("/queries/{query_id}")
async def get_query(request: Request, org_id: str, query_id: str, actor: Reads) -> QueryOut:
    """One saved query."""
    runtime = runtime_of(request)
    return QueryOut.of(await runtime.call(runtime.queries.get(actor, org_id, source_id(query_id))))


@router.patch("/queries/{query_id}")
async def update_query(request: Request, org_id: str, query_id: str, actor: Changes) -> QueryOut:
    """A JSON merge patch, by its owner or an administrator; `params` and `parameters` are each replaced whole.

    Another text or type makes it a draft again.
    """
    changes, runtime = await json_object(request), runtime_of(request)
    return QueryOut.of(await runtime.call(runtime.queries.update(actor, org_id, source_id(query_id), changes)))


@router.delete("/queries/{query_id}", status_code=204)
async def delete_query(request: Request, org_id: str, query_id: str, actor: Changes) -> Response:
    """By its owner or an administrator."""
    runtime = runtime_of(request)
    await runtime.call(runtime.queries.delete(actor, org_id, source_id(query_id)))
    return Response(status_code=204)


@router.post("/queries/{query_id}/request")
async def request_approval(request: Request, org_id: str, query_id: str, actor: Reads) -> QueryOut:
    """Asks the administrators to approve it."""
    runtime = runtime_of(request)
    return QueryOut.of(await runtime.call(runtime.queries.request(actor, org_id, source_id(query_id))))


@router.post("/queries/{query_id}/approve")
async def approve_query(
    request: Request, org_id: str, query_id: str, actor: Decides, version: Version = None
) -> QueryOut:
    """Lets it run under `approved_only`: this text, with any value of its parameters' types."""
    runtime, seen = runtime_of(request), None if version is None else integer("version", version)
    return QueryOut.of(await runtime.call(runtime.queries.approve(actor, org_id, source_id(query_id), seen)))


@router.post("/queries/{query_id}/revoke")
async def revoke_query(request: Request, org_id: str, query_id: str, actor: Decides) -> QueryOut:
    """Takes an approval back, or turns a request down."""
    runtime = runtime_of(request)
    return QueryOut.of(await runtime.call(runtime.queries.revoke(actor, org_id, source_id(query_id))))


@router.post("/queries/{query_id}/run")
async def run_query(request: Request, org_id: str, query_id: str, actor: Reads) -> schemas.SampleOut:
    """The sample that it is with `{"parameters": {…}}`."""
    body = await json_object(request)
    refuse_unknown(body, {"parameters"})
    given: Mapping[str, Any] = typed({"parameters": {}, **body}, "parameters", dict)
    runtime = runtime_of(request)
    query, params = await runtime.call(runtime.queries.filled(actor, org_id, source_id(query_id), given))
    result = await answered(request, runtime.sources.sample(actor, org_id, query.source_id, params))
    return schemas.SampleOut.of(result, words(request))


@router.get("/policy")
async def policy(request: Request, org_id: str, actor: Viewer) -> PolicyOut:
    """Which samples the organisation lets run."""
    runtime = runtime_of(request)
    return PolicyOut(samples=await runtime.call(runtime.queries.policy(actor, org_id)))


@router.put("/policy")
async def set_policy(request: Request, org_id: str, actor: Admin) -> PolicyOut:
    """`open`: every sample that is safe; `approved_only`: of these only what an administrator approved."""
    body = await json_object(request)
    refuse_unknown(body, {"samples"})
    runtime, wanted = runtime_of(request), typed(body, "samples", str)
    return PolicyOut(samples=await runtime.call(runtime.queries.set_policy(actor, org_id, wanted)))


def _uuid(name: str, text: str) -> UUID:
    """Raises InvalidInput."""
    try:
        return UUID(text)
    except ValueError:
        raise wrong(name, "field.uuid_parsing") from None
