"""A PostgreSQL that stops answering in the middle: a cut cable, a firewall that forgot the connection."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.connectors import forms
from core.connectors.kinds.postgres import PostgresConfig, PostgresConnector
from core.connectors.network import Host
from core.connectors.postgres import session
from core.connectors.postgres.received import socket_of
from core.errors import CheshmehError, SourceTimeout
from core.resilience.deadline import within
from core.safety.egress import EgressPolicy
from tests.connectors.conftest import Open
from tests.servers.postgres import PostgresServer
from tests.servers.processes import HOST

pytestmark = pytest.mark.anyio

FINE_S = 10
"""Far more than any limit under test; keeps a failing test from hanging."""


class Cable:
    """Carries bytes between clients and a server until it is cut; then it still accepts, and carries nothing."""

    def __init__(self, server: PostgresServer) -> None:
        self.port = self.accepted = 0
        self._server, self._cut = server, False
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    def cut(self) -> None:
        self._cut = True

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._writers.append(writer)
        if not self._cut:
            far_reader, far_writer = await asyncio.open_connection(self._server.host, self._server.port)
            self._writers.append(far_writer)
            for pair in ((reader, far_writer), (far_reader, writer)):
                self._tasks.add(asyncio.create_task(self._carry(*pair)))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (data := await reader.read(65536)) and not self._cut:
            writer.write(data)

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()


@pytest.fixture
async def cable(postgres: PostgresServer, anyio_backend: str) -> AsyncIterator[Cable]:
    cable = Cable(postgres)
    async with await asyncio.start_server(cable.accept, HOST, 0) as listener:
        cable.port = listener.sockets[0].getsockname()[1]
        yield cable
        await cable.end()


async def test_a_session_in_hand_is_given_up_when_nothing_answers(open_pg: Open, cable: Cable):
    connector = open_pg(host=HOST, port=cable.port)
    assert (await connector.ping())[0]
    cable.cut()
    with pytest.raises((TimeoutError, SourceTimeout)):
        async with asyncio.timeout(FINE_S), within(1):
            await connector.ping()


@pytest.mark.parametrize("how", ["deadline", "left", "closed"])
async def test_a_query_that_nobody_answers_ends(open_pg: Open, cable: Cable, how: str):
    connector = open_pg(host=HOST, port=cable.port)
    call = asyncio.create_task(_slow(connector, 1 if how == "deadline" else FINE_S))
    await asyncio.sleep(0.2)
    cable.cut()
    if how == "left":
        call.cancel()
    elif how == "closed":
        await connector.close()
    async with asyncio.timeout(FINE_S - 1):
        with pytest.raises((TimeoutError, asyncio.CancelledError, CheshmehError)):
            await call
        await connector.close()


async def _slow(connector: PostgresConnector, seconds: float) -> None:
    async with within(seconds):
        await connector.sample({"sql": "select count(*) from pg_attribute a, pg_attribute b, pg_attribute c"})


async def connected(given: dict[str, Any], port: int, *addresses: str, seconds: float = 5) -> Any:
    config = forms.validate_config(PostgresConfig, given | {"port": port, "sslmode": "disable"})
    return await session.connect(config, Host(HOST, port, EgressPolicy(), seconds, allowed=addresses))


async def test_a_held_session_that_does_not_answer_is_hung_up_and_nobody_is_dialled(
    pg_config: dict[str, Any], cable: Cable
):
    connection = await connected(pg_config, cable.port, HOST)
    cable.cut()
    assert not await session.reset(connection)
    assert (connection.closed, cable.accepted) == (True, 1)


async def test_the_system_is_told_how_long_a_peer_may_be_silent(pg_config: dict[str, Any], postgres: PostgresServer):
    connection = await connected(pg_config, postgres.port, HOST)
    with socket_of(connection) as line:
        told = [line.getsockopt(socket.IPPROTO_TCP, name) for name in (socket.TCP_USER_TIMEOUT, socket.TCP_KEEPIDLE)]
    await session.end(connection)
    assert told == [5000, 30]


async def test_a_silent_address_leaves_time_to_the_next_one(pg_config: dict[str, Any], postgres: PostgresServer):
    silent = Cable(postgres)
    silent.cut()
    async with await asyncio.start_server(silent.accept, "127.0.0.2", postgres.port):
        connection = await connected(pg_config, postgres.port, "127.0.0.2", HOST, seconds=3)
        await session.end(connection)
        await silent.end()
    assert silent.accepted == 1
