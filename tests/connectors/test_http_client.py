"""The shared HTTP client against peers that misbehave: seen through a REST source, at the peer's own end."""

import asyncio
import gzip
import socket
import ssl
import tracemalloc
import zlib
from pathlib import Path

import pytest
from yarl import URL

from core.connectors.base import Environment, Limits
from core.connectors.http.client import Answer, HttpClient, Request, addressed, redirected
from core.connectors.http.dial import guarded_socket
from core.connectors.http.tls import TlsConfig
from core.errors import BadAnswer, CertificateInvalid, EgressDenied, QueryRefused, SourceTimeout, Unreachable
from core.models import CheckStatus
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import error_of
from tests.connectors.rest_source import JSON, answer, moved, opened, peer
from tests.servers.authority import TlsAuthority
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


@pytest.mark.parametrize("path", ["/a/b", "/b?x=1", "b", "//{here}/c", "{url}/c"])
async def test_a_redirect_within_the_origin_keeps_the_credentials(path: str):
    async with peer(b"", answer()) as there:
        there.answers[0] = moved(path.format(here=f"127.0.0.1:{there.port}", url=there.url))
        async with opened(there.url, auth=BEARER) as rest:
            await rest.sample({"path": "/a"})
        assert all("Authorization: Bearer s3cret-token" in request for request in there.requests)
        assert len(there.requests) == 2


@pytest.mark.parametrize("auth", [BEARER, {"type": "header", "name": "X-Key", "value": "s3cret-token"}, BY_QUERY])
async def test_a_redirect_to_another_origin_carries_no_credentials(auth: dict[str, str]):
    headers = {"Cookie": "sid=s3cret", "X-Tenant": "s3cret"}
    async with peer() as other, peer(moved(f"{other.url}/there?page=1&api_key=s3cret%20key%26%3D%25")) as there:
        async with opened(there.url, auth=auth, headers=headers) as rest:
            await rest.sample({})
        assert "s3cret" in there.requests[0]
        if auth is BY_QUERY:
            assert other.requests[0].startswith("GET /there?page=1 HTTP/1.1")
            assert "s3cret" not in other.requests[0]
        else:
            assert "s3cret-token" not in other.requests[0]
        assert "Cookie" not in other.requests[0]
        assert "X-Tenant" not in other.requests[0]


async def test_credentials_do_not_come_back_with_the_way_home():
    async with peer() as other, peer(b"", answer()) as there:
        there.answers[0] = moved(f"{other.url}/x")
        other.answers[0] = moved(f"{there.url}/y")
        async with opened(there.url, auth=BEARER) as rest:
            await rest.sample({})
        assert ["Authorization" in request for request in there.requests] == [True, False]


async def test_a_parameter_that_says_who_asks_is_sent_on_within_the_origin():
    async with peer(moved("/moved?page=2"), answer()) as there, opened(there.url, auth=BY_QUERY) as rest:
        sample = await rest.sample({"query": {"q": "الف/ب"}})
        lines = [request.split(" ")[1] for request in there.requests]
        assert lines == [
            "/?q=%D8%A7%D9%84%D9%81%2F%D8%A8&api_key=s3cret+key%26%3D%25",
            "/moved?page=2&api_key=s3cret+key%26%3D%25",
        ]
        assert "s3cret" not in sample.executed


async def test_user_and_password_in_a_redirect_are_not_taken_over():
    async with peer(moved("http://u:p@127.0.0.1:{port}/x"), answer()) as there:
        there.answers[0] = moved(f"http://u:p@127.0.0.1:{there.port}/x#part")
        async with opened(there.url) as rest:
            await rest.sample({})
        assert "Authorization" not in there.requests[1]


@pytest.mark.parametrize("port", [":80", ""])
def test_an_origin_is_the_same_with_its_port_spelled_out(port: str):
    there = URL(f"http://h{port}/x", encoded=True)
    request = Request("GET", URL("http://h/"), credentials={"Cookie": "x"})
    hop = redirected(request, Answer(302, "", {"Location": str(there)}, b"", True, request.url))
    assert hop.credentials == {"Cookie": "x"}


async def test_redirects_end_after_three(records: WebServer):
    async with opened(records.url, health_path="/loop") as rest:
        assert str(await error_of(rest.ping())) == "bad_answer.redirects"
    async with peer(*[moved("/next")] * 3, answer()) as there, opened(there.url) as rest:
        assert (await rest.ping())[0]
        assert len(there.requests) == 4


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[::1", "gopher:x"])
async def test_a_redirect_to_what_is_no_service_is_not_followed(to: str):
    async with peer(moved(to)) as there, opened(there.url) as rest:
        assert str(await error_of(rest.ping())) == "bad_answer.redirect_address"


async def test_a_redirect_that_gives_up_tls_is_not_followed(tls_authority: TlsAuthority):
    async with peer() as trap, peer(moved(trap.url), tls=tls_authority.issue().server_context()) as there:
        async with opened(there.url, ca_pem=tls_authority.pem) as rest:
            assert str(await error_of(rest.ping())) == "bad_answer.redirect_address"
        assert trap.connections == 0


@pytest.mark.parametrize(
    "to", ["http://169.254.169.254/latest/meta-data", "http://[::ffff:169.254.169.254]/", "http://0/"]
)
async def test_each_hop_is_judged_by_the_address_rules(to: str):
    async with peer(moved(to)) as there, opened(there.url) as rest:
        assert isinstance(await error_of(rest.ping()), EgressDenied)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "0.0.0.1", "2852039166", "0xa9.254.169.254"])
