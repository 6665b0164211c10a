"""Problems: their shape, their language, and paths that lead nowhere."""

from typing import Any

import pytest

from core.models import Role
from tests.api.conftest import Org

KEYS = ["type", "title", "status", "detail", "code", "instance"]


@pytest.mark.parametrize(
    ("accepts", "persian"),
    [
        ("fa", True),
        ("en", False),
        ("en-GB,en;q=0.9,fa;q=0.5", False),
        ("fa-IR,en;q=0.9", True),
        ("", True),
        ("de", True),
        ("en;q=0", True),
        (";;;,,q=", True),
    ],
)
def test_a_problem_speaks_the_readers_language_and_persian_by_default(org: Org, accepts: str, persian: bool) -> None:
    answer = org.call("GET", "no-such-id", headers={"Accept-Language": accepts})
    body = answer.json()
    assert list(body) == KEYS
    assert body["instance"] == f"/orgs/{org.slug}/datasources/no-such-id"
    assert all(any("\u0600" <= letter <= "\u06ff" for letter in body[key]) is persian for key in ("title", "detail"))


@pytest.mark.parametrize("language", ["fa", "en"])
def test_each_wrong_field_has_a_sentence_of_its_own(org: Org, language: str) -> None:
    body = {"kind": "postgres", "name": "n", "config": {"host": "h", "port": 0, "user": "u"}}
    answer = org.call("POST", json=body, headers={"Accept-Language": language}).json()
    assert list(answer) == [*KEYS, "errors"]
    assert [list(error) for error in answer["errors"]] == [["field", "message"]] * 2
    assert len({error["message"] for error in answer["errors"]}) == 2
    assert not any("field." in error["message"] for error in answer["errors"])


@pytest.mark.parametrize(
    ("language", "advice"), [("fa", "هر بار فقط یک دستور بفرستید."), ("en", "Send one statement at a time.")]
)
def test_a_problem_says_what_to_do_where_there_is_more_to_say(org: Org, language: str, advice: str) -> None:
    config = {"host": "127.0.0.1", "port": 1, "database": "d", "user": "u"}
    made = org.call("POST", json={"kind": "postgres", "name": f"shop {language}", "config": config}).json()
    headers = {"Accept-Language": language}
    asked = {"params": {"sql": "SELECT 1; SELECT 2"}}
    refused = org.call("POST", f"{made['id']}/sample", json=asked, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["advice"] == advice


def test_a_refused_query_names_the_rule_and_the_part(org: Org) -> None:
    config = {"host": "127.0.0.1", "port": 1, "database": "d", "user": "u"}
    made = org.add(kind="postgres", config=config)
    body = org.call("POST", f"{made['id']}/sample", json={"params": {"sql": "SELECT pg_sleep(1)"}}).json()
    assert (body["code"], body["rule"], body["part"]) == ("query_refused", "function.process", "pg_sleep")
    assert [wrong["field"] for wrong in body["errors"]] == ["params.sql"]


@pytest.mark.parametrize("params", [{"table": "t", "where": "pg_sleep(1) IS NULL"}, {"table": "pg_authid"}])
def test_a_refused_query_names_the_parameter(org: Org, params: dict[str, str]) -> None:
    config = {"host": "127.0.0.1", "port": 1, "database": "d", "user": "u"}
    made = org.add(kind="postgres", config=config)
    body = org.call("POST", f"{made['id']}/sample", json={"params": params}).json()
    assert (body["code"], [wrong["field"] for wrong in body["errors"]]) == (
        "query_refused",
        [f"params.{[*params][-1]}"],
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *(("/orgs/x/nothing", 404), ("/orgs/x", 404), ("/orgs/", 404), ("/api/", 404), ("/api/nothing", 404)),
        *(("/orgs/x/datasources/", 404), ("/orgs/%2e%2e/source", 404), ("/orgs//", 404), ("/api/%2e%2e/add", 404)),
        *(("/orgs/x/datasources/y/nothing", 404), ("/session/nothing", 404), ("/orgs", 404), ("/api", 404)),
        *(("/orgs/%0A", 404), ("/orgs/x%0Ay/nothing", 404), ("/api/%0Anothing", 404), ("/orgs/..%2Fadmin", 404)),
        *(("/orgs//x/datasources", 404), ("/%6Frgs/nothing", 404), ("/session", 404), ("/orgs/%00", 404)),
    ],
)
@pytest.mark.parametrize("role", [None, Role.ADMIN])
def test_a_path_that_leads_nowhere_is_a_problem_and_never_a_page(
    org: Org, path: str, status: int, role: Role | None
) -> None:
    answer = org.call("GET", path, role=role)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        *(("PUT", "", "GET, HEAD, POST"), ("DELETE", "", "GET, HEAD, POST"), ("PUT", "health", "GET, HEAD")),
        *(("DELETE", "{id}/ping", "POST"), ("GET", "{id}/sample", "POST"), ("HEAD", "{id}/sample", "POST")),
        *(("OPTIONS", "{id}", "DELETE, GET, HEAD, PATCH"), ("TRACE", "", "GET, HEAD, POST"), ("X-Y", "test", "POST")),
        *(("GET", "test", "POST"), ("DELETE", "ping", "POST"), ("PATCH", "health", "GET, HEAD")),
        ("OPTIONS", "/api/openapi.json", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_405_and_names_the_right_ones(org: Org, method: str, path: str, allowed: str) -> None:
    answer = org.call(method, path.format(id=org.add()["id"]))
    assert answer.status_code == 405
    assert method == "HEAD" or answer.json()["code"] == "method_not_allowed"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("path", ["", "health", "{id}", "{id}/metrics", "/healthz", "/api/openapi.json", "/api/docs"])
def test_a_head_is_a_get_without_the_body(org: Org, path: str) -> None:
    url = path.format(id=org.add()["id"])
    head, get = org.call("HEAD", url), org.call("GET", url)
    assert (head.status_code, head.content) == (200, b"")
    kept = ("Content-Type", "Content-Length", "ETag")
    assert [head.headers.get(name) for name in kept] == [get.headers.get(name) for name in kept]


def test_health_test_and_ping_are_not_taken_for_ids(org: Org) -> None:
    assert org.call("GET", "health").json()["total"] == 0
    assert org.call("POST", "test", json={}).status_code == 422
    assert org.call("POST", "ping").status_code == 200


def test_the_probes_need_no_token(org: Org) -> None:
    assert org.call("GET", "/healthz", role=None).json() == {"status": "ok"}
    ready = org.call("GET", "/readyz", role=None)
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "parts": [{"name": "database", "ok": True}]})


def openapi(org: Org) -> dict[str, Any]:
    answer = org.call("GET", "/api/openapi.json", role=None)
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def test_the_interface_describes_itself(org: Org) -> None:
    document = openapi(org)
    assert document["openapi"].startswith("3.1")
    base = "/orgs/{org_id}/datasources"
    below = ("", "/health", "/test", "/ping", "/{ds_id}", "/{ds_id}/ping", "/{ds_id}/sample", "/{ds_id}/metrics")
    assert {base + path for path in below} <= set(document["paths"])


@pytest.mark.parametrize("path", ["/healthz", "/orgs/x/nothing", "/session/login", "/"])
def test_every_answer_carries_the_security_headers(org: Org, path: str) -> None:
    headers = org.call("GET", path, role=None).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers
    assert (headers.get("Cache-Control") == "no-store") is path.startswith(("/orgs", "/session"))
