"""`tests.servers.apps.records:app`: records over HTTP, several ways to sign in, every way to answer badly."""

import base64
import secrets
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers.apps import faults
from tests.servers.apps.presence import Presence

SECRET = "correct-horse"
BASIC = "Basic " + base64.b64encode(f"reader:{SECRET}".encode()).decode()
MAKERS = ("بوئینگ", "ایرباس", "توپولف", "هسا", "آنتونوف")
COUNT = 34


def plane(number: int) -> dict[str, Any]:
    """A record with Persian text, a fraction, dates, a nested object, a list and a null."""
    return {
        "id": number,
        "tail": f"EP-{number:03d}",
        "maker": MAKERS[number % len(MAKERS)],
        "seats": 100 + number,
        "load": number + 12.5,
        "built": str(date(2004, 5, 6) + timedelta(days=31 * number)),
        "checked_at": (datetime(2024, 3, 20, 8, 30, tzinfo=UTC) + timedelta(hours=number)).isoformat(),
        "in_service": number % 7 != 0,
        "engine": {"type": "توربوفن", "count": 2 + 2 * (number % 2)},
        "routes": ["تهران", "شیراز"][: 1 + number % 2],
        "retired": None,
    }


PLANES = tuple(plane(number) for number in range(1, COUNT + 1))


def planes(request: Request) -> Response:
    return JSONResponse(PLANES)


def wrapped(request: Request) -> Response:
    return JSONResponse({"count": COUNT, "items": PLANES})


def single(request: Request) -> Response:
    return JSONResponse(PLANES[0])


def echo(request: Request) -> Response:
    """What arrived; of repeated headers and parameters the last, and the query as it was written."""
    told = {"method": request.method, "path": request.url.path, "query_string": request.url.query}
    return JSONResponse(told | {"headers": dict(request.headers), "query": dict(request.query_params)})


def cookie(request: Request) -> Response:
    response = JSONResponse({"set": "sid"})
    response.set_cookie("sid", secrets.token_hex(8))
    return response


def cookies(request: Request) -> Response:
    return JSONResponse({"cookie": request.headers.get("cookie")})


def secure(request: Request) -> Response:
    """Planes for whoever has the secret, sent the way that the path names."""
    sent = {
        "basic": request.headers.get("authorization") == BASIC,
        "bearer": request.headers.get("authorization") == f"Bearer {SECRET}",
        "header": request.headers.get("x-api-key") == SECRET,
        "query": request.query_params.get("api_key") == SECRET,
    }
    if sent.get(request.path_params["way"], False):
        return JSONResponse(PLANES)
    return JSONResponse({"error": "unauthorized"}, 401, {"WWW-Authenticate": "Basic"})


def forbidden(request: Request) -> Response:
    return JSONResponse({"error": "forbidden"}, 403)


async def slow(request: Request) -> Response:
    """Waits `seconds`; a client that leaves ends the wait."""
    presence: Presence = request.app.state.presence
    await presence.wait(float(request.query_params.get("seconds", 1)), faults.until_left(request.receive))
    return JSONResponse({"waited": request.query_params.get("seconds", 1)})


def busy(request: Request) -> Response:
    return JSONResponse(request.app.state.presence.count)


def application() -> Starlette:
    own = [
        *(Route("/planes", planes), Route("/wrapped", wrapped), Route("/object", single), Route("/echo", echo)),
        *(Route("/echo/{rest:path}", echo), Route("/cookie", cookie), Route("/cookies", cookies)),
        *(Route("/secure/{way}", secure), Route("/forbidden", forbidden), Route("/slow", slow), Route("/busy", busy)),
    ]
    made = Starlette(routes=[*own, *faults.ROUTES])
    made.state.presence, made.state.hits = Presence(), Counter[str]()
    return made


app = application()
