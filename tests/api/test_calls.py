"""Ping, sample, test and ping all over HTTP: what the source did, and what the breaker lets through."""

import json
import socket
from typing import Any
from uuid import UUID

import pytest

from core.models import Actor, Role
from tests.api.conftest import Org
from tests.fakes import DEFECT_TEXT, Step

SEVEN = ["calls_total", "errors_total", "avg_latency_ms", "p95_ms", "last_ok_ts", "last_err_ts", "state"]


@pytest.fixture
def source(org: Org) -> dict[str, Any]:
    return org.add("orders")


def ping(org: Org, source: dict[str, Any], **options: Any) -> Any:
    return org.call("POST", f"{source['id']}/ping", role=Role.ANALYST, **options)


def metrics(org: Org, source: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = org.call("GET", f"{source['id']}/metrics", role=Role.VIEWER).json()
    return seen


def will(org: Org, *steps: Step, name: str = "orders") -> None:
    org.other_end.will(*steps, host=org.host(name))


def open_breaker(org: Org, source: dict[str, Any]) -> None:
    will(org, Step.FAIL)
    ping(org, source)
    assert ping(org, source).json()["state"] == "open"


def test_a_ping_that_worked_is_answered_with_what_answered(org: Org, source: dict[str, Any]) -> None:
    answer = ping(org, source)
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop("latency_ms") >= 0
    assert body == {"ok": True, "message": "Fake 1.0", "attempts": 1, "state": "closed"}
    shown = org.call("GET", source["id"]).json()
    assert (shown["status"], shown["message"], shown["last_err_ts"]) == ("healthy", "Fake 1.0", None)


def test_three_pings_of_a_source_that_is_down(org: Org, source: dict[str, Any]) -> None:
    will(org, Step.FAIL)
    first, second, third = (ping(org, source) for _ in range(3))
    assert (first.status_code, second.status_code, third.status_code) == (200, 200, 503)
    seen = [(answer.json()["ok"], answer.json()["attempts"], answer.json()["state"]) for answer in (first, second)]
    assert seen == [(False, 3, "closed"), (False, 2, "open")]
    assert second.json()["diagnosis"]["code"] == "unreachable"
    assert second.json()["message"] == first.json()["message"] == second.json()["diagnosis"]["message"]
    assert len([host for _, host in org.other_end.requests if host == org.host("orders")]) == 5


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("fa", "اتصال موقتاً تعلیق شد؛ چند ثانیه دیگر تلاش کنید."),
        ("de", "اتصال موقتاً تعلیق شد؛ چند ثانیه دیگر تلاش کنید."),
    ],
)
def test_an_open_breaker_answers_503_and_says_when_to_come_back(
    org: Org, source: dict[str, Any], language: str, detail: str
) -> None:
    open_breaker(org, source)
    before = len(org.other_end.requests)
    for path, body in (("ping", None), ("sample", {"params": {}})):
        headers = {"Accept-Language": language}
        answer = org.call("POST", f"{source['id']}/{path}", json=body, headers=headers)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert (problem["code"], problem["detail"], problem["status"]) == ("circuit_open", detail, 503)
        assert (problem["retry_after_s"], problem["state"]) == (30, "open")
        assert "پس از پایان انتظار" in problem["advice"]
    assert len(org.other_end.requests) == before
    assert org.call("GET", source["id"]).json()["status"] == "suspended"


def test_the_wait_is_rounded_up_and_never_zero(org: Org, source: dict[str, Any]) -> None:
    open_breaker(org, source)
    for seconds, said in ((0.5, "30"), (29.25, "1")):
        org.clock.advance(seconds)
        assert ping(org, source).headers["Retry-After"] == said
    org.clock.advance(0.25)
    will(org, Step.OK)
    assert ping(org, source).json()["state"] == "closed"
    assert org.call("GET", source["id"]).json()["status"] == "healthy"


def test_a_threshold_of_its_own_is_kept(org: Org) -> None:
    source = org.add(breaker={"failure_threshold": 1, "timeout_seconds": 7})
    will(org, Step.FAIL, name="a source")
    assert ping(org, source).json()["state"] == "open"
    assert ping(org, source).headers["Retry-After"] == "7"


