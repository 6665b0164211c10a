"""Sources over HTTP: making, finding, reading, changing and deleting them."""

from typing import Any

import pytest

from core.models import Role
from tests.api.conftest import Org

SECRET = "Zq7-never-shown"
POSTGRES = {"host": "db.example.ir", "database": "shop", "user": "reader"}
SHOWN = (
    *("id", "name", "kind", "description", "tags", "config", "status", "evidence", "state", "paused"),
    *("check_interval_s", "maintenance", "note"),
    *("breaker", "message", "last_ok_ts", "last_err_ts", "created_at", "updated_at"),
)


def fields_of(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    return [error["field"] for error in answer.json()["errors"]]


def names_of(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


def test_a_created_source_is_answered_whole_without_its_secret(org: Org) -> None:
    body = {"kind": "postgres", "name": "انبار", "tags": ["a"], "config": {**POSTGRES, "password": SECRET}}
    answer = org.call("POST", json=body, role=Role.EDITOR)
    assert answer.status_code == 201
    made = answer.json()
    assert SECRET not in answer.text
    assert made["config"] == {**POSTGRES, "password": {"set": True}, "port": 5432, "sslmode": "prefer"}
    assert (made["name"], made["kind"], made["tags"], made["status"], made["state"]) == (
        *("انبار", "postgres", ["a"]),
        *("unknown", "closed"),
    )
    assert made["breaker"] == {"failure_threshold": 5, "timeout_seconds": 30}
    assert answer.headers["Location"] == f"/orgs/{org.slug}/datasources/{made['id']}"
    assert org.call("GET", made["id"], role=Role.VIEWER).json() == made


def test_a_source_has_exactly_the_agreed_keys(org: Org) -> None:
    assert tuple(org.add()) == SHOWN


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        ({**POSTGRES, "port": 0}, ["config.port"]),
        ({**POSTGRES, "port": 70_000}, ["config.port"]),
        ({**POSTGRES, "port": "5432"}, ["config.port"]),
        ({**POSTGRES, "port": 5432.5}, ["config.port"]),
        ({**POSTGRES, "port": True}, ["config.port"]),
        ({**POSTGRES, "hots": "x"}, ["config.hots"]),
        ({**POSTGRES, "sslmode": "maybe"}, ["config.sslmode"]),
        ({**POSTGRES, "password": 5}, ["config.password"]),
        ({"host": "h"}, ["config.database", "config.user"]),
        ({}, ["config.host", "config.database", "config.user"]),
    ],
)
def test_a_wrong_configuration_names_its_fields(org: Org, config: dict[str, Any], fields: list[str]) -> None:
    body = {"kind": "postgres", "name": "n", "config": config}
    assert fields_of(org.call("POST", json=body)) == fields
    assert fields_of(org.call("POST", "test", json={"kind": "postgres", "config": config})) == fields
    assert names_of(org.call("GET")) == []


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"kind": "oracle"}, ["kind"]),
        ({"name": "  "}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"name": None}, ["name"]),
        ({"config": []}, ["config"]),
        ({"surprise": 1}, ["surprise"]),
        ({"tags": ["a", 1]}, ["tags"]),
        ({"check_interval_s": 1}, ["check_interval_s"]),
        ({"breaker": {"failure_threshold": 0}}, ["breaker.failure_threshold"]),
        ({"breaker": {"treshold": 3}}, ["breaker.treshold"]),
        ({"paused": "yes"}, ["paused"]),
        ({"maintenance": {"from": "2026-03-21T08:30:00Z"}}, ["maintenance.until"]),
    ],
)
def test_a_wrong_request_names_its_fields(org: Org, change: dict[str, Any], fields: list[str]) -> None:
    body = {"kind": "postgres", "name": "n", "config": POSTGRES} | change
    assert fields_of(org.call("POST", json=body)) == fields


@pytest.mark.parametrize("name", ["kind", "name", "config"])
def test_a_missing_part_is_named(org: Org, name: str) -> None:
    body = {"kind": "postgres", "name": "n", "config": POSTGRES}
    del body[name]
    assert fields_of(org.call("POST", json=body)) == [name]


def test_a_refused_value_is_not_repeated(org: Org) -> None:
    body = {"kind": "postgres", "name": "n", "config": {**POSTGRES, "port": SECRET, "passwd": SECRET}}
    answer = org.call("POST", json=body)
    assert sorted(fields_of(answer)) == ["config.passwd", "config.port"]
    assert SECRET not in answer.text


def test_a_name_is_taken_whatever_its_letter_forms(org: Org) -> None:
    org.add("کتاب‌یار")
    answer = org.call("POST", json={"kind": "fake", "name": "كتاب‌يار", "config": {}})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert [error["field"] for error in answer.json()["errors"]] == ["name"]


def test_two_organisations_may_use_one_name(org: Org, foreign: Org) -> None:
    assert org.add("same")["id"] != foreign.add("same")["id"]
