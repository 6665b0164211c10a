"""Puts the HTTP interface together, and binds it to the server before there is a runtime."""

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from core.api import (
    audit,
    contents,
    datasources,
    docs_page,
    exposition,
    history,
    joining,
    ladder,
    oidc,
    openapi,
    probes,
    problems,
    queries,
    session,
)
from core.api.doorway import Doorway
from core.api.limits import Limits
from core.runtime import Runtime
from core.settings import STATIC_DIR

FOLDERS = ("/orgs", "/api", "/session")
PATHS = ("/healthz", "/readyz", "/metrics")
MODULES = (
    probes,
    exposition,
    session,
    oidc,
    joining,
    datasources,
    history,
    ladder,
    contents,
    queries,
    audit,
    docs_page,
)


def build(runtime: Runtime) -> FastAPI:
    """The interface over one runtime. Its own documents need no role and fetch nothing from elsewhere."""
    app = FastAPI(
        title="Cheshmeh",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.runtime, app.state.limits = runtime, Limits(runtime.settings)
    for module in MODULES:
        app.include_router(module.router)
    problems.install(app, _methods)
    openapi.describe(app, runtime.sources.schemas())
    return app


def _methods(path: str) -> frozenset[str]:
    """Every method that some route takes at this path; the framework itself names those of one route only."""
    routes = [route for module in MODULES for route in module.router.routes if isinstance(route, APIRoute)]
    form = next((route.path_format for route in routes if route.path_regex.match(path)), None)
    if form is None:
        return frozenset({"GET", "HEAD"})  # the framework's own: the OpenAPI document
    taken = frozenset(method for route in routes if route.path_format == form for method in route.methods or ())
    return taken | {"HEAD"} if "GET" in taken else taken


class Folder(Route):
    """Everything at and below a path. A pattern of the framework's own ends at a line break, which a path may hold."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path, here = scope.get("path", ""), scope["type"] == "http"
        inside = here and (path == self.path or path.startswith(f"{self.path}/"))
        return (Match.FULL if inside else Match.NONE), {"endpoint": self.endpoint, "path_params": {}}


class Interface:
    """An ASGI application whose content arrives with `attach`: the server wants its routes before the runtime lives."""

    def __init__(self) -> None:
        self.app: FastAPI | None = None

    def attach(self, runtime: Runtime) -> None:
        self.app = build(runtime)

    def routes(self) -> list[BaseRoute]:
        folders = [Folder(path, self) for path in FOLDERS]
        return [*(Route(path, self) for path in PATHS), *folders, Mount("/assets", StaticFiles(directory=STATIC_DIR))]

    def middleware(self) -> list[Middleware]:
        return [Middleware(Doorway, interface=self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.app is None:
            raise RuntimeError("the HTTP interface is used before the lifespan attached a runtime")
        # A HEAD is a GET whose body the server leaves out.
        method = {"method": "GET"} if scope.get("method") == "HEAD" else {}
        await self.app({**scope, **method}, receive, send)
