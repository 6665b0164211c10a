"""What a script is told when something stands where the dashboard should, and what becomes of its token."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from core.client import ApiError, Client, ClientError
from core.client.errors import REASONS
from core.i18n import LANGUAGES, translator
from tests.client.stranger import LINES, answer, chunk, stranger
from tests.servers.authority import TlsAuthority
from tests.servers.stubs import stub_server

TOKEN = "Zq7-never-shown"
WAIT_S = 30
"""How long a server waits for what must come before it goes on."""
RESULT, SUMMARY = '{"type": "result", "name": "یک", "ok": true}', '{"type": "summary", "total": 1}'
JSON = {"content_type": "application/json"}
PAGE = answer("502 Bad Gateway", "<html>Zq8</html>", content_type="text/html; charset=utf-8")


def trouble(url: str, call: Callable[[Client], Any] = lambda client: client.health("acme"), **options: Any) -> str:
    """The reason of what goes wrong, whose words hold neither the token nor what came from the other end."""
    with pytest.raises(ClientError) as caught, Client(url, TOKEN, **options) as client:
        call(client)
    assert not isinstance(caught.value, ApiError)
    assert "Zq" not in f"{caught.value} {caught.value!r}"
    return caught.value.reason


def refusal(said: bytes) -> ApiError:
    with stranger(said) as other, Client(other.url, TOKEN) as client, pytest.raises(ApiError) as caught:
        client.health("acme")
    return caught.value


def test_a_token_does_not_follow_a_redirect() -> None:
    with stranger(answer("200 OK", "{}", **JSON)) as target:
        moved = answer("307 Temporary Redirect", location=f"{target.url}/Zq8?key=Zq9")
        with stranger(moved) as first, pytest.raises(ClientError) as caught, Client(first.url, TOKEN) as client:
            client.create("acme", {"kind": "rest"})
        assert caught.value.reason == "redirected"
        assert caught.value.facts == {"url": first.url, "location": target.url}
        assert target.asked == []
    assert first.heard[0]["Authorization"] == f"Bearer {TOKEN}"


def test_a_certificate_that_cannot_be_trusted_ends_it_before_the_token_is_sent(
    tls_authority: TlsAuthority, tmp_path: Path
) -> None:
    own = tmp_path / "ca.pem"
    own.write_text(tls_authority.pem)
    ok = b'{"status": "ok"}', {"Content-Type": "application/json"}
    with stub_server(200, *ok, tls=tls_authority.issue()) as url:
        assert trouble(url) == "certificate"
        assert trouble(url, insecure=True) == "certificate"
        with Client(url, TOKEN, ca_file=str(own)) as client:
            assert client.ready() == {"status": "ok"}
    for wrong in (tls_authority.issue("elsewhere.example"), tls_authority.issue(expired=True)):
        with stub_server(200, *ok, tls=wrong) as url:
            assert trouble(url, ca_file=str(own)) == "certificate"
    assert trouble(url, ca_file=str(tmp_path / "none")) == "ca_file"


@pytest.mark.parametrize(
    "said",
    [
        PAGE,
        answer("200 OK", "<html>Zq8</html>", content_type="text/html"),
        answer("200 OK", "[1]", **JSON),
        answer("200 OK", '{"status": "o', **JSON),
        answer("403 Forbidden", '{"message": "Zq8"}', **JSON),
        answer("404 Not Found"),
        answer("304 Not Modified"),
    ],
)
def test_an_answer_that_is_not_ours_is_said_to_be_a_strangers(said: bytes) -> None:
    with stranger(said) as other:
        assert trouble(other.url) == "foreign_answer"
        assert trouble(other.url, lambda client: list(client.list("acme"))) == "foreign_answer"
        assert trouble(other.url, lambda client: client.ping_all("acme")) == "foreign_answer"
        assert not Client(other.url, TOKEN).alive()


def test_a_page_without_items_is_a_strangers() -> None:
    with stranger(answer("200 OK", '{"hello": 1}', **JSON)) as other:
        assert trouble(other.url, lambda client: next(client.list("acme"))) == "foreign_answer"


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.health("acme"),
        lambda client: client.get("acme", "1"),
        lambda client: client.ping("acme", "1"),
        lambda client: client.sample("acme", "1", {}),
        lambda client: client.test("acme", "rest", {}),
        lambda client: client.catalog("acme", "1"),
        lambda client: client.history("acme", "1"),
        lambda client: client.metrics("acme", "1"),
        lambda client: client.ready(),
    ],
)
def test_an_object_without_what_was_asked_for_is_a_strangers(call: Callable[[Client], Any]) -> None:
    with stranger(answer("200 OK", '{"hello": 1}', **JSON)) as other:
        assert trouble(other.url, call) == "foreign_answer"


def test_what_answered_instead_is_named() -> None:
    with stranger(PAGE) as other, Client(other.url, TOKEN) as client, pytest.raises(ClientError) as caught:
        client.health("acme")
    assert caught.value.facts == {"url": other.url, "status": 502, "type": "text/html"}


def test_a_wait_that_is_asked_for_is_known() -> None:
    problem = '{"code": "too_many_requests", "detail": "Slower.", "retry_after_s": 7}'
    said = refusal(answer("429 Too Many Requests", problem, content_type="application/problem+json"))
    assert (said.status, said.code, said.detail, said.retry_after_s) == (429, "too_many_requests", "Slower.", 7)
    assert str(said) == "429 too_many_requests: Slower."
    by_header = refusal(answer("429 Too Many Requests", '{"code": "x"}', retry_after="12", **JSON))
    assert by_header.retry_after_s == 12
    dated = refusal(answer("503 Unavailable", '{"code": "x"}', retry_after="Fri, 31 Dec 1999 23:59:59 GMT", **JSON))
    assert dated.retry_after_s is None


def test_fields_that_are_refused_are_known_by_name() -> None:
    problem = '{"code": "x", "detail": "No.", "errors": [{"field": "config.port", "message": "wrong"}, "odd"]}'
    said = refusal(answer("422 Unprocessable", problem, **JSON))
    assert (said.fields, str(said)) == ({"config.port": "wrong"}, "422 x: No. config.port: wrong")


def test_the_rule_that_refused_is_known_with_its_part() -> None:
    problem = '{"code": "query_refused", "detail": "No.", "rule": "function.process", "part": "pg_sleep"}'
    said = refusal(answer("422 Unprocessable", problem, **JSON))
    assert (said.rule, said.part) == ("function.process", "pg_sleep")
    bare = refusal(answer("422 Unprocessable", '{"code": "x"}', **JSON))
    assert (bare.rule, bare.part) == (None, None)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(b"", id="it hangs up"),
        pytest.param(b"0\r\n\r\n", id="it ends without a summary"),
        pytest.param(chunk('{"type": "res'), id="half a line"),
        pytest.param(chunk("[]"), id="a line that is none of ours"),
    ],
)
def test_a_server_that_dies_while_all_are_pinged_is_told_after_what_it_said(end: bytes) -> None:
    with stranger(LINES + chunk(RESULT) + chunk(RESULT) + end) as other, Client(other.url, TOKEN) as client:
        lines = client.ping_all("acme")
        assert [next(lines)["name"], next(lines)["name"]] == ["یک", "یک"]
        with pytest.raises(ClientError) as caught:
            next(lines)
    assert (caught.value.reason, caught.value.facts) == ("cut_off", {"url": other.url})


@pytest.mark.parametrize("head", [LINES, LINES.replace(b"transfer-encoding: chunked\r\n", b"")])
def test_each_line_is_handed_over_as_it_comes(head: bytes) -> None:
    seen, wrap = threading.Event(), chunk if head is LINES else lambda line: f"{line}\n".encode()

    def say(out: BinaryIO) -> None:
        out.write(head + wrap(RESULT))
        if seen.wait(WAIT_S):
            out.write(wrap(SUMMARY) + (b"0\r\n\r\n" if head is LINES else b""))

    with stranger(say) as other, Client(other.url, TOKEN) as client:
        lines = client.ping_all("acme")
        assert next(lines)["type"] == "result"
        seen.set()
        assert [line["type"] for line in lines] == ["summary"]


def test_a_server_that_is_not_there_or_says_nothing(refused_port: int) -> None:
    assert trouble(f"http://127.0.0.1:{refused_port}") == "server_unreachable"
    with stranger(b"") as other:
        assert trouble(other.url) == "server_unreachable"
    over = threading.Event()
    with stranger(lambda out: over.wait(WAIT_S)) as other:
        assert trouble(other.url, timeout=0.2) == "server_timeout"
        over.set()


@pytest.mark.parametrize(
    "url",
    ["", "example.com", "ftp://example.com", "https://", "https://me:Zq8@example.com", "https://example.com/?key=Zq8",
     "https://example.com/#Zq8", "https://example.com:0", "https://example.com:99999", "http://[::1",
     "https://ex ample"],
)  # fmt: skip
def test_what_is_no_address_is_refused_before_anything_is_sent(url: str) -> None:
    assert trouble(url) == "server_url"


@pytest.mark.parametrize("url", ["http://example.com", "http://127.0.0.1.example.com", "http://10.0.0.1:8501"])
def test_plain_http_goes_to_this_machine_only(url: str) -> None:
    assert trouble(url) == "plain_http"
    Client(url, TOKEN, insecure=True).close()


@pytest.mark.parametrize("url", ["http://127.8.9.1", "http://localhost:1", "http://[::1]:8501", "https://example.com/"])
def test_this_machine_and_https_need_no_permission(url: str) -> None:
    assert repr(Client(url, TOKEN)) == f"Client({url.rstrip('/')!r})"


@pytest.mark.parametrize("token", ["", "Zq7 Zq8", "Zq7\nHost: x", "توکن", "Zq7\x7f"])
def test_what_is_no_token_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(ClientError) as caught:
        Client("http://127.0.0.1", token)
    assert caught.value.reason == "token"
    assert "Zq" not in f"{caught.value} {caught.value!r}"


def test_no_header_is_slipped_in() -> None:
    with Client("http://127.0.0.1:1", TOKEN) as client, pytest.raises(ClientError) as caught:
        client.create("acme", {}, idempotency_key="a\r\nX-Other: b")
    assert (caught.value.reason, caught.value.facts) == ("header", {"name": "Idempotency-Key"})


def test_a_proxy_of_the_environment_is_used_but_for_this_machine_and_no_netrc_replaces_the_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine cheshmeh.example login someone password Zq8\nmachine 127.0.0.1 login a password Zq9\n")
    healthy = answer("200 OK", '{"status": "ok"}', **JSON)
    with stranger(healthy) as proxy, stranger(healthy) as here:
        for name, value in {"NETRC": str(netrc), "http_proxy": proxy.url, "no_proxy": ""}.items():
            monkeypatch.setenv(name, value)
        with Client("http://cheshmeh.example", TOKEN, insecure=True) as client:
            assert client.alive()
            client.ready()
        with Client(here.url, TOKEN) as client:
            client.ready()
    assert [line.split()[1] for line in proxy.asked] == [
        "http://cheshmeh.example/healthz", "http://cheshmeh.example/readyz"
    ]  # fmt: skip
    assert [headers["Authorization"] for headers in proxy.heard] == [None, f"Bearer {TOKEN}"]
    assert [headers["Authorization"] for headers in here.heard] == [f"Bearer {TOKEN}"]


def test_what_stands_in_a_path_does_not_leave_it() -> None:
    source = answer("200 OK", '{"id": "1", "name": "n", "state": "closed"}', **JSON)
    with stranger(source) as other, Client(f"{other.url}/under/", TOKEN, lang="fa") as client:
        client.update("ac/me?x", "a#b", {"name": "n"}, if_match='"3"')
        client.create("acme", {"name": "n"}, idempotency_key="k1")
    assert other.asked[0] == "PATCH /under/orgs/ac%2Fme%3Fx/datasources/a%23b HTTP/1.1"
    assert [other.heard[0][name] for name in ("If-Match", "Accept-Language")] == ['"3"', "fa"]
    assert (other.heard[1]["Idempotency-Key"], other.heard[1]["If-Match"]) == ("k1", None)


def test_the_client_loads_nothing_heavy() -> None:
    loaded = "import core.client, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    heavy = {"sqlalchemy", "fastapi", "starlette", "streamlit", "pydantic", "structlog", "babel", "pandas", "aiohttp"}
    assert "requests" in done.stdout.split()
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_has_a_sentence_of_its_own_in_every_language(reason: str) -> None:
    assert all(f"client.{reason}" in translator(lang) for lang in LANGUAGES)
