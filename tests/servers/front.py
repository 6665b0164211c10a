"""A listener before a real server: what it does with a connection is the trouble, until it is lifted."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress

from tests.servers.processes import HOST
from tests.servers.stalling import carry

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Address = tuple[str, int]

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Front:
    """Holds a port of its own, at which nobody listens before `serve`; `talk` is had with whoever connects."""

    def __init__(self, upstream: Address, held: socket.socket) -> None:
        self.port = int(held.getsockname()[1])
        self.talk: Talk = self.pass_on
        self._upstream, self._held = upstream, held
        self._sessions: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._waiting = ExitStack()

    async def serve(self, tls: ssl.SSLContext | None = None) -> None:
        """Listens; over TLS when a context is given."""
        self._server = await asyncio.start_server(self._accept, sock=self._held, ssl=tls)

    @contextmanager
    def filled(self) -> Iterator[None]:
        """Listens without ever accepting, and with more waiting than fit: who connects now is not even refused."""
        self._held.listen(0)
        with ExitStack() as waiting:
            for _ in range(2):
                client = waiting.enter_context(socket.socket())
                client.setblocking(False)
                client.connect_ex((HOST, self.port))
            self._waiting = waiting
            yield

    async def lift(self) -> None:
        """From its next connection on it does nothing but pass on."""
        self.talk = self.pass_on
        self._waiting.close()
        if self._server is None:
            await self.serve()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """To the real server and back, until one of them leaves."""
        far_reader, far_writer = await self.upstream()
        ways = [asyncio.create_task(carry(reader, far_writer)), asyncio.create_task(carry(far_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.close()

    async def upstream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the real server."""
        return await asyncio.open_connection(*self._upstream)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.current_task()
        assert session is not None
        self._sessions.add(session)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):  # the other side may leave at any point
                await self.talk(reader, writer)
        finally:
            writer.close()
            self._sessions.discard(session)


@asynccontextmanager
async def front(upstream: Address) -> AsyncIterator[Front]:
    """On loopback, and closed on the way out."""
    with socket.socket() as held:
        held.bind((HOST, 0))
        before = Front(upstream, held)
        try:
            yield before
        finally:
            await before.close()


def reset(writer: asyncio.StreamWriter) -> None:
    """Ends the connection with an RST, as a process that crashed or a firewall would."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
