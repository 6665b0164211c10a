"""Bodies that are too large, lie about their length, or take too long to come."""

import pytest

from core.api import body as reading
from core.models import Role
from tests.api.conftest import Org
from tests.api.wire import head, status, wire

MEBIBYTE = 1024 * 1024


def bearer(org: Org, role: Role = Role.ADMIN) -> str:
    return f"Authorization: Bearer {org.tokens[role]}"


def path(org: Org) -> str:
    return f"/orgs/{org.slug}/datasources"


def test_a_body_in_chunks_is_413_as_soon_as_it_is_too_large(org: Org) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with wire(org.served) as client:
        client.sendall(head("POST", path(org), bearer(org), "Transfer-Encoding: chunked") + 17 * chunk)
        assert status(client) == 413


def test_a_declared_length_is_refused_before_the_body_comes(org: Org) -> None:
    with wire(org.served) as client:
        client.sendall(head("POST", path(org), bearer(org), f"Content-Length: {MEBIBYTE + 1}"))
        assert status(client) == 413


@pytest.mark.parametrize(("role", "code"), [(Role.VIEWER, 403), (None, 401)])
def test_who_may_not_write_learns_nothing_of_sizes(org: Org, role: Role | None, code: int) -> None:
    who = [bearer(org, role)] if role is not None else []
    with wire(org.served) as client:
        client.sendall(head("POST", path(org), *who, f"Content-Length: {MEBIBYTE + 1}"))
        assert status(client) == code


def test_a_route_that_takes_no_body_takes_no_large_one_either(org: Org) -> None:
    with wire(org.served) as client:
        client.sendall(head("GET", path(org), bearer(org), f"Content-Length: {MEBIBYTE + 1}"))
        assert status(client) == 413


def test_a_body_that_is_shorter_than_it_said_is_408(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BODY_S", 0.2)
    with wire(org.served) as client:
        client.sendall(head("POST", path(org), bearer(org), "Content-Length: 100") + b'{"kind":')
        assert status(client) == 408


def test_a_body_that_drips_is_408(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BODY_S", 0.2)
    with wire(org.served) as client:
        client.sendall(head("POST", path(org), bearer(org), "Transfer-Encoding: chunked") + b"1\r\n{\r\n")
        assert status(client) == 408


def test_what_comes_after_the_declared_length_is_no_part_of_the_body(org: Org) -> None:
    with wire(org.served) as client:
        client.sendall(head("POST", path(org), bearer(org), "Content-Length: 2") + b'{}{"kind": "fake"}')
        assert status(client) == 422
    assert org.call("GET").json()["items"] == []


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Length: 2", "Content-Length: 3"],
        ["Content-Length: -1"],
        ["Content-Length: 2x"],
        ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        [f"X-Large: {'x' * 70_000}"],
    ],
)
def test_headers_that_contradict_themselves_or_are_too_large_are_refused(org: Org, headers: list[str]) -> None:
    with wire(org.served) as client:
        client.sendall(head("POST", path(org), bearer(org), *headers) + b"{}")
        assert status(client) in (400, 431, 501)


def test_too_many_headers_are_refused(org: Org) -> None:
    answer = org.call("GET", headers={f"X-{number}": "x" for number in range(101)})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert "100" in answer.json()["detail"]


@pytest.mark.parametrize("number", ["1e400", "-1e999", "NaN", "Infinity"])
def test_a_number_that_nothing_could_store_is_no_json(org: Org, number: str) -> None:
    made = org.add()
    body = f'{{"params": {{"table": {number}}}}}'
    answer = org.call("POST", f"{made['id']}/sample", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
