"""One request over one connection: the head as it is written, the answer as aiohttp's parser reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp.client_proto import ResponseHandler
from aiohttp.streams import StreamReader

if TYPE_CHECKING:
    from yarl import URL

SWITCHING = 101


@dataclass(frozen=True, slots=True)
class Incoming:
    """The head of an answer. `content` is what follows it, as it comes."""

    status: int
    reason: str
    headers: Mapping[str, str]
    content: StreamReader


async def exchange(connection: ResponseHandler, method: str, url: "URL", head: bytes, body: bytes | None) -> Incoming:
    """Raises aiohttp's errors, and HttpProcessingError for what is no HTTP."""
    connection.set_response_params(skip_payload=method == "HEAD", read_until_eof=True, auto_decompress=False)
    if connection.transport is not None:  # else reading says how it ended
        connection.transport.write(head + body if body else head)
    while True:
        message, content = await connection.read()
        if message.code >= 200 or message.code == SWITCHING:
            return Incoming(message.code, message.reason, message.headers, content)


def head_of(method: str, url: "URL", headers: Mapping[str, str], body: bytes | None) -> bytes:
    """Raises ValueError for a line end or NUL in it: what follows would be a header, or a request, of its own."""
    lines = [f"{method} {url.raw_path_qs} HTTP/1.1"]
    if "Host" not in headers:
        lines.append(f"Host: {url.host_port_subcomponent}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    text = "\r\n".join(lines)
    if text.count("\r") != len(lines) - 1 or text.count("\n") != len(lines) - 1 or "\0" in text:
        raise ValueError("a line end inside a header")
    return f"{text}\r\n\r\n".encode()
