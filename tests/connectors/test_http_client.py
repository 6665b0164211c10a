"""The shared HTTP client against peers that misbehave: seen through a REST source, at the peer's own end."""

import asyncio
import gzip
import tracemalloc
import zlib
from pathlib import Path

import pytest
from yarl import URL

from core.connectors.base import Environment, Limits
from core.connectors.http import failures
from core.connectors.http.client import HttpClient, Request, addressed
from core.connectors.http.tls import TlsConfig
from core.errors import BadAnswer, QueryRefused, SourceTimeout
from core.models import Outcome
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import error_of
from tests.connectors.rest_source import JSON, answer, moved, opened, peer
from tests.servers.ports import Listener
from tests.servers.web import WebServer

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
BEARER = {"type": "bearer", "token": "s3cret-token"}
BY_QUERY = {"type": "query", "name": "api_key", "value": "s3cret key&=%"}


async def test_a_request_that_was_reset_is_not_sent_again_by_itself(records: WebServer):
    async with opened(records.url) as rest:
        await rest.sample({"path": "/hit", "query": {"key": "kept", "reset": 0}})
        for _ in range(3):
            error = await error_of(rest.sample({"path": "/hit", "query": {"key": "reset", "reset": 1}}))
            assert (str(error), error.retried) == ("unreachable.reset", True)
        hits = await rest.sample({"path": "/hits", "query": {"key": "reset"}})
        assert hits.rows == [(3,)] or hits.rows == ((3,),)


async def test_a_kept_connection_that_the_server_closed_costs_no_second_request():
    async with peer(close_after=1) as there, opened(there.url) as rest:
        await rest.sample({})
        await there.until_left()
        await rest.sample({})
        assert (len(there.requests), there.connections) == (2, 2)


async def test_connections_are_kept_between_calls():
    async with peer() as there:
        async with opened(there.url) as rest:
            for _ in range(5):
                await rest.ping()
            assert (len(there.requests), there.connections) == (5, 1)
        await there.until_left()


async def test_a_cookie_reaches_neither_the_next_request_nor_another_source(records: WebServer):
    async with opened(records.url) as rest, opened(records.url) as other:
        await rest.sample({"path": "/cookie"})
        for connector in (rest, other):
            assert (await connector.sample({"path": "/cookies"})).rows[0] == (None,)


async def test_every_request_says_what_it_wants_once():
    headers = {"accept": "application/vnd.x+json", "X-Tenant": "بخش"}
    async with peer() as there, opened(there.url, headers=headers, auth=BEARER) as rest:
        await rest.sample({})
        sent = there.requests[0].lower().split("\r\n")
        assert sent.count("accept: application/vnd.x+json") == 1
        assert [
            line for line in sent if line.startswith(("accept:", "user-agent:", "authorization:", "x-tenant:"))
        ] == [
            "user-agent: cheshmeh",
            "accept: application/vnd.x+json",
            "x-tenant: بخش",
            "authorization: bearer s3cret-token",
        ]
        assert "accept-encoding: gzip" in sent


