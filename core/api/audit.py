"""`/orgs/{org_id}/audit`: who did what."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from core.api.audit_schemas import COLUMNS, AuditOut
from core.api.context import Admin, runtime_of
from core.api.query import integer
from core.services.spans import parse_moment
from core.spreadsheet import written

CSV = "text/csv"
MOMENT = {"format": "date-time"}

router = APIRouter(prefix="/orgs/{org_id}", tags=["audit"])
Since = Annotated[str | None, Query(description="RFC 3339; from this moment on", json_schema_extra=MOMENT)]
Until = Annotated[str | None, Query(description="RFC 3339; before this moment", json_schema_extra=MOMENT)]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]
Limit = Annotated[str, Query(description="lines in an answer", json_schema_extra={"minimum": 1, "maximum": 1000})]


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
