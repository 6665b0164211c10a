"""`POST …/breaker`, thresholds of its own, and what a refusal says while a person holds a breaker."""

import json
from typing import Any

import pytest

from core.models import Role
from tests.api.conftest import Org
from tests.fakes import Step


@pytest.fixture
def source(org: Org) -> dict[str, Any]:
    return org.add("orders")


def order(org: Org, source: dict[str, Any], action: str, **options: Any) -> Any:
    body = {"action": action, "reason": "planned work"}
    return org.call("POST", f"{source['id']}/breaker", role=Role.EDITOR, json=body, **options)


def ping(org: Org, source: dict[str, Any]) -> Any:
    return org.call("POST", f"{source['id']}/ping", role=Role.ANALYST)


def will(org: Org, *steps: Step) -> None:
    org.other_end.will(*steps, host=org.host("orders"))


def requests_of(org: Org) -> int:
    return len([host for _, host in org.other_end.requests if host == org.host("orders")])


@pytest.mark.parametrize(
    ("action", "state", "status"),
    [("force_open", "forced_open", "suspended"), ("disable", "disabled", "unknown"), ("reset", "closed", "unknown")],
)
def test_an_order_answers_with_the_source_as_it_now_is(
    org: Org, source: dict[str, Any], action: str, state: str, status: str
) -> None:
    answer = order(org, source, action)
    assert (answer.status_code, answer.headers["ETag"]) == (200, org.call("GET", source["id"]).headers["ETag"])
    assert answer.json() == source | {"state": state, "status": status}
    assert answer.json() == org.call("GET", source["id"]).json()


@pytest.mark.parametrize(("path", "body"), [("ping", None), ("sample", {"params": {}})])
def test_held_open_every_call_is_503_with_the_true_state(
    org: Org, source: dict[str, Any], path: str, body: dict[str, Any] | None
) -> None:
    order(org, source, "force_open")
    org.clock.advance(3600)
    answer = org.call("POST", f"{source['id']}/{path}", json=body)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    problem = answer.json()
    assert (problem["code"], problem["state"], problem["retry_after_s"]) == ("circuit_open", "forced_open", 60)
    assert problem["detail"].startswith("Somebody keeps this source suspended")
    assert "reset the breaker" in problem["advice"]
    assert requests_of(org) == 0


def test_held_open_it_is_suspended_in_list_health_and_ping_all(org: Org, source: dict[str, Any]) -> None:
    order(org, source, "force_open")
    [row] = org.call("GET", "health").json()["datasources"]
    assert (row["status"], row["state"]) == ("suspended", "forced_open")
    assert len(org.call("GET", params={"status": "suspended"}).json()["items"]) == 1
    assert org.call("GET", f"{source['id']}/metrics").json()["state"] == "forced_open"
    line, summary = map(json.loads, org.call("POST", "ping").text.splitlines())
    assert (line["state"], line["status"], summary["suspended"]) == ("forced_open", "suspended", 1)


def test_disabled_everything_goes_through_and_nothing_is_counted(org: Org, source: dict[str, Any]) -> None:
    order(org, source, "disable")
    will(org, Step.FAIL)
    answers = [ping(org, source) for _ in range(4)]
    assert [(a.status_code, a.json()["attempts"], a.json()["state"]) for a in answers] == [(200, 3, "disabled")] * 4
    assert requests_of(org) == 12
    order(org, source, "reset")
    assert ping(org, source).json()["state"] == "closed"


def test_a_reset_is_normal_at_once(org: Org, source: dict[str, Any]) -> None:
    will(org, Step.FAIL)
    ping(org, source)
    ping(org, source)
    assert ping(org, source).status_code == 503
    order(org, source, "reset")
    will(org, Step.OK)
    assert ping(org, source).json()["state"] == "closed"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["action", "reason"]),
        ({"action": "close", "reason": "x"}, ["action"]),
        ({"action": "reset", "reason": "  "}, ["reason"]),
        ({"action": "reset", "reason": "\u200f \u200b"}, ["reason"]),
        ({"action": "reset", "reason": "x" * 501}, ["reason"]),
        ({"action": "reset", "reason": None}, ["reason"]),
        ({"action": "reset", "reason": "x", "more": 1}, ["more"]),
    ],
)
@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_wrong_order_names_its_field(
    org: Org, source: dict[str, Any], body: dict[str, Any], fields: list[str], language: str
) -> None:
    headers = {"Accept-Language": language}
    answer = org.call("POST", f"{source['id']}/breaker", json=body, headers=headers)
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, fields)
    assert not any(e["message"].startswith("field.") for e in answer.json()["errors"])
    assert org.call("GET", source["id"]).json()["state"] == "closed"


def test_thresholds_changed_by_patch_hold_from_the_next_failure_on(org: Org, source: dict[str, Any]) -> None:
    will(org, Step.FAIL)
    assert ping(org, source).json()["state"] == "closed"
    org.call("PATCH", source["id"], json={"breaker": {"failure_threshold": 2, "timeout_seconds": 7}})
    assert org.call("GET", source["id"]).json()["state"] == "closed"
    answer = ping(org, source).json()
    assert (answer["state"], answer["attempts"]) == ("open", 1)
    assert ping(org, source).headers["Retry-After"] == "7"


def test_a_window_that_is_open_keeps_its_end(org: Org, source: dict[str, Any]) -> None:
    will(org, Step.FAIL)
    ping(org, source)
    ping(org, source)
    org.call("PATCH", source["id"], json={"breaker": {"timeout_seconds": 3600}})
    assert ping(org, source).headers["Retry-After"] == "30"
    org.clock.advance(30)
    assert ping(org, source).json()["state"] == "open"
    assert ping(org, source).headers["Retry-After"] == "3600"
