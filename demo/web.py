"""What the demo's own HTTP servers share: who is let in, and how an application is served."""

from secrets import compare_digest
from typing import Any

import uvicorn
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from demo import child


class BearerToken:
    """Lets in who sends the token; everybody else gets 401."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._expected = app, f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = HTTPConnection(scope).headers.get("authorization", "")
        if compare_digest(given.encode(), self._expected):
            await self._app(scope, receive, send)
            return
        refusal = JSONResponse({"error": "unauthorized"}, 401, {"WWW-Authenticate": 'Bearer realm="demo"'})
        await refusal(scope, receive, send)


def serve(app: ASGIApp, given: dict[str, Any]) -> None:
    """Serves until a signal or the parent's end."""
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
    )
    with child.listener(given) as accepting:
        child.say_ready()
        uvicorn.Server(config).run([accepting])