async def test_a_denied_address_is_never_dialled(host: str):
    async with opened(f"http://{host}:80") as rest:
        assert isinstance(await error_of(rest.ping()), EgressDenied)
        checks = [check async for check in rest.diagnose()]
    assert [check.step for check in checks if check.status is CheckStatus.FAILED] == ["egress"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433"])
async def test_what_the_list_does_not_allow_is_never_connected_to(counting_port: Listener, host: str):
    async with opened(f"http://{host}:{counting_port.port}", egress=EgressPolicy(allow=("10.0.0.0/8",))) as rest:
        for call in (rest.ping, rest.describe, lambda: rest.sample({})):
            assert isinstance(await error_of(call()), EgressDenied)
    assert counting_port.accepted == 0


async def test_a_redirect_out_of_the_list_is_never_connected_to(counting_port: Listener):
    egress = EgressPolicy(allow=("127.0.0.1",))
    async with (
        peer(moved(f"http://127.0.0.2:{counting_port.port}/")) as there,
        opened(there.url, egress=egress) as rest,
    ):
        assert str(await error_of(rest.ping())) == "egress_denied.not_allowed"
    assert counting_port.accepted == 0


async def test_the_dashboards_own_port_is_denied(counting_port: Listener):
    egress = EgressPolicy(own_ports=frozenset({counting_port.port}))
    async with opened(f"http://localhost:{counting_port.port}", egress=egress) as rest:
        assert str(await error_of(rest.ping())) == "egress_denied.own"
    assert counting_port.accepted == 0


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


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1%eth0", "0.0.0.0"])  # noqa: S104 - denied here
def test_below_all_names_no_socket_is_made_for_a_denied_address(address: str):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(EgressDenied):
        guarded_socket(EgressPolicy())((family, socket.SOCK_STREAM, 0, "", (address, 80)))


@pytest.mark.parametrize(
    ("names", "expired", "trusted", "reason"),
    [
        (("127.0.0.1",), False, False, "authority"),
        (("other.example",), False, True, "name"),
        (("127.0.0.1",), True, True, "expired"),
    ],
)
async def test_a_certificate_is_judged(
    tls_authority: TlsAuthority, names: tuple[str, ...], expired: bool, trusted: bool, reason: str
):
    context = tls_authority.issue(*names, expired=expired).server_context()
    config = {"ca_pem": tls_authority.pem} if trusted else {}
    async with peer(tls=context) as there, opened(there.url, **config) as rest:
        error = await error_of(rest.ping())
        assert isinstance(error, CertificateInvalid)
        assert error.reason == reason
        failed = [check async for check in rest.diagnose() if check.status is CheckStatus.FAILED]
        assert [check.step for check in failed] == ["tls"]
        assert there.requests == []


async def test_a_pasted_authority_is_trusted_and_the_certificate_shown(tls_authority: TlsAuthority):
    context = tls_authority.issue().server_context()
    async with peer(tls=context) as there, opened(there.url, ca_pem=tls_authority.pem) as rest:
        assert await rest.ping() == (True, "HTTP 200")
        tls = {check.step: check async for check in rest.diagnose()}["tls"]
        assert tls.status is CheckStatus.OK
        assert tls.evidence
        assert tls.evidence.key == "check.certificate"


async def test_without_verification_the_ladder_says_so(tls_authority: TlsAuthority):
    context = tls_authority.issue("other.example", expired=True).server_context()
    async with peer(tls=context) as there, opened(there.url, tls_verify=False) as rest:
        assert (await rest.ping())[0]
        tls = {check.step: check async for check in rest.diagnose()}["tls"]
        assert (tls.status, tls.advice and tls.advice.key) == (CheckStatus.WARNING, "check.tls_unverified")
        assert tls.fields == ("config.tls_verify",)


async def test_tls_towards_a_plain_port_is_named(http_port: int):
    async with opened(f"https://127.0.0.1:{http_port}") as rest:
        assert str(await error_of(rest.ping())) == "tls_invalid.unsupported"


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


async def test_a_request_with_a_body_is_not_redirected():
    async with peer(moved("/x", 307)) as there:
        http = HttpClient(TlsConfig(), Environment(EgressPolicy()), Limits(1, 5, 5), lambda *_: True, "endpoint")
        error = await error_of(http.send(Request("POST", URL(there.url), body=b"{}"), 10, 3))
        await http.close()
        assert str(error) == "bad_answer.redirect_address"
        assert len(there.requests) == 1


async def test_a_refused_handshake_is_no_reset(tls_authority: TlsAuthority):
    context = tls_authority.issue().server_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=tls_authority.pem)
    async with peer(tls=context) as there, opened(there.url, ca_pem=tls_authority.pem) as rest:
        assert isinstance(await error_of(rest.ping()), CertificateInvalid | Unreachable)


def test_a_parameter_is_added_without_a_change_to_the_others():
    url = URL("http://h/a%2Fb?x=%2C+,&y=a%20b", encoded=True)
    assert str(addressed(url, {"k": "ک &"})) == "http://h/a%2Fb?x=%2C+,&y=a%20b&k=%DA%A9+%26"
    assert addressed(url, {}) is url
