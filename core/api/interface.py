"""Puts the HTTP interface together, and binds it to the server before there is a runtime."""

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from core.api import (
    audit,
    contents,
    datasources,
    exposition,
    history,
    joining,
    ladder,
    oidc,
    openapi,
    probes,
    problems,
    session,
)
from core.api.doorway import Doorway
from core.runtime import Runtime
from core.settings import STATIC_DIR

PATHS = ("/healthz", "/readyz", "/metrics", "/orgs/{_path:path}", "/api/{_path:path}", "/session/{_path:path}")


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
    app.state.runtime = runtime
    for module in (probes, exposition, session, oidc, joining, datasources, contents, history, ladder, audit):
        app.include_router(module.router)
    problems.install(app)
    openapi.describe(app, runtime.sources.schemas())
    return app


class Interface:
    """An ASGI application whose content arrives with `attach`: the server wants its routes before the runtime lives."""

    def __init__(self) -> None:
        self.app: FastAPI | None = None

    def attach(self, runtime: Runtime) -> None:
        self.app = build(runtime)

    def routes(self) -> list[BaseRoute]:
        served: list[BaseRoute] = [Route(path, self) for path in PATHS]
        return [*served, Mount("/assets", StaticFiles(directory=STATIC_DIR))]

    def middleware(self) -> list[Middleware]:
        return [Middleware(Doorway, interface=self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.app is None:
            raise RuntimeError("the HTTP interface is used before the lifespan attached a runtime")
        await self.app(scope, receive, send)
