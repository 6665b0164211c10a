"""What the tests of REST and of its HTTP client share: connectors, and peers that say what they are told to say."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from core.connectors import forms
from core.connectors.base import Environment
from core.connectors.kinds.rest import RestConfig, RestConnector
from core.safety.egress import EgressPolicy

JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def rest(
    base_url: str, egress: EgressPolicy | None = None, bytes_max: int = 1024 * 1024, **config: Any
) -> RestConnector:
    """A connector that nobody has used yet; `opened` closes it."""
    model = forms.validate_config(RestConfig, {"base_url": base_url} | config)
    return RestConnector.build(model, Environment(egress or EgressPolicy(), bytes_max=bytes_max))


@asynccontextmanager
async def opened(base_url: str, **given: Any) -> AsyncIterator[RestConnector]:
    connector = rest(base_url, **given)
    try:
        yield connector
    finally:
        await connector.close()


def answer(body: bytes = b'[{"id": 1}]', head: bytes = JSON) -> bytes:
    """A whole answer after which the connection may be kept."""
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def moved(to: str, code: int = 302) -> bytes:
    return f"HTTP/1.1 {code} Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


@dataclass(slots=True)
class Peer:
    """A server on a port of its own that gives every request the next of its answers, the last one for ever.

    `requests` are the heads as they came; `connections` counts those that were opened, `open` those not closed yet.
    """

    answers: list[bytes]
    tls: ssl.SSLContext | None = None
    close_after: int = 0
    port: int = 0
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    _nobody: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    async def until_left(self) -> None:
        """Returns once no connection is open, as the other side closes them."""
        if self.open:
            await self._nobody.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self._nobody.clear()
        try:
            await self._converse(reader, writer)
        finally:
            writer.close()
            self.open -= 1
            if not self.open:
                self._nobody.set()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        writer.write(self.answers[min(len(self.requests), len(self.answers)) - 1])
        await writer.drain()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.requests.append(head.decode())
                await self._answer(writer)
                if len(self.requests) == self.close_after:
                    return


class Pouring(Peer):
    """Gives every request a list of `length` bytes, of records of a KiB each."""

    length: int = 0

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        writer.write(JSON + b"Content-Length: %d\r\n\r\n" % self.length)
        record = b'{"id": 1, "text": "' + b"x" * 1000 + b'"}'
        block = b"," + b" " * (1023 - len(record)) + record
        writer.write(b"[" + block[1:])
        for _ in range(self.length // 1024):
            writer.write(block)
            await writer.drain()


@asynccontextmanager
async def pouring(length: int) -> AsyncIterator[Peer]:
    there = Pouring([])
    there.length = length
    async with serving(there):
        yield there


@asynccontextmanager
async def peer(*answers: bytes, tls: ssl.SSLContext | None = None, close_after: int = 0) -> AsyncIterator[Peer]:
    there = Peer(list(answers) or [answer()], tls, close_after)
    async with serving(there):
        yield there


@asynccontextmanager
async def serving(there: Peer) -> AsyncIterator[None]:
    server = await asyncio.start_server(there.serve, "127.0.0.1", 0, ssl=there.tls)
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
        await there.until_left()
