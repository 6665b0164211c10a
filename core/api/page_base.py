"""Tells a page's script where its server is, so that a deep link asks the right paths.

Without it Streamlit's front end looks for its endpoints below the page's own path first and logs two errors.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCRIPT = b'<script>window.__streamlit={BACKEND_BASE_URL:location.origin+"/"}</script>'
MARK = b'<script type="module"'


class PageBase:
    """Puts SCRIPT before the module script of the index page; everything else passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            # The page is edited below, so it must not arrive compressed.
            document = Headers(scope=scope).get("sec-fetch-dest") == "document"
            headers = [pair for pair in scope["headers"] if not (document and pair[0] == b"accept-encoding")]
            await self._app({**scope, "headers": headers}, receive, _Insertion(send))
        else:
            await self._app(scope, receive, send)


class _Insertion:
    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(Headers(raw=message["headers"])):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            await self._collect(message)

    async def _collect(self, message: Message) -> None:
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        assert self._start is not None  # noqa: S101 - only called after a start was kept
        body = self._body.replace(MARK, SCRIPT + MARK, 1)
        if "content-length" in Headers(raw=self._start["headers"]):
            MutableHeaders(raw=self._start["headers"])["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({**message, "body": body})


def _is_page(headers: Headers) -> bool:
    return headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers
