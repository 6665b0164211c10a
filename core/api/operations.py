"""What each operation of the interface may answer, and what else its document says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from core.services.idempotency import KEY_MAX

Schema = dict[str, Any]
PROBLEM = "application/problem+json"
NDJSON, CSV = "application/x-ndjson", "text/csv"
SOURCES = "/orgs/{org_id}/datasources"
ONE = f"{SOURCES}/{{ds_id}}"
QUERIES = "/orgs/{org_id}/queries"
ONE_QUERY = f"{QUERIES}/{{query_id}}"
POLICY = "/orgs/{org_id}/policy"

TEXT: Schema = {"type": "string"}
ETAG = {"ETag": {"description": '`"VERSION-ANSWER"`: which version, and which answer, this is', "schema": TEXT}}
LOCATION = {"Location": {"description": "the path of what was made", "schema": TEXT}}
NEXT = {"Link": {"description": "of a table: where the next page is", "schema": TEXT}}

ANYWHERE = (400,)
IN_AN_ORGANISATION = (400, 401, 404, 413, 429, 503)
WITH_A_ROLE = (*IN_AN_ORGANISATION, 403)
WITH_A_BODY = (*WITH_A_ROLE, 408, 422)
FROM_A_SOURCE = (422, 502, 504)
OWNER = "analyst who saved it, or admin"

MEANINGS = {
    304: "What `If-None-Match` names is still the answer.",
    400: "No request that can be read: malformed JSON, a foreign `Host`, too many headers.",
    401: "No token, or none that is valid.",
    403: "The role is too small, the scope is missing, or a write with the cookie came from another site.",
    404: "Nothing there, or nothing that you may see: both look the same.",
    408: "The body did not arrive in time.",
    409: "The name is taken, or the `Idempotency-Key` came with another request before.",
    412: "Somebody changed it since the version that `If-Match` or `version` names.",
    413: "More than 1 MiB.",
    422: "`errors` names each field that is refused; or the source, or a rule of safety or egress, said no.",
    429: "Too many requests, or too many calls of the source under way; `Retry-After` says how long to wait.",
    502: "The source cannot be reached, or does not answer as its kind should.",
    503: "The breaker refuses (`circuit_open`, with its `state`), or the dashboard's own database is away.",
    504: "The source did not answer in time.",
}


def _header(name: str, description: str, **schema: Any) -> Schema:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": TEXT | schema}


IF_MATCH = _header("If-Match", "the `ETag` of what is to be changed; 412 when it is no longer that version")
IF_NONE_MATCH = _header("If-None-Match", "the `ETag` of an answer that is known; 304 while it still holds")
IDEMPOTENCY_KEY = _header(
    "Idempotency-Key", "any text, once a request: repeating it within 24 h gives the first answer", minLength=1
) | {"schema": {"type": "string", "minLength": 1, "maxLength": KEY_MAX}}


@dataclass(frozen=True, slots=True)
class Operation:
    """`errors` are statuses of problems; `parameters` come beside those of the path and the query."""

    id: str
    errors: tuple[int, ...]
    parameters: tuple[Schema, ...] = ()
    headers: Mapping[str, Schema] = field(default_factory=dict)
    content: Mapping[str, Schema] = field(default_factory=dict)
    """Other forms of the good answer."""
    role: str | None = None


def _lines(what: str) -> dict[str, Schema]:
    return {NDJSON: {"schema": TEXT | {"description": what}}}


PING_LINES = _lines("a `PingLine` a line, the last one a `PingSummary`")
LADDER_LINES = _lines('a line a rung, then `{"type": "summary", "ok", "changes"}`')

OPERATIONS: dict[tuple[str, str], Operation] = {
    ("get", "/healthz"): Operation("healthz", ANYWHERE),
    ("get", "/readyz"): Operation("readyz", (*ANYWHERE, 503)),
    ("get", "/metrics"): Operation("exposition", (400, 401, 403, 429, 503), role="scope `metrics`"),
    ("get", SOURCES): Operation("list_sources", (*IN_AN_ORGANISATION, 422), role="viewer"),
    ("post", SOURCES): Operation(
        "create_source", (*WITH_A_BODY, 409), (IDEMPOTENCY_KEY,), {**ETAG, **LOCATION}, role="editor"
    ),
    ("get", f"{SOURCES}/health"): Operation("health", IN_AN_ORGANISATION, role="viewer"),
    ("post", f"{SOURCES}/test"): Operation("test_configuration", WITH_A_BODY, role="editor"),
    ("post", f"{SOURCES}/ping"): Operation("ping_all", WITH_A_ROLE, content=PING_LINES, role="analyst"),
    ("get", ONE): Operation("get_source", (*IN_AN_ORGANISATION, 304), (IF_NONE_MATCH,), ETAG, role="viewer"),
    ("patch", ONE): Operation("update_source", (*WITH_A_BODY, 409, 412), (IF_MATCH,), ETAG, role="editor"),
    ("delete", ONE): Operation("delete_source", (*WITH_A_ROLE, 412), (IF_MATCH,), role="admin"),
    ("post", f"{ONE}/ping"): Operation("ping_source", (*WITH_A_ROLE, 422), role="analyst"),
    ("post", f"{ONE}/sample"): Operation("sample_source", (*WITH_A_BODY, *FROM_A_SOURCE), role="analyst"),
    ("post", f"{ONE}/diagnose"): Operation("diagnose_source", WITH_A_ROLE, content=LADDER_LINES, role="analyst"),
    ("get", f"{ONE}/catalog"): Operation("catalog", (*WITH_A_ROLE, *FROM_A_SOURCE), role="analyst"),
    ("get", f"{ONE}/metrics"): Operation("metrics", IN_AN_ORGANISATION, role="viewer"),
    ("get", f"{ONE}/history"): Operation("history", (*IN_AN_ORGANISATION, 422), role="viewer"),
    ("post", f"{ONE}/breaker"): Operation("set_breaker", WITH_A_BODY, headers=ETAG, role="editor"),
    ("get", QUERIES): Operation("list_queries", (*WITH_A_ROLE, 422), role="analyst"),
    ("post", QUERIES): Operation("save_query", (*WITH_A_BODY, 409), headers=LOCATION, role="analyst"),
    ("get", ONE_QUERY): Operation("get_query", WITH_A_ROLE, role="analyst"),
    ("patch", ONE_QUERY): Operation("update_query", (*WITH_A_BODY, 409, 412), role=OWNER),
    ("delete", ONE_QUERY): Operation("delete_query", WITH_A_ROLE, role=OWNER),
    ("post", f"{ONE_QUERY}/request"): Operation("request_approval", (*WITH_A_ROLE, 409, 412), role="analyst"),
    ("post", f"{ONE_QUERY}/approve"): Operation("approve_query", (*WITH_A_ROLE, 412, 422), role="admin"),
    ("post", f"{ONE_QUERY}/revoke"): Operation("revoke_query", (*WITH_A_ROLE, 412), role="admin"),
    ("post", f"{ONE_QUERY}/run"): Operation("run_query", (*WITH_A_BODY, *FROM_A_SOURCE), role="analyst"),
    ("get", POLICY): Operation("get_policy", IN_AN_ORGANISATION, role="viewer"),
    ("put", POLICY): Operation("set_policy", WITH_A_BODY, role="admin"),
    ("get", "/orgs/{org_id}/audit"): Operation(
        "audit", (*WITH_A_ROLE, 422), headers=NEXT, content={CSV: {"schema": TEXT}}, role="admin"
    ),
}


def component_responses() -> dict[str, Schema]:
    """One a status, for every operation to refer to."""
    return {str(status): _response(status, meaning) for status, meaning in MEANINGS.items()}


def _response(status: int, meaning: str) -> Schema:
    if status == HTTPStatus.NOT_MODIFIED:
        return {"description": meaning, "headers": ETAG}
    schema = {"$ref": "#/components/schemas/Problem"}
    answer: Schema = {"description": meaning, "content": {PROBLEM: {"schema": schema}}}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        wait = {"description": "whole seconds", "schema": {"type": "integer", "minimum": 1}}
        answer["headers"] = {"Retry-After": wait}
    if status == HTTPStatus.UNAUTHORIZED:
        answer["headers"] = {"WWW-Authenticate": {"schema": TEXT}}
    return answer


def problem_schema() -> Schema:
    """RFC 9457, and what codes need beside it."""
    plain = dict.fromkeys(("type", "title", "detail", "code", "instance"), TEXT)
    wrong = {"type": "object", "required": ["field", "message"], "properties": {"field": TEXT, "message": TEXT}}
    properties: Schema = {
        **plain,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "advice": TEXT | {"description": "what to do, where there is more to say than the detail does"},
        "errors": {"type": "array", "items": wrong, "description": "of 422: each refused field, dotted"},
        "rule": TEXT | {"description": "of query_refused: the safety rule that said no"},
        "part": TEXT
        | {"description": "of query_refused: the piece of the request that the rule means, if there is one"},
        "retry_after_s": {"type": "integer", "minimum": 1},
        "state": {"enum": ["closed", "open", "half_open", "forced_open", "disabled"]},
    }
    return {"type": "object", "required": [*plain, "status"], "properties": properties, "additionalProperties": False}
