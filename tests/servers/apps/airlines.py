"""What both GraphQL servers serve, and how: the data, the sign-in, the count of slow answers."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.servers.apps.faults import until_left
from tests.servers.apps.presence import Presence

ACCEPTED = "Bearer correct-horse"
NAMES = ("هواپیمایی ایران", "ماهان", "آسمان", "کیش‌ایر", "قشم‌ایر", "زاگرس")
COUNT = 34


@dataclass(frozen=True)
class Plane:
    tail: str
    seats: int


@dataclass(frozen=True)
class Fleet:
    size: int
    planes: list[Plane]


@dataclass(frozen=True)
class Airline:
    carrier: str
    name: str
    founded: date
    fleet: Fleet


def airline(number: int) -> Airline:
    planes = [Plane(f"EP-{number:02d}{letter}", 100 + number) for letter in "ABC"[: number % 4]]
    name = f"{NAMES[number % len(NAMES)]} {number}"
    return Airline(f"{number:02d}", name, date(1962, 2, 24) + timedelta(days=400 * number), Fleet(len(planes), planes))


@dataclass
class Airlines:
    """By their carrier; `presence` counts the slow answers under way."""

    known: dict[str, Airline] = field(default_factory=lambda: {f"{n:02d}": airline(n) for n in range(1, COUNT + 1)})
    presence: Presence = field(default_factory=Presence)

    def rename(self, carrier: str, name: str) -> Airline | None:
        if carrier in self.known:
            self.known[carrier] = replace(self.known[carrier], name=name)
        return self.known.get(carrier)

    async def slow(self, receive: Receive, seconds: float) -> int:
        """Waits; a client that leaves ends the wait. The seconds, rounded."""
        await self.presence.wait(seconds, until_left(receive))
        return round(seconds)


class BearerToken:
    """No Authorization header is fine, the right one too, another is answered with 401."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and Request(scope).headers.get("authorization", ACCEPTED) != ACCEPTED:
            await JSONResponse({"error": "unauthorized"}, 401)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def application(airlines: Airlines, **endpoints: ASGIApp) -> Starlette:
    """The endpoints at the paths that are their names, and `/busy`."""

    def busy(request: Request) -> Response:
        return JSONResponse(airlines.presence.count)

    routes = [Route(f"/{name.replace('_', '-')}", endpoint) for name, endpoint in endpoints.items()]
    return Starlette(routes=[*routes, Route("/busy", busy)], middleware=[Middleware(BearerToken)])
