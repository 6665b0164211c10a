"""The ladder over HTTP: whole or rung by rung, at its pace, and its differences to the last one that held."""

import json
import socket
from typing import Any

import pytest

from core.models import STEPS, Role
from tests.api.conftest import Org
from tests.fakes import DEFECT_TEXT, Step
from tests.servers.mongodb import MongoServer

PACE_S = 5
RUNG = ["step", "status", "ms", "evidence", "advice", "fields"]


@pytest.fixture
def source(org: Org) -> dict[str, Any]:
    return org.add("orders")


def diagnose(org: Org, source: dict[str, Any], **options: Any) -> Any:
    org.clock.advance(PACE_S)
    return org.call("POST", f"{source['id']}/diagnose", role=Role.ANALYST, **options)


def will(org: Org, *steps: Step) -> None:
    org.other_end.will(*steps, host=org.host("orders"))


def test_a_ladder_that_holds(org: Org, source: dict[str, Any]) -> None:
    answer = diagnose(org, source)
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == ["ok", "checks", "changes"]
    assert (body["ok"], body["changes"]) == (True, [])
    assert all(list(check) == RUNG for check in body["checks"])


@pytest.mark.parametrize("step", [Step.FAIL, Step.AUTH, Step.DEFECT])
def test_a_ladder_that_breaks_is_200_too(org: Org, source: dict[str, Any], step: Step) -> None:
    will(org, step)
    answer = diagnose(org, source)
    assert (answer.status_code, answer.json()["ok"]) == (200, False)
    assert [check["status"] for check in answer.json()["checks"]].count("failed") == 1
    assert DEFECT_TEXT not in answer.text


def test_the_differences_to_the_last_good_one_are_part_of_the_answer(org: Org, source: dict[str, Any]) -> None:
    diagnose(org, source)
    org.call("PATCH", source["id"], json={"config": {"port": 7}})
    will(org, Step.FAIL)
    changes = diagnose(org, source).json()["changes"]
    assert changes == [{"step": "config", "message": "The settings of this source were changed."}]


def test_too_soon_is_429_and_says_when_to_come_back(org: Org, source: dict[str, Any]) -> None:
    diagnose(org, source)
    again = org.call("POST", f"{source['id']}/diagnose", role=Role.ANALYST)
    assert (again.status_code, again.json()["code"], again.headers["Retry-After"]) == (429, "busy", "5")
    assert again.headers["Content-Type"] == "application/problem+json"


def test_rung_by_rung_and_then_a_summary(org: Org, source: dict[str, Any]) -> None:
    answer = diagnose(org, source, headers={"Accept": "application/x-ndjson"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/x-ndjson")
    *rungs, summary = map(json.loads, answer.text.splitlines())
    assert all(list(rung) == ["type", *RUNG] for rung in rungs)
    assert summary == {"type": "summary", "ok": True, "changes": []}


@pytest.mark.parametrize("accept", ["*/*", "application/x-ndjson"])
def test_hanging_up_ends_it(org: Org, source: dict[str, Any], accept: str) -> None:
    will(org, Step.SILENT)
    org.clock.advance(PACE_S)
    cancelled = org.other_end.cancelled
    host, port = org.served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as caller:
        head = f"POST /orgs/{org.slug}/datasources/{source['id']}/diagnose HTTP/1.1\r\nHost: {host}:{port}\r\n"
        rest = f"Authorization: Bearer {org.tokens[Role.ANALYST]}\r\nAccept: {accept}\r\nContent-Length: 0\r\n\r\n"
        caller.sendall((head + rest).encode())
        wanted = ("diagnose", org.host("orders"))
        org.served.wait_until(lambda: wanted in org.other_end.requests)
    org.served.wait_until(lambda: org.other_end.cancelled == cancelled + 1)


def test_a_denied_address_is_200_with_the_egress_rung_failed(org: Org) -> None:
    config = {"host": "169.254.169.254", "database": "d", "user": "u"}
    source = org.add("metadata", kind="postgres", config=config)
    answer = diagnose(org, source)
    assert answer.status_code == 200
    seen = {check["step"]: check["status"] for check in answer.json()["checks"]}
    assert tuple(seen) == STEPS
    assert (seen["egress"], seen["tcp"], seen["sample"]) == ("failed", "skipped", "skipped")


def test_a_wrong_password_of_a_real_source_names_its_rung_and_fields(org: Org, mongodb: MongoServer) -> None:
    config = {"hosts": [f"{mongodb.host}:{mongodb.port}"], "database": "app", "user": mongodb.user}
    source = org.add("mongo", kind="mongodb", config=config | {"password": "Zq7-never-shown"})
    answer = diagnose(org, source)
    failed = next(check for check in answer.json()["checks"] if check["status"] == "failed")
    assert (failed["step"], failed["fields"]) == ("auth", ["config.user", "config.password"])
    assert failed["advice"]
    assert "Zq7-never-shown" not in answer.text


def test_the_document_describes_it(org: Org) -> None:
    document = org.call("GET", "/api/openapi.json").json()
    operation = document["paths"]["/orgs/{org_id}/datasources/{ds_id}/diagnose"]["post"]
    assert set(operation["responses"]["200"]["content"]) == {"application/json", "application/x-ndjson"}
    assert set(document["components"]["schemas"]["LadderOut"]["properties"]) == {"ok", "checks", "changes"}
