"""Saved queries and the sample policy over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from core.models import Role
from tests.api.conftest import Org
from tests.api.test_rights import problem

OF_ONE = [
    ("GET", "", Role.ANALYST),
    ("PATCH", "", Role.ADMIN),
    ("DELETE", "", Role.ADMIN),
    ("POST", "/request", Role.ANALYST),
    ("POST", "/approve", Role.ADMIN),
    ("POST", "/revoke", Role.ADMIN),
    ("POST", "/run", Role.ANALYST),
]
EVERY = [
    ("GET", "queries", Role.ANALYST),
    ("POST", "queries", Role.ANALYST),
    ("GET", "policy", Role.VIEWER),
    ("PUT", "policy", Role.ADMIN),
    *((method, f"queries/{{id}}{path}", least) for method, path, least in OF_ONE),
]
SQL = "SELECT id FROM orders WHERE city = 'New York' AND id > $1"


def call(org: Org, method: str, path: str, role: Role | None = Role.ADMIN, slug: str = "", **options: Any) -> Any:
    return org.call(method, f"/orgs/{slug or org.slug}/{path}", role, **options)


def save(org: Org, source: str, role: Role = Role.ADMIN, **changes: Any) -> dict[str, Any]:
    body = {"name": "orders", "source_id": source, "params": {"table": "orders"}, "shared": True, **changes}
    answer = call(org, "POST", "queries", role, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/orgs/{org.slug}/queries/{answer.json()['id']}"
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.parametrize(("method", "path", "least"), EVERY)
def test_who_may_do_what_and_in_which_order_it_is_refused(
    org: Org, foreign: Org, method: str, path: str, least: Role
) -> None:
    made = save(org, org.add()["id"])
    below, nonsense = path.format(id=made["id"]), {"data": b"{ no json"}
    problem(call(org, method, below, None, **nonsense), 401, "unauthenticated")
    problem(call(foreign, method, below, slug=org.slug, **nonsense), 404, "not_found")
    for role in Role:
        if role < least:
            problem(call(org, method, below, role, **nonsense), 403, "forbidden")
    if method in ("POST", "PATCH", "PUT") and path.rpartition("/")[2] in ("queries", "{id}", "policy", "run"):
        problem(call(org, method, below, **nonsense), 400, "bad_request")
        problem(call(org, method, below, data=b'{"name": "' + b"x" * 1024 * 1024 + b'"'), 413, "body_too_large")
    if "{id}" in path:
        for other in (uuid4(), "no-uuid", "%00"):
            problem(call(org, method, path.format(id=other), Role.VIEWER, **nonsense), 404, "not_found")


def test_a_private_query_of_somebody_else_is_not_there(org: Org) -> None:
    made = save(org, org.add()["id"], Role.ANALYST, shared=False)
    assert call(org, "GET", f"queries/{made['id']}", Role.ANALYST).json() == made
    assert call(org, "GET", "queries").json()["items"] == []
    call(org, "POST", f"queries/{made['id']}/request", Role.ANALYST)
    assert [query["status"] for query in call(org, "GET", "queries").json()["items"]] == ["requested"]


def test_an_administrator_decides_on_a_draft_whose_id_they_were_given(org: Org) -> None:
    made = save(org, org.add()["id"], Role.ANALYST, shared=False)
    problem(call(org, "POST", f"queries/{made['id']}/approve", Role.EDITOR), 404, "not_found")
    assert call(org, "POST", f"queries/{made['id']}/approve").json()["status"] == "approved"


def test_only_what_is_approved_runs_however_it_is_written(org: Org) -> None:
    config = {"host": "127.0.0.1", "port": 1, "database": "d", "user": "u"}
    source = org.add(kind="postgres", config=config, breaker={"failure_threshold": 1000})["id"]
    params = {"sql": SQL, "args": [{"$param": "least"}]}
    made = save(org, source, params=params, parameters={"least": "integer"})
    assert call(org, "PUT", "policy", json={"samples": "approved_only"}).json() == {"samples": "approved_only"}

    def sampled(sql: str, *args: Any, role: Role = Role.ANALYST) -> Any:
        return org.call("POST", f"{source}/sample", role, json={"params": {"sql": sql, "args": list(args)}})

    refused = problem(sampled(SQL, 5, role=Role.ADMIN), 422, "query_refused")
    assert ("approved" in refused["detail"], refused["rule"], "part" in refused) == (True, "approved_only", False)
    assert call(org, "POST", f"queries/{made['id']}/approve", params={"version": "1"}).status_code == 200
    # What is let through reaches for a server that is not there.
    for text in (SQL, SQL.lower().replace("new york", "New York"), SQL.replace("FROM", "/* x */\nFROM"), SQL + " -- y"):
        problem(sampled(text, 7), 502, "unreachable")
    for text, *args in (
        [SQL.replace("New York", "New  York"), 5],
        [SQL.replace("New York", "new york"), 5],
        [SQL.replace("orders", "payments"), 5],
        [SQL, "5"],
        [SQL, 5.0],
    ):
        problem(sampled(text, *args), 422, "query_refused")
    problem(call(org, "POST", f"queries/{made['id']}/run", json={"parameters": {"least": 5}}), 502, "unreachable")
    assert call(org, "POST", f"queries/{made['id']}/revoke").json()["status"] == "revoked"
    problem(sampled(SQL, 7), 422, "query_refused")


def test_an_approved_query_answers(org: Org) -> None:
    made = save(org, org.add()["id"], Role.ANALYST)
    call(org, "PUT", "policy", json={"samples": "approved_only"})
    problem(call(org, "POST", f"queries/{made['id']}/run", Role.ANALYST, json={}), 422, "query_refused")
    call(org, "POST", f"queries/{made['id']}/approve")
    answer = call(org, "POST", f"queries/{made['id']}/run", Role.ANALYST, json={})
    assert (answer.status_code, answer.json()["rows"]) == (200, [{"id": 1}])


def test_a_sample_names_what_has_no_value_yet(org: Org) -> None:
    source = org.add("orders", kind="postgres", config={"host": "127.0.0.1", "port": 1, "database": "d", "user": "u"})
    params = {"sql": "select $1::int", "args": [1, {"$param": "least"}]}
    answer = org.call("POST", f"{source['id']}/sample", json={"params": params})
    problem(answer, 422, "validation_error")
    [error] = answer.json()["errors"]
    assert error["field"] == "params.args"
    assert error["message"].startswith("least stands for a value that is not there yet")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"samples": "closed"}, "samples"),
        ({"samples": None}, "samples"),
        ({}, "samples"),
        ({"samples": "open", "x": 1}, "x"),
    ],
)
def test_a_wrong_policy_names_its_field(org: Org, body: dict[str, Any], field: str) -> None:
    refused = problem(call(org, "PUT", "policy", json=body), 422, "validation_error")
    assert [each["field"] for each in refused["errors"]] == [field]
    assert call(org, "GET", "policy", Role.VIEWER).json() == {"samples": "open"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": 5}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"params": []}, "params"),
        ({"parameters": {"a b": "string"}}, "parameters"),
        ({"parameters": {"a": "text"}}, "parameters.a"),
        ({"shared": "yes"}, "shared"),
        ({"params": {"table": "t", "nothing": 1}}, "params.nothing"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_a_wrong_query_names_its_field(org: Org, body: dict[str, Any], field: str) -> None:
    whole = {"name": "orders", "source_id": org.add()["id"], "params": {"table": "t"}, **body}
    refused = problem(call(org, "POST", "queries", json=whole), 422, "validation_error")
    assert refused["errors"][0]["field"].startswith(field)


def test_a_version_that_was_changed_since_is_not_approved(org: Org) -> None:
    made = save(org, org.add()["id"])
    call(org, "PATCH", f"queries/{made['id']}", json={"params": {"table": "salaries"}})
    problem(call(org, "POST", f"queries/{made['id']}/approve", params={"version": "1"}), 412, "precondition_failed")
    problem(call(org, "POST", f"queries/{made['id']}/approve", params={"version": "x"}), 422, "validation_error")


def test_those_of_one_source_alone_are_listed(org: Org) -> None:
    first, second = org.add("one")["id"], org.add("two")["id"]
    save(org, first, name="a")
    save(org, second, name="b")
    answer = call(org, "GET", "queries", Role.ANALYST, params={"ds_id": second})
    assert [each["name"] for each in answer.json()["items"]] == ["b"]
    problem(call(org, "GET", "queries", params={"ds_id": "x"}), 422, "validation_error")
