"""What answers a hello: MongoDB, something else, or nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from core.connectors.mongodb.probe import speaks_otherwise
from tests.connectors.mongodb_wire import HOST, wire_server

pytestmark = pytest.mark.anyio

LIMIT_S = 0.5
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[int]:
    """The port on which each connection is served and then closed."""

    served: list[asyncio.Task[None] | None] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.current_task())
        await serve(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(one, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*filter(None, served))


async def lines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As web servers do: nothing is said before a line has ended."""
    await reader.readline()
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        await reader.read()


async def test_a_mongodb_speaks_its_own_protocol():
    async with wire_server() as server:
        assert not await speaks_otherwise(HOST, server.port, LIMIT_S)


async def test_a_server_that_waits_for_a_line_is_made_to_speak():
    async with listening(lines) as port:
        assert await speaks_otherwise(HOST, port, 60)


async def test_who_says_nothing_speaks_no_other_protocol():
    async with listening(nothing) as port:
        assert not await speaks_otherwise(HOST, port, LIMIT_S)