@pytest.mark.parametrize("step", [Step.FAIL, Step.REACHED, Step.AUTH, Step.SAYS_NO, Step.DEFECT])
def test_a_ping_that_failed_is_an_answer_with_a_diagnosis(org: Org, source: dict[str, Any], step: Step) -> None:
    will(org, step)
    answer = ping(org, source)
    assert (answer.status_code, answer.json()["ok"]) == (200, False)
    assert list(answer.json()["diagnosis"]) == ["code", "kind", "message", "advice", "fields"]
    assert DEFECT_TEXT not in answer.text
    assert (metrics(org, source)["calls_total"], metrics(org, source)["errors_total"]) == (1, 1)


def test_a_local_queue_that_is_full_is_429_and_not_the_sources_fault(org: Org, source: dict[str, Any]) -> None:
    will(org, Step.BUSY)
    answer = ping(org, source)
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (429, "busy", "1")
    assert metrics(org, source)["calls_total"] == 0


def test_the_figures_are_exactly_seven(org: Org, source: dict[str, Any]) -> None:
    fresh = metrics(org, source)
    assert list(fresh) == SEVEN
    assert list(fresh.values()) == [0, 0, None, None, None, None, "closed"]
    ping(org, source)
    will(org, Step.AUTH)
    ping(org, source)
    seen = metrics(org, source)
    assert (seen["calls_total"], seen["errors_total"], seen["state"]) == (2, 1, "closed")
    assert seen["avg_latency_ms"] >= 0
    assert seen["p95_ms"] > 0
    assert seen["last_ok_ts"].endswith("Z")
    assert seen["last_ok_ts"] < seen["last_err_ts"]


@pytest.mark.parametrize(
    ("step", "status", "code", "errors"),
    [
        (Step.FAIL, 502, "unreachable", 1),
        (Step.REACHED, 422, "query_failed", 0),
        (Step.AUTH, 422, "auth_failed", 1),
        (Step.DEFECT, 502, "internal", 1),
        (Step.BUSY, 429, "busy", 0),
    ],
)
def test_a_sample_that_failed_is_a_problem(
    org: Org, source: dict[str, Any], step: Step, status: int, code: str, errors: int
) -> None:
    will(org, step)
    answer = org.call("POST", f"{source['id']}/sample", role=Role.ANALYST, json={"params": {}})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert DEFECT_TEXT not in answer.text
    assert metrics(org, source)["errors_total"] == errors


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "params"),
        ({"params": []}, "params"),
        ({"params": None}, "params"),
        ({"params": {"limit": 0}}, "params.limit"),
        ({"params": {"limit": "5"}}, "params.limit"),
        ({"params": {"tabel": "t"}}, "params.tabel"),
        ({"params": {}, "extra": 1}, "extra"),
    ],
)
def test_wrong_parameters_are_named_and_the_source_is_not_asked(
    org: Org, source: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    answer = org.call("POST", f"{source['id']}/sample", json=body)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])
    assert ("sample", org.host("orders")) not in org.other_end.requests


def trial(org: Org, **body: Any) -> Any:
    return org.call("POST", "test", role=Role.EDITOR, json={"kind": "fake", "config": {"host": org.host("t")}} | body)


def test_trying_a_configuration_saves_nothing(org: Org) -> None:
    answer = trial(org)
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop("latency_ms") >= 0
    assert [check["step"] for check in body.pop("checks")] == ["tcp", "auth"]
    assert body.pop("message")
    assert body == {"ok": True}
    assert org.call("GET").json()["items"] == []


@pytest.mark.parametrize("step", [Step.FAIL, Step.AUTH, Step.DEFECT])
def test_trying_what_does_not_work_is_200_with_the_rung_that_failed(org: Org, step: Step) -> None:
    will(org, step, name="t")
    answer = trial(org)
    assert (answer.status_code, answer.json()["ok"]) == (200, False)
    held, failed, *above = answer.json()["checks"]
    assert list(failed) == ["step", "status", "ms", "evidence", "advice", "fields"]
    assert (held["status"], failed["status"], failed["evidence"]) == ("ok", "failed", answer.json()["message"])
    assert {check["status"] for check in above} == {"skipped"}
    assert DEFECT_TEXT not in answer.text


