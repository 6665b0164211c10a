"""Who a request came from: what a proxy says counts where it is trusted, and from nobody else."""

from types import SimpleNamespace

import pytest
from pydantic import ValidationError
from starlette.requests import HTTPConnection

from core.api.proxies import client_address, is_secure
from core.settings import Settings

PROXIES = "10.0.0.0/8, 2001:db8:ffff::/48"


def connection(peer: str | None, *headers: tuple[str, str], trusted: str | None = PROXIES) -> HTTPConnection:
    settings = Settings(_env_file=None, trusted_proxies=trusted)
    app = SimpleNamespace(state=SimpleNamespace(runtime=SimpleNamespace(settings=settings)))
    raw = [(name.encode(), value.encode()) for name, value in [("host", "localhost"), *headers]]
    client = (peer, 4711) if peer else None
    return HTTPConnection(
        {"type": "http", "app": app, "client": client, "headers": raw, "scheme": "http", "path": "/", "method": "GET"}
    )


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["203.0.113.9"], "192.0.2.7"),
        ("10.1.1.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.1.1.1", ["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
        ("10.1.1.1", ["6.6.6.6, 203.0.113.9, 10.2.2.2"], "203.0.113.9"),
        ("10.1.1.1", ["6.6.6.6", "203.0.113.9, 10.2.2.2"], "203.0.113.9"),
        ("10.1.1.1", ["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        ("10.1.1.1", ["203.0.113.9:51000"], "203.0.113.9"),
        ("10.1.1.1", ["[2001:db8::7]:51000"], "2001:db8::7"),
        ("10.1.1.1", ["2001:db8::7"], "2001:db8::7"),
        ("10.1.1.1", ["203.0.113.9, unknown"], "10.1.1.1"),
        ("10.1.1.1", ["<script>"], "10.1.1.1"),
        ("10.1.1.1", [""], "10.1.1.1"),
        ("10.1.1.1", [], "10.1.1.1"),
        ("::ffff:10.1.1.1", ["203.0.113.9"], "203.0.113.9"),
        ("2001:db8:ffff::1", ["203.0.113.9"], "203.0.113.9"),
    ],
)
def test_the_last_address_that_is_no_trusted_proxy_counts(peer: str, forwarded: list[str], address: str) -> None:
    assert client_address(connection(peer, *(("x-forwarded-for", value) for value in forwarded))) == address


def test_without_a_list_nobody_is_believed() -> None:
    heard = connection("127.0.0.1", ("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https"), trusted=None)
    assert client_address(heard) == "127.0.0.1"
    assert not is_secure(heard)


def test_without_a_network_there_is_no_address() -> None:
    assert client_address(connection(None, ("x-forwarded-for", "203.0.113.9"))) is None


@pytest.mark.parametrize(
    ("peer", "told", "secure"),
    [
        ("10.1.1.1", "https", True),
        ("10.1.1.1", "http, https", True),
        ("10.1.1.1", "https, http", False),
        ("10.1.1.1", "http", False),
        ("192.0.2.7", "https", False),
    ],
)
def test_a_trusted_proxy_says_whether_the_browser_speaks_tls(peer: str, told: str, secure: bool) -> None:
    assert is_secure(connection(peer, ("x-forwarded-proto", told))) is secure


@pytest.mark.parametrize("wrong", ["everybody", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/8;127.0.0.1"])
def test_a_list_that_is_none_stops_the_start(wrong: str) -> None:
    with pytest.raises(ValidationError):
        Settings(_env_file=None, trusted_proxies=wrong)
