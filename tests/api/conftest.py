"""The HTTP interface behind a real server on a real port; each test has an organisation of its own there."""

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from core.api.interface import Interface
from core.models import Role
from tests.fakes import FakeClock, OtherEnd
from tests.people import add_organisation, add_token
from tests.services.assembly import Product, product

START_LIMIT_S = 30
LIMIT_S = 60
NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Served:
    """A product and where it is reached. `http` keeps connections but no cookies."""

    product: Product
    url: str
    http: requests.Session

    def wait_until(self, done: Callable[[], bool]) -> None:
        _wait_until(done)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("data")) as everybodys:
        yield everybodys


@contextmanager
def serving(
    data_dir: Path, configured: Callable[[str], dict[str, str]] = lambda url: {}, **options: Any
) -> Iterator[Served]:
    """A product on a port of the kernel's. `options` are those of `product`, and `configured` gives further settings
    for the address that it is reached at."""
    # asyncio switches Nagle's waiting off only for a socket that says it is TCP, which `create_server` makes none do.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener, requests.Session() as http:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        http.trust_env = False
        http.cookies.set_policy(_NoCookies())
        with product(data_dir, port, **configured(url), **options) as made:
            config = uvicorn.Config(
                _application(made), log_config=None, lifespan="off", ws="websockets-sansio", proxy_headers=False
            )
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                _wait_until(lambda: server.started)
                yield Served(made, url, http)
            finally:
                server.should_exit = True
                thread.join()


class _NoCookies(requests.cookies.cookielib.DefaultCookiePolicy):  # type: ignore[name-defined,misc]  # untyped there
    def set_ok(self, cookie: Any, request: Any) -> bool:
        return False


def _application(made: Product) -> Starlette:
    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse("a page")

    interface = Interface()
    interface.attach(made.runtime)

    async def socket_of_page(opened: WebSocket) -> None:
        await opened.accept()
        await opened.close()

    routes = [*interface.routes(), Route("/{path:path}", page), WebSocketRoute("/{path:path}", socket_of_page)]
    return Starlette(routes=routes, middleware=interface.middleware())


def _wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + START_LIMIT_S
    while not done():
        assert time.monotonic() < end, "what was waited for did not happen"
        time.sleep(0.01)


@dataclass
class Org:
    """One organisation and a token of each role in it."""

    served: Served
    slug: str
    tokens: dict[Role, str] = field(repr=False)
    language: str = "en"

    def call(self, method: str, path: str = "", role: Role | None = Role.ADMIN, **options: Any) -> requests.Response:
        """`path` is below `/orgs/SLUG/datasources`, or anywhere when it starts with `/`."""
        url = path if path.startswith("/") else f"/orgs/{self.slug}/datasources{path and '/'}{path}"
        headers = {"Accept-Language": self.language, **options.pop("headers", {})}
        if role is not None:
            headers.setdefault("Authorization", f"Bearer {self.tokens[role]}")
        options = {"timeout": LIMIT_S, "allow_redirects": False, **options}
        return self.served.http.request(method, self.served.url + url, headers=headers, **options)

    def add(self, name: str = "a source", kind: str = "fake", **changes: Any) -> dict[str, Any]:
        """A new source, by default one of the fake kind at a host of its own."""
        body = {"kind": kind, "name": name, "config": {"host": self.host(name)}, **changes}
        answer = self.call("POST", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def host(self, name: str) -> str:
        """Names of hosts carry the organisation's, so that the scripts of two tests never meet."""
        return f"{name.replace(' ', '-')}.{self.slug}"

    @property
    def other_end(self) -> OtherEnd:
        return self.served.product.other_end

    @property
    def clock(self) -> FakeClock:
        return self.served.product.clock


@pytest.fixture
def org(served: Served) -> Org:
    return make_org(served)


@pytest.fixture
def foreign(served: Served) -> Org:
    """An organisation of somebody else."""
    return make_org(served)


def make_org(served: Served) -> Org:
    slug, runtime = f"org-{next(NUMBERS)}", served.product.runtime
    add_organisation(runtime, slug)
    tokens = {role: add_token(runtime, slug, role, name=role.label).token for role in Role}
    return Org(served, slug, tokens)
