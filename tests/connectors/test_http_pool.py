"""Connections of one source: how many, for how long, and what ends them."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from yarl import URL

from core.connectors.base import Environment, Limits
from core.connectors.http.client import HttpClient, Request
from core.connectors.http.dial import Dialler
from core.connectors.http.pool import CONNECTIONS, Pool
from core.connectors.http.tls import TlsConfig
from core.connectors.http.wire import exchange, head_of
from core.errors import BadAnswer, SourceUnavailable
from core.models import Outcome
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import error_of
from tests.connectors.rest_source import Peer, peer, serving

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def client() -> AsyncIterator[HttpClient]:
    http = HttpClient(TlsConfig(), Environment(EgressPolicy()), Limits(5, 10, 10), lambda *_: True, "base_url")
    try:
        yield http
    finally:
        await http.close()


class Silent(Peer):
    """Takes a request and never answers."""

    asked: asyncio.Event

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
        self.asked.set()
        await reader.read()


@asynccontextmanager
async def silent() -> AsyncIterator[Silent]:
    there = Silent([])
    there.asked = asyncio.Event()
    async with serving(there):
        yield there


def pool(kept_s: float) -> Pool:
    egress = EgressPolicy()
    return Pool(Dialler(egress, ssl.create_default_context(), 5), egress, kept_s)


async def ask(connections: Pool, url: URL, *, to_the_end: bool = True) -> None:
    connection = await connections.take(url)
    came = await exchange(connection, "GET", url, head_of("GET", url, {}, None), None)
    if to_the_end:
        await came.content.read()
    connections.give_back(url, connection, done=to_the_end)


async def test_more_calls_than_connections_take_turns():
    async with peer() as there, client() as http:
        answers = await asyncio.gather(*(http.send(Request("GET", URL(there.url)), 100) for _ in range(30)))
        assert [each.status for each in answers] == [200] * 30
        assert there.connections <= CONNECTIONS


async def test_a_connection_that_nobody_needs_is_given_up():
    async with peer() as there:
        url, connections = URL(there.url), pool(kept_s=0.01)
        await ask(connections, url)
        await there.until_left()
        await ask(connections, url)
        await connections.close()
        assert there.connections == 2


async def test_a_connection_whose_answer_was_not_read_to_its_end_is_not_used_again():
    async with peer() as there:
        url, connections = URL(there.url), pool(kept_s=60)
        await ask(connections, url, to_the_end=False)
        await there.until_left()
        await connections.close()


@pytest.mark.parametrize("value", ["a\r\nHost: elsewhere", "a\nb", "a\rb", "a\0b"])
async def test_a_header_that_would_begin_another_line_is_never_sent(value: str):
    async with peer() as there, client() as http:
        assert isinstance(await error_of(http.send(Request("GET", URL(there.url), {"X-Note": value}), 100)), BadAnswer)
        assert there.requests == []


async def test_closing_ends_what_is_under_way_and_its_caller_lives_on():
    async with silent() as there, client() as http:
        url = URL(there.url)

        async def caller() -> tuple[BaseException, int]:
            error = await error_of(http.send(Request("GET", url), 100))
            return error, asyncio.current_task().cancelling()  # type: ignore[union-attr]

        asking = asyncio.create_task(caller())
        await there.asked.wait()
        await http.close()
        error, cancelling = await asking
        assert isinstance(error, SourceUnavailable)
        assert (str(error), error.outcome, cancelling) == ("source_unavailable.closed", Outcome.VOID, 0)


async def test_a_caller_that_is_cancelled_while_the_source_closes_stays_cancelled():
    async with silent() as there, client() as http:
        url = URL(there.url)
        asking = asyncio.create_task(http.send(Request("GET", url), 100))
        await there.asked.wait()
        closing = asyncio.create_task(http.close())
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking, closing})
        assert asking.cancelled()