def test_trying_touches_neither_breaker_nor_figures(org: Org, source: dict[str, Any]) -> None:
    will(org, Step.FAIL)
    for _ in range(6):
        trial(org, config={"host": org.host("orders")}, ds_id=source["id"])
    assert list(metrics(org, source).values()) == [0, 0, None, None, None, None, "closed"]
    open_breaker(org, source)
    assert trial(org, ds_id=source["id"], config={"host": org.host("orders")}).status_code == 200


@pytest.mark.parametrize("ds_id", [str(UUID(int=1)), "no-uuid", ""])
def test_trying_beside_an_unknown_source_is_404(org: Org, ds_id: str) -> None:
    assert trial(org, ds_id=ds_id).status_code == 404


@pytest.mark.parametrize("body", [{"kind": 5}, {"config": "x"}, {"ds_id": 5}, {"ds_id": None}, {"name": "n"}])
def test_a_wrong_trial_names_its_field(org: Org, body: dict[str, Any]) -> None:
    answer = trial(org, **body)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, list(body))


def test_ping_all_streams_a_line_for_each_source_and_then_a_summary(org: Org) -> None:
    for name in ("well", "down", "held"):
        org.add(name)
    will(org, Step.FAIL, name="held")
    org.call("POST", "ping")
    org.call("POST", "ping")
    will(org, Step.AUTH, name="down")
    answer = org.call("POST", "ping", role=Role.ANALYST)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/x-ndjson")
    *lines, summary = map(json.loads, answer.text.splitlines())
    assert summary.pop("elapsed_ms") >= 0
    assert summary == {"type": "summary", "total": 3, "ok": 1, "failed": 1, "suspended": 1}
    keys = ["type", "id", "name", "ok", "message", "status", "state", "latency_ms"]
    assert all(list(line) == keys for line in lines)
    seen = {line["name"]: (line["ok"], line["status"], line["state"]) for line in lines}
    assert seen == {
        "well": (True, "healthy", "closed"),
        "down": (False, "error", "closed"),
        "held": (False, "suspended", "open"),
    }
    assert next(line for line in lines if line["name"] == "held")["latency_ms"] is None


def test_ping_all_of_nothing_is_a_summary(org: Org) -> None:
    [line] = org.call("POST", "ping").text.splitlines()
    assert json.loads(line)["total"] == 0


def test_results_come_before_the_slowest_source_has_answered_and_hanging_up_stops_it(org: Org) -> None:
    for name in ("well", "silent"):
        org.add(name)
    will(org, Step.SILENT, name="silent")
    before = org.other_end.cancelled
    answer = org.call("POST", "ping", stream=True)
    assert json.loads(next(answer.iter_lines()))["name"] == "well"
    answer.close()
    org.served.wait_until(lambda: org.other_end.cancelled == before + 1)


@pytest.mark.parametrize("verb", ["ping", "sample"])
def test_hanging_up_ends_a_call_of_one_source(org: Org, source: dict[str, Any], verb: str) -> None:
    will(org, Step.SILENT)
    cancelled, wanted = org.other_end.cancelled, (verb, org.host("orders"))
    host, port = org.served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as caller:
        head = f"POST /orgs/{org.slug}/datasources/{source['id']}/{verb} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        rest = f"Authorization: Bearer {org.tokens[Role.ANALYST]}\r\nContent-Length: 13\r\n\r\n"
        caller.sendall((head + rest + '{"params":{}}').encode())
        org.served.wait_until(lambda: wanted in org.other_end.requests)
    org.served.wait_until(lambda: org.other_end.cancelled == cancelled + 1)
    runtime, asker = org.served.product.runtime, Actor("nobody", {org.slug: Role.VIEWER})
    left = runtime.run(runtime.sources.get(asker, org.slug, UUID(source["id"])))
    assert left.failures == 0  # an attempt that had run into its limit would be one
