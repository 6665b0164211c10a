"""The headers that every answer leaves with."""

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import Message, Send

from core.api.proxies import is_secure

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
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
YEAR_S = 31_536_000
PRIVATE = ("/orgs/", "/session/", "/metrics")
"""What is somebody's, and belongs in no cache."""


def with_headers(connection: HTTPConnection, send: Send, request_id: str) -> Send:
    """`send`, with each of these headers where the answer does not have its own."""
    wanted = {**HEADERS, "X-Request-ID": request_id}
    if is_secure(connection):
        wanted["Strict-Transport-Security"] = f"max-age={YEAR_S}"
    if connection.url.path.startswith(PRIVATE):
        wanted["Cache-Control"] = "no-store"

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in wanted.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
