"""`approved_only` over HTTP with a real PostgreSQL: what was approved answers, what differs by a letter does not."""

from typing import Any

import pytest

from core.models import Role
from tests.api.conftest import Org
from tests.servers.postgres import PostgresServer

APPROVED = "SELECT name FROM (VALUES ('a b', 1), ('c', 2)) AS t(name, n) WHERE n >= $1 AND name <> 'x  y'"


@pytest.fixture
def source(org: Org, postgres: PostgresServer) -> str:
    place = {"host": postgres.host, "port": postgres.port, "database": postgres.database}
    made = org.add("shop", "postgres", config=place | {"user": postgres.user, "password": postgres.password})
    return str(made["id"])


def approve(org: Org, source: str) -> None:
    params = {"sql": APPROVED, "args": [{"$param": "least"}]}
    draft = {"name": "least", "source_id": source, "params": params, "parameters": {"least": "integer"}, "shared": True}
    root = f"/orgs/{org.slug}"
    made = org.call("POST", f"{root}/queries", role=Role.ANALYST, json=draft)
    assert made.status_code == 201, made.text
    assert org.call("POST", f"{root}/queries/{made.json()['id']}/approve").json()["status"] == "approved"
    assert org.call("PUT", f"{root}/policy", json={"samples": "approved_only"}).status_code == 200


def sample(org: Org, source: str, role: Role = Role.ANALYST, **params: Any) -> tuple[int, Any]:
    answer = org.call("POST", f"{source}/sample", role=role, json={"params": params})
    body = answer.json()
    return answer.status_code, body.get("rows") if answer.ok else (body["code"], body["detail"])


@pytest.mark.parametrize(
    "sql",
    [
        APPROVED,
        APPROVED + " -- a comment",
        APPROVED.lower().replace("from", "\n\tFROM /* here */"),
        APPROVED.replace("SELECT", "select").replace(" AS t", " as t"),
    ],
)
def test_what_was_approved_answers(org: Org, source: str, sql: str) -> None:
    approve(org, source)
    assert sample(org, source, sql=sql, args=[2], limit=7) == (200, [{"name": "c"}])


@pytest.mark.parametrize("role", [Role.ANALYST, Role.ADMIN])
@pytest.mark.parametrize(
    "params",
    [
        {"sql": APPROVED.replace("'x  y'", "'x y'"), "args": [1]},
        {"sql": APPROVED.replace("'c'", "'C'"), "args": [1]},
        {"sql": APPROVED.replace(">=", ">"), "args": [1]},
        {"sql": APPROVED, "args": ["1"]},
        {"sql": APPROVED, "args": [1, 2]},
        {"sql": APPROVED},
        {"table": "pg_class"},
    ],
)
def test_what_differs_is_refused_by_its_rule_whoever_asks(
    org: Org, source: str, role: Role, params: dict[str, Any]
) -> None:
    approve(org, source)
    status, (code, detail) = sample(org, source, role, **params)
    assert (status, code) == (422, "query_refused")
    assert "approved" in detail


def test_a_revoked_query_runs_no_more_and_an_open_organisation_runs_all(org: Org, source: str) -> None:
    approve(org, source)
    root = f"/orgs/{org.slug}"
    [query] = org.call("GET", f"{root}/queries").json()["items"]
    assert org.call("POST", f"{root}/queries/{query['id']}/revoke").status_code == 200
    assert sample(org, source, sql=APPROVED, args=[2])[0] == 422
    assert org.call("PUT", f"{root}/policy", json={"samples": "open"}).status_code == 200
    assert sample(org, source, sql="SELECT 1 AS n") == (200, [{"n": 1}])
