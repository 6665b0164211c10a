"""A relay before a real server that lets everything through but the requests that hold a certain mark."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass


@dataclass(slots=True)
class StallingRelay:
    """`held` requests have been taken and will never be answered; one whose sender left is no longer counted."""

    host: str
    port: int
    held: int = 0
    accepted: int = 0


@asynccontextmanager
async def stalling(host: str, port: int, mark: bytes) -> AsyncIterator[StallingRelay]:
    """Relays to `host:port` on a port of its own."""
    relay = StallingRelay("127.0.0.1", 0)
    sessions: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        sessions.add(task)
        relay.accepted += 1
        try:
            await _session(relay, reader, writer, (host, port), mark)
        finally:
            sessions.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        for task in sessions:
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)


async def _session(
    relay: StallingRelay,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upstream: tuple[str, int],
    mark: bytes,
) -> None:
    server_reader, server_writer = await asyncio.open_connection(*upstream)
    back = asyncio.create_task(carry(server_reader, writer))
    try:
        await _forward(relay, reader, server_writer, mark)
    finally:
        back.cancel()
        await asyncio.wait([back])
        server_writer.close()
        writer.close()


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes on what is read, and then the end of it."""
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


async def _forward(
    relay: StallingRelay, reader: asyncio.StreamReader, server: asyncio.StreamWriter, mark: bytes
) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            if mark in data:
                relay.held += 1
                try:
                    while await reader.read(65536):
                        pass
                finally:
                    relay.held -= 1
                return
            server.write(data)
            await server.drain()