@pytest.mark.parametrize(
    "said",
    [
        b"-ERR unknown command\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_what_does_not_speak_http_is_cut_off(said: bytes):
    async with peer(said) as there:
        async with opened(there.url) as rest:
            error = await error_of(rest.ping())
        assert str(error) in {"bad_answer.http", "bad_answer.truncated"}
        await there.until_left()


async def test_a_peer_that_leaves_without_a_word_is_unreachable(counting_port: Listener):
    async with opened(f"http://127.0.0.1:{counting_port.port}") as rest:
        assert str(await error_of(rest.ping())) == "unreachable.reset"
    assert counting_port.accepted == 1


async def test_a_byte_a_second_is_cut_at_its_limit_and_nothing_is_left_at_the_peer(dripping_port: Listener):
    async with opened(f"http://127.0.0.1:{dripping_port.port}", timeout_s=0.5) as rest:
        assert isinstance(await error_of(rest.sample({})), SourceTimeout)
        assert await asyncio.to_thread(dripping_port.wait_for_open, 0)


async def test_headers_that_never_end_are_cut_at_the_limit():
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX: ")
        try:
            while not writer.is_closing():
                writer.write(b"y")
                await writer.drain()
                await asyncio.sleep(0.01)
        finally:
            writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, opened(f"http://127.0.0.1:{port}", timeout_s=0.5) as rest:
        assert isinstance(await error_of(rest.ping()), SourceTimeout)


async def test_an_answer_without_end_is_left_at_the_cap(endless_port: Listener):
    async with opened(f"http://127.0.0.1:{endless_port.port}", bytes_max=10_000) as rest:
        sample = await rest.sample({})
        assert (sample.truncated_by, sample.bytes_read) == ("limit", 10_000)
        assert await asyncio.to_thread(endless_port.wait_for_open, 0)


def gzipped(*bodies: bytes, packed: bytes | None = None, encoding: bytes = b"gzip") -> bytes:
    body = b"".join(map(gzip.compress, bodies)) if packed is None else packed
    return answer(body, JSON + b"Content-Encoding: " + encoding + b"\r\n")


@pytest.mark.parametrize(
    "said",
    [
        gzipped(b'[{"id": 1}]'),
        gzipped(b'[{"id"', b": 1}]"),
        gzipped(b"", b'[{"id": 1}]', b""),
        gzipped(packed=gzip.compress(b'[{"id": 1}]') + b"\0" * 512),
        gzipped(packed=zlib.compress(b'[{"id": 1}]'), encoding=b"deflate"),
        gzipped(packed=b'[{"id": 1}]', encoding=b"identity"),
    ],
)
async def test_compressed_answers_are_read_in_whole(said: bytes):
    async with peer(said) as there, opened(there.url) as rest:
        assert [tuple(row) for row in (await rest.sample({})).rows] == [(1,)]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (gzipped(packed=gzip.compress(b'[{"id": 1}]' * 100)[:-20]), "truncated"),
        (gzipped(packed=b"\x1f\x8b"), "truncated"),
        (gzipped(packed=b"not gzip at all"), "compression"),
        (gzipped(packed=gzip.compress(b"") * 5000), "compression"),
        (gzipped(packed=b"x", encoding=b"br"), "encoding"),
    ],
)
async def test_damaged_compression_is_named(said: bytes, reason: str):
    async with peer(said) as there, opened(there.url) as rest:
        error = await error_of(rest.sample({}))
        assert isinstance(error, BadAnswer)
        assert error.reason == reason


async def test_a_bomb_of_zeros_takes_no_more_memory_than_the_cap():
    bomb = gzip.compress(b"[" + b" " * 200 * MIB)
    async with peer(gzipped(packed=bomb)) as there, opened(there.url, bytes_max=MIB) as rest:
        await rest.ping()
        tracemalloc.start()
        try:
            found = await rest.sample({})
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert (len(found.rows), found.truncated_by, found.bytes_read) == (0, "bytes", MIB)
    assert peak < 8 * MIB


async def test_the_proxy_and_the_netrc_of_this_machine_count_for_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login u password p\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with peer() as there, opened(there.url) as rest:
        await rest.ping()
        assert "Authorization" not in there.requests[0]


async def test_a_request_that_may_not_leave_does_not():
    limits = Limits(1, 1, 1)
    async with peer() as there:
        http = HttpClient(TlsConfig(), Environment(EgressPolicy()), limits, lambda *_: False, "base_url")
        error = await error_of(http.send(Request("DELETE", URL(there.url)), 10))
        await http.close()
        assert isinstance(error, QueryRefused)
        assert there.connections == 0


async def test_a_client_that_was_closed_opens_nothing_any_more():
    async with peer() as there:
        http = HttpClient(TlsConfig(), Environment(EgressPolicy()), Limits(1, 5, 5), lambda *_: True, "base_url")
        await http.send(Request("GET", URL(there.url)), 10)
        await http.close()
        error = await error_of(http.send(Request("GET", URL(there.url)), 10))
        await http.close()
        assert (str(error), error.outcome, error.retried) == ("source_unavailable.closed", Outcome.VOID, False)
        assert len(there.requests) == 1


async def test_a_request_with_a_body_is_not_redirected():
    async with peer(moved("/x", 307)) as there:
        http = HttpClient(TlsConfig(), Environment(EgressPolicy()), Limits(1, 5, 5), lambda *_: True, "endpoint")
        error = await error_of(http.send(Request("POST", URL(there.url), body=b"{}"), 10, 3))
        await http.close()
        assert str(error) == "bad_answer.redirect_address"
        assert len(there.requests) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": " 7 "}, 7),
        ({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, 0),
        ({"Retry-After": "Fri, 31 Dec 99999999999 23:59:59 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_what_a_peer_asks_to_wait_is_read_or_left(headers: dict[str, str], seconds: float | None):
    assert failures.retry_after(headers) == seconds


def test_a_parameter_is_added_without_a_change_to_the_others():
    url = URL("http://h/a%2Fb?x=%2C+,&y=a%20b", encoded=True)
    assert str(addressed(url, {"k": "ک &"})) == "http://h/a%2Fb?x=%2C+,&y=a%20b&k=%DA%A9+%26"
    assert addressed(url, {}) is url
