"""One source's history over HTTP."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest

from core.models import Role
from tests.api.conftest import Org
from tests.fakes import Step

BUCKET = ["ts", "calls", "errors", "rejected", "p50_ms", "p95_ms", "p99_ms", "avg_ms"]


@pytest.fixture
def source(org: Org) -> dict[str, Any]:
    return org.add("orders")


def history(org: Org, source: dict[str, Any], role: Role | None = Role.VIEWER, **asked: str) -> Any:
    return org.call("GET", f"{source['id']}/history", role=role, params=asked)


def shown(when: datetime) -> str:
    return when.isoformat().replace("+00:00", "Z")


def test_it_has_exactly_the_promised_fields_and_every_stretch(org: Org, source: dict[str, Any]) -> None:
    body = history(org, source).json()
    assert list(body) == ["from", "to", "step_s", "buckets"]
    assert (body["step_s"], len(body["buckets"])) == (300, 288)
    assert {tuple(bucket) for bucket in body["buckets"]} == {tuple(BUCKET)}
    assert {bucket["calls"] for bucket in body["buckets"]} == {0}
    assert {bucket["p95_ms"] for bucket in body["buckets"]} == {None}


def test_a_call_is_in_it_at_once(org: Org, source: dict[str, Any]) -> None:
    org.call("POST", f"{source['id']}/ping", role=Role.ANALYST)
    org.other_end.will(Step.FAIL, host=org.host("orders"))
    for _ in range(3):
        org.call("POST", f"{source['id']}/ping", role=Role.ANALYST)
    buckets = history(org, source).json()["buckets"]
    assert [sum(bucket[name] for bucket in buckets) for name in ("calls", "errors", "rejected")] == [3, 2, 1]
    assert all(bucket["p50_ms"] is not None for bucket in buckets if bucket["calls"])


def test_the_answer_says_which_ends_and_step_it_has(org: Org, source: dict[str, Any]) -> None:
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
    begin = (day + timedelta(minutes=10)).astimezone(timezone(timedelta(hours=3, minutes=30)))
    asked = {"from": begin.isoformat(), "to": (day + timedelta(hours=1.5)).isoformat(), "step": "1h"}
    body = history(org, source, **asked).json()
    assert (body["from"], body["to"]) == (shown(day), shown(day + timedelta(hours=2)))
    assert [bucket["ts"] for bucket in body["buckets"]] == [shown(day), shown(day + timedelta(hours=1))]
    long_ago = history(org, source, **{"from": "0001-01-01T00:00:00Z"}).json()
    assert datetime.fromisoformat(long_ago["from"]) > datetime.now(UTC) - timedelta(days=732)
    assert long_ago["step_s"] == 86_400


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"step": "0"}, "step"),
        ({"step": "-300"}, "step"),
        ({"step": "quick"}, "step"),
        ({"step": ""}, "step"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-01-01T00:00:00"}, "to"),
        ({"to": "2026-01-01T00:00:00Mars"}, "to"),
        ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "from"),
        ({"from": "9999-12-31T23:59:59Z"}, "from"),
    ],
)
def test_what_is_wrong_is_named(org: Org, source: dict[str, Any], asked: dict[str, str], field: str) -> None:
    answer = history(org, source, **asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_the_end_of_time_is_no_defect(org: Org, source: dict[str, Any]) -> None:
    for ends in ({"to": "9999-12-31T23:59:59Z"}, {"to": "0001-01-01T00:00:00Z"}, {"to": "1970-01-01T00:00:00Z"}):
        assert history(org, source, **ends).status_code == 200


def test_who_may_not_see_the_source_learns_nothing_of_it(org: Org, foreign: Org, source: dict[str, Any]) -> None:
    assert history(org, source, role=None).status_code == 401
    assert history(foreign, source, step="quick").status_code == 404
    assert history(org, {"id": uuid4()}, step="quick").status_code == 404
    assert history(org, {"id": "no-uuid"}).status_code == 404


def test_the_document_names_the_parameters(org: Org) -> None:
    document = org.call("GET", "/api/openapi.json", role=None).json()
    operation = document["paths"]["/orgs/{org_id}/datasources/{ds_id}/history"]["get"]
    assert {"from", "to", "step"} <= {parameter["name"] for parameter in operation["parameters"]}
    shape = document["components"]["schemas"]["HistoryOut"]
    assert list(shape["properties"]) == ["from", "to", "step_s", "buckets"]
