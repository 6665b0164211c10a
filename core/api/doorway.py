"""What every request passes first: the host it names, where it comes from, and the session it carries.

Pure ASGI, so that the websocket's handshake passes here as well.
"""

import asyncio
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from core.access.oidc_settings import CALLBACK
from core.api.addresses import host_of
from core.api.context import SAFE_METHODS, limits_of, require_same_origin, runtime_of, session_cookie
from core.api.documents import is_document
from core.api.headers import with_headers
from core.api.language import words
from core.api.page_base import PageBase
from core.api.problems import problem
from core.api.proxies import client_address
from core.errors import BadRequest, RequestError, ShuttingDown, Unauthenticated
from core.i18n import LANGUAGES
from core.tracing import trace

if TYPE_CHECKING:
    from core.api.interface import Interface

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/favicon.png", "/orgs", "/api", "/session"})
OWN_FOLDERS = ("/orgs/", "/api/", "/session/")
UNWALKED = ("\0", "..", "\\")
"""What Streamlit refuses in any path, in words of its own: below our folders no path is one of a file."""
OPEN_FOLDERS = (*OWN_FOLDERS, "/assets/", "/static/")
"""What needs no session here: it checks rights itself, or holds nothing of anybody."""
PROGRAMS = ("/orgs", "/api", "/healthz", "/readyz", "/metrics")
"""Where programs ask: they are answered with problems, people at a browser with plain words."""
HEADERS_MAX = 100


class Doorway:
    """Refuses foreign hosts, foreign origins and pages without a session, and adds the security headers."""

    def __init__(self, app: ASGIApp, interface: "Interface") -> None:
        self._app, self._interface = PageBase(app, self._locale), interface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self._interface.app is None:
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection({**scope, "app": self._interface.app})
        sending = with_headers(connection, send, trace())
        try:
            refusal = await _refusal(connection)
        except RequestError as err:
            refusal = _told(connection, err)
        if refusal is None:
            await self._answered(connection, scope, receive, sending)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008)(scope, receive, send)
        else:
            await refusal(scope, receive, sending)

    async def _answered(self, connection: HTTPConnection, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._next(scope)(scope, receive, _counted(connection, sending))
        except asyncio.CancelledError:
            # Only a server that ends cancels, and it waits for nothing but the end of this task.
            if begun or scope["type"] == "websocket":
                raise
            await _told(connection, ShuttingDown())(scope, receive, send)

    def _next(self, scope: Scope) -> ASGIApp:
        path = scope["path"]
        ours = scope["type"] == "http" and path.startswith(OWN_FOLDERS)
        return self._interface if ours and any(mark in path for mark in UNWALKED) else self._app

    def _locale(self) -> str:
        """The language of a first visit; a page asked for before there is a runtime is an empty one."""
        application = self._interface.app
        return str(application.state.runtime.settings.locale) if application else LANGUAGES[0]


async def _refusal(connection: HTTPConnection) -> Response | None:
    """Where somebody without a session is led; None for who may pass. Raises RequestError."""
    runtime = runtime_of(connection)
    if not host_allowed(connection.headers.get("host", ""), runtime.settings.host, runtime.settings.public_url):
        raise BadRequest("host")
    if len(connection.scope["headers"]) > HEADERS_MAX:
        raise BadRequest("headers", limit=HEADERS_MAX)
    if _signs_in(connection):
        limits_of(connection).begin(client_address(connection))
    path = connection.scope["path"]  # as routes read it: a question mark may be part of it
    if path in OPEN_PATHS or path.startswith(OPEN_FOLDERS):
        return None
    # A page's own requests: a browser sends the cookie with them wherever they come from.
    if connection.scope["type"] == "websocket" or connection.scope["method"] not in SAFE_METHODS:
        require_same_origin(connection)
    if await runtime.call(runtime.access.actor_of_session(session_cookie(connection))) is not None:
        return None
    if is_document(connection.headers):
        target = path + (f"?{connection.url.query}" if connection.url.query else "")
        return RedirectResponse(f"/session/login?next={quote(target)}", 303)
    raise Unauthenticated("needed")


def _told(connection: HTTPConnection, err: RequestError) -> Response:
    told = problem(err, words(connection), connection.url.path)
    if connection.scope["path"].startswith(PROGRAMS):
        return told
    keep = {name: value for name, value in told.headers.items() if name == "retry-after"}
    return PlainTextResponse(words(connection).message(err.message), err.status, keep)


def _signs_in(connection: HTTPConnection) -> bool:
    path = connection.scope["path"]
    return path == CALLBACK or (connection.scope.get("method") == "POST" and path.startswith("/session/"))


def _counted(connection: HTTPConnection, send: Send) -> Send:
    """A sign-in counts as failed for the address that tries it until it is known not to be: of many at once none
    slips by."""
    if not _signs_in(connection):
        return send

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] not in (401, 403):
            limits_of(connection).forgive(client_address(connection))
        await send(message)

    return sending


def host_allowed(header: str, listens_on: str, public_url: str | None) -> bool:
    """Whether a Host header names this installation: its own names, localhost, or an address."""
    try:
        parts = urlsplit(f"//{header}")
    except ValueError:
        return False
    name = parts.hostname or ""
    if parts.netloc != header or "@" in header:
        return False
    own = {"localhost", listens_on.lower(), host_of(public_url or "")}
    return bool(name) and (name in own or _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
