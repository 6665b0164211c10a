"""What every request passes first: foreign hosts are refused, and pages need a session."""

from pathlib import Path

import pytest

from core.api.addresses import origin_of
from core.api.doorway import host_allowed
from core.models import Role, Visitor
from tests.api.conftest import Org, make_org, serving
from tests.api.wire import head, status, wire
from tests.people import add_member, add_user


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        ("localhost:8501", True),
        ("127.0.0.1", True),
        ("192.168.7.7:8501", True),
        ("[::1]:8501", True),
        ("cheshmeh.example.ir", True),
        ("CHESHMEH.example.ir:443", True),
        ("listens.example.ir:8501", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("cheshmeh.example.ir.evil.example", False),
        ("evil.example/@localhost", False),
        ("localhost/assets/", False),
        ("localhost?", False),
        ("localhost#", False),
        ("evil.example@localhost", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_only_our_own_names_and_addresses_are_answered(header: str, allowed: bool) -> None:
    assert host_allowed(header, "Listens.example.ir", "https://cheshmeh.example.ir") is allowed


@pytest.mark.parametrize("path", ["/", "/healthz", "/orgs/x/datasources", "/session/login", "/_stcore/health"])
def test_a_foreign_host_is_refused_everywhere(org: Org, path: str) -> None:
    answer = org.call("GET", path, headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "This host name is not served here." in answer.text


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        ("/", "", "/"),
        ("/source", "source=1&tab=metrics", "/source%3Fsource%3D1%26tab%3Dmetrics"),
    ],
)
def test_a_document_without_a_session_goes_to_the_sign_in_page_and_back(
    org: Org, path: str, query: str, target: str
) -> None:
    url = f"{path}?{query}" if query else path
    answer = org.call("GET", url, role=None, headers={"Sec-Fetch-Dest": "document"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/session/login?next={target}"


@pytest.mark.parametrize("accept", ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8"])
def test_so_does_one_of_a_browser_that_does_not_say_what_it_is_for(org: Org, accept: str) -> None:
    answer = org.call("GET", "/health", role=None, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/session/login?next=/health")


@pytest.mark.parametrize("accept", ["*/*", "image/avif,image/webp,*/*;q=0.8", ""])
def test_a_part_of_a_page_is_401_whoever_does_not_say_what_it_is_for(org: Org, accept: str) -> None:
    assert org.call("GET", "/favicon.ico", role=None, headers={"Accept": accept}).status_code == 401


@pytest.mark.parametrize("path", ["/", "/_stcore/stream", "/_stcore/upload_file/x", "/component/x", "/admin"])
@pytest.mark.parametrize("destination", ["script", "empty", ""])
def test_anything_else_without_a_session_is_401(org: Org, path: str, destination: str) -> None:
    answer = org.call("GET", path, role=None, headers={"Sec-Fetch-Dest": destination})
    assert answer.status_code == 401
    assert "a page" not in answer.text


def test_a_token_opens_no_page(org: Org) -> None:
    assert org.call("GET", "/", role=Role.ADMIN).status_code == 401


@pytest.mark.parametrize("cookie", ["cheshmeh_session=x", "cheshmeh_session=", "cheshmeh_session", "a=b; ;;=", '"'])
def test_a_cookie_that_is_no_session_opens_no_page(org: Org, cookie: str) -> None:
    assert org.call("GET", "/", role=None, headers={"Cookie": cookie}).status_code == 401


@pytest.mark.parametrize("neighbour", ['x={"a":1}', "@a=1", "a b", "x=سلام"])
def test_another_programs_cookie_on_this_host_shuts_nobody_out(org: Org, cookie: str, neighbour: str) -> None:
    sent = f"{neighbour}; {cookie}".encode()
    assert org.call("GET", "/", role=None, headers={"Cookie": sent}).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/session/login", "/api/openapi.json"])
def test_what_needs_no_session_is_answered_without_one(org: Org, path: str) -> None:
    assert org.call("GET", path, role=None).status_code == 200


@pytest.fixture
def cookie(org: Org) -> str:
    """Of an administrator who is signed in."""
    runtime, name = org.served.product.runtime, f"person of {org.slug}"
    add_user(runtime, name, PASSWORD)
    add_member(runtime, org.slug, name, Role.ADMIN)
    return f"cheshmeh_session={runtime.run(runtime.access.sign_in(name, PASSWORD, Visitor()))}"


PASSWORD = "correct horse battery staple"
STREAM = "/_stcore/stream"


def handshake(org: Org, *headers: str, host: str | None = None) -> int:
    """The status of an answer to a websocket's handshake; 404 is that of the page below, which has none."""
    wanted = [
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {'A' * 22}==",
        "Sec-WebSocket-Version: 13",
    ]
    asked = head("GET", STREAM, *wanted, *headers)
    if host is not None:
        asked = asked.replace(b"Host: localhost", f"Host: {host}".encode())
    with wire(org.served) as client:
        client.sendall(asked)
        return status(client)


def test_a_websocket_needs_a_session_our_own_host_and_our_own_origin(org: Org, cookie: str) -> None:
    own, signed_in = "Origin: http://localhost", f"Cookie: {cookie}"
    assert handshake(org, own, signed_in) == 101
    assert handshake(org, own) == 403
    assert handshake(org, own, "Cookie: cheshmeh_session=x") == 403
    assert handshake(org, signed_in) == 403
    assert handshake(org, signed_in, "Origin: https://evil.example") == 403
    assert handshake(org, signed_in, "Origin: null") == 403
    assert handshake(org, signed_in, own, "Sec-Fetch-Site: cross-site") == 403
    assert handshake(org, signed_in, "Origin: http://evil.example", host="evil.example") == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_pages_own_writes_come_from_our_own_origin(org: Org, cookie: str, method: str) -> None:
    def write(**headers: str) -> int:
        return org.call(method, "/_stcore/upload_file/x", role=None, headers={"Cookie": cookie, **headers}).status_code

    assert write() == 403
    assert write(Origin="https://evil.example") == 403
    assert write(**{"Sec-Fetch-Site": "cross-site"}) == 403
    assert write(Origin=org.served.url) == 405  # the page below takes a GET alone
    assert write(**{"Sec-Fetch-Site": "same-origin"}) == 405


def test_over_tls_a_browser_is_told_to_stay_there(tmp_path: Path) -> None:
    with serving(tmp_path, trusted_proxies="127.0.0.1") as running:
        org = make_org(running)
        secure = org.call("GET", "/healthz", headers={"X-Forwarded-Proto": "https"})
        assert secure.headers["Strict-Transport-Security"].startswith("max-age=")
        assert "Strict-Transport-Security" not in org.call("GET", "/healthz").headers


def test_the_trail_has_the_address_that_a_trusted_proxy_tells(tmp_path: Path) -> None:
    with serving(tmp_path, trusted_proxies="127.0.0.0/8") as running:
        org = make_org(running)
        body = {"kind": "fake", "name": "n", "config": {}}
        org.call("POST", json=body, headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})
        lines = org.call("GET", f"/orgs/{org.slug}/audit").json()["items"]
        assert [line["address"] for line in lines if line["action"] == "source.create"] == ["203.0.113.9"]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Cheshmeh.Example.ir", "https://cheshmeh.example.ir"),
        ("https://cheshmeh.example.ir:443/", "https://cheshmeh.example.ir"),
        ("http://cheshmeh.example.ir:80/below", "http://cheshmeh.example.ir"),
        ("http://cheshmeh.example.ir:8501", "http://cheshmeh.example.ir:8501"),
        ("https://چشمه.ایران", "https://xn--zgb8ag3w.xn--mgba3a4f16a"),
        ("http://[::1]:8501", "http://[::1]:8501"),
        ("http://[::1", ""),
        ("http://h:x", ""),
        ("cheshmeh.example.ir", ""),
    ],
)
def test_an_origin_is_compared_as_browsers_write_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin


def test_a_persian_name_of_our_own_is_answered() -> None:
    assert host_allowed("xn--zgb8ag3w.xn--mgba3a4f16a", "127.0.0.1", "https://چشمه.ایران")


def test_a_path_is_judged_as_the_routes_read_it(org: Org) -> None:
    assert org.call("GET", "/orgs%3Fx", role=None).status_code == 401
