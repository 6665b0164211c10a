"""What every request passes first: the host it names, the session it carries, and the headers it leaves with.

Pure ASGI, so that the websocket's handshake passes here as well.
"""

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from core.api.context import runtime_of, session_cookie
from core.api.page_base import PageBase
from core.i18n import LANGUAGES

if TYPE_CHECKING:
    from core.api.interface import Interface

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/favicon.png"})
OPEN_FOLDERS = ("/orgs/", "/api/", "/session/", "/assets/", "/static/")
"""What needs no session here: it checks rights itself, or holds nothing of anybody."""
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:; worker-src 'self' blob:; "
    "frame-ancestors 'none'; form-action 'self'; base-uri 'self'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


class Doorway:
    """Refuses foreign hosts and pages without a session, and adds the security headers."""

    def __init__(self, app: ASGIApp, interface: "Interface") -> None:
        self._app, self._interface = PageBase(app, self._locale), interface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self._interface.app is None:
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection({**scope, "app": self._interface.app})
        refusal = await self._refusal(connection)
        if refusal is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008)(scope, receive, send)
        else:
            await refusal(scope, receive, _with_headers(send))

    def _locale(self) -> str:
        """The language of a first visit; a page asked for before there is a runtime is an empty one."""
        application = self._interface.app
        return str(application.state.runtime.settings.locale) if application else LANGUAGES[0]

    async def _refusal(self, connection: HTTPConnection) -> Response | None:
        runtime = runtime_of(connection)
        if not host_allowed(connection.headers.get("host", ""), runtime.settings.host, runtime.settings.public_url):
            return PlainTextResponse("This host name is not served here.", 400)
        path = connection.url.path
        if path in OPEN_PATHS or path.startswith(OPEN_FOLDERS):
            return None
        if await runtime.call(runtime.access.actor_of_session(session_cookie(connection))) is not None:
            return None
        if connection.headers.get("sec-fetch-dest") == "document":
            target = path + (f"?{connection.url.query}" if connection.url.query else "")
            return RedirectResponse(f"/session/login?next={quote(target)}", 303)
        return PlainTextResponse("Sign in first.", 401)


def host_allowed(header: str, listens_on: str, public_url: str | None) -> bool:
    """Whether a Host header names this installation: its own names, localhost, or an address."""
    try:
        name = urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return False
    own = {"localhost", listens_on.lower()} | ({urlsplit(public_url).hostname or ""} if public_url else set())
    return bool(name) and (name in own or _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
