"""`/orgs/{org_id}/audit`: who did what."""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from core.api.context import Admin, runtime_of
from core.api.query import integer
from core.models import AuditLine, AuditPage
from core.services.spans import parse_moment
from core.spreadsheet import Cell, written

CSV = "text/csv"
MOMENT = {"format": "date-time"}
COLUMNS = ("ts", "actor", "address", "action", "target", "target_id", "before", "after")

router = APIRouter(prefix="/orgs/{org_id}", tags=["audit"])
Since = Annotated[str | None, Query(description="RFC 3339; from this moment on", json_schema_extra=MOMENT)]
Until = Annotated[str | None, Query(description="RFC 3339; before this moment", json_schema_extra=MOMENT)]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]
Limit = Annotated[str, Query(description="lines in an answer", json_schema_extra={"minimum": 1, "maximum": 1000})]


class LineOut(BaseModel):
    """`address` is null for the command line; `before` and `after` hold what changed, and no secret."""

    ts: datetime
    actor: str
    address: str | None
    action: str
    target: str
    target_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @classmethod
    def of(cls, line: AuditLine) -> "LineOut":
        return cls(**{name: getattr(line, name) for name in COLUMNS})

    def cells(self) -> list[Cell]:
        return [_cell(getattr(self, name)) for name in COLUMNS]


class AuditOut(BaseModel):
    """Newest first."""

    items: list[LineOut]
    next_cursor: str | None

    @classmethod
    def of(cls, page: AuditPage) -> "AuditOut":
        return cls(items=[LineOut.of(line) for line in page.items], next_cursor=page.next_cursor)


@router.get("/audit", response_model=AuditOut, responses={200: {"content": {CSV: {}}}})
async def audit(
    request: Request,
    org_id: str,
    actor: Admin,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = "100",
) -> AuditOut | Response:
    """Every change, and every look at data, newest first; with `Accept: text/csv` as a table for spreadsheets.

    Of a table the next page's cursor is in the `Link` header.
    """
    begin = None if since is None else parse_moment("since", since)
    end = None if until is None else parse_moment("until", until)
    runtime, wanted = runtime_of(request), integer("limit", limit)
    page = AuditOut.of(
        await runtime.call(runtime.audit.lines(actor, org_id, since=begin, until=end, cursor=cursor, limit=wanted))
    )
    return _table(request, page) if CSV in request.headers.get("accept", "") else page


def _table(request: Request, page: AuditOut) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "Vary": "Accept"}
    if page.next_cursor:
        following = request.url.include_query_params(cursor=page.next_cursor)
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    return Response(written(COLUMNS, [line.cells() for line in page.items]), 200, headers, CSV)


def _cell(value: Any) -> Cell:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
