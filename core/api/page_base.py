"""What the index page has to say before its script runs: where its server is, in which language it speaks, whose it is.

Without the first Streamlit's front end looks for its endpoints below a deep link's own path first and logs two errors.
"""

from collections.abc import Callable
from html import escape

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.documents import is_document
from core.i18n import LANGUAGES, translator
from core.i18n.negotiation import direction
from core.settings import LANG_COOKIE

SCRIPT = b'<script>window.__streamlit={BACKEND_BASE_URL:location.origin+"/"}</script>'
MARK = b'<script type="module"'
ROOT = b'<html lang="en">'
TITLE = b"<title>Streamlit</title>"
ICON, OUR_ICON = b'href="./favicon.png"', b'href="/assets/icons/page.png"'


class PageBase:
    """Edits the index page; everything else passes untouched. `locale` gives the language of a first visit."""

    def __init__(self, app: ASGIApp, locale: Callable[[], str]) -> None:
        self._app, self._locale = app, locale

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            # The page is edited below, so it must not arrive compressed.
            document = is_document(Headers(scope=scope))
            headers = [pair for pair in scope["headers"] if not (document and pair[0] == b"accept-encoding")]
            lang = language(HTTPConnection(scope), self._locale())
            await self._app({**scope, "headers": headers}, receive, _Insertion(send, lang))
        else:
            await self._app(scope, receive, send)


def language(connection: HTTPConnection, default: str) -> str:
    """The one asked for in the address, else the one chosen before, else `default`: as the page itself decides."""
    asked, kept = connection.query_params.get("lang"), connection.cookies.get(LANG_COOKIE)
    return next((lang for lang in (asked, kept) if lang in LANGUAGES), None) or default


class _Insertion:
    def __init__(self, send: Send, lang: str) -> None:
        self._send, self._lang = send, lang
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
        body = _ours(self._body, self._lang)
        if "content-length" in Headers(raw=self._start["headers"]):
            MutableHeaders(raw=self._start["headers"])["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({**message, "body": body})


def _ours(page: bytes, lang: str) -> bytes:
    root = f'<html lang="{lang}" dir="{direction(lang)}">'.encode()
    title = f"<title>{escape(translator(lang).text('app.name'))}</title>".encode()
    for theirs, ours in ((MARK, SCRIPT + MARK), (ROOT, root), (TITLE, title), (ICON, OUR_ICON)):
        page = page.replace(theirs, ours, 1)
    return page


def _is_page(headers: Headers) -> bool:
    return headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers
