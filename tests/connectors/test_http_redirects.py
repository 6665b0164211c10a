"""Where the shared HTTP client goes: redirects, credentials, and the address rules."""

import socket

import pytest
from yarl import URL

from core.connectors.http.client import Answer, Request, redirected
from core.connectors.http.dial import guarded_socket
from core.errors import EgressDenied
from core.models import CheckStatus
from core.safety.dialling import DialRefused
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import error_of
from tests.connectors.rest_source import answer, moved, opened, peer
from tests.servers.authority import TlsAuthority
from tests.servers.ports import Listener
from tests.servers.web import WebServer

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
BEARER = {"type": "bearer", "token": "s3cret-token"}
BY_QUERY = {"type": "query", "name": "api_key", "value": "s3cret key&=%"}


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


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1%eth0", "0.0.0.0"])  # noqa: S104 - denied here
def test_below_all_names_no_socket_is_made_for_a_denied_address(address: str):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(DialRefused):
        guarded_socket(EgressPolicy())((family, socket.SOCK_STREAM, 0, "", (address, 80)))
