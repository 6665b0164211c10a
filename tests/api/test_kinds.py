"""The life of a source of each kind over HTTP, on its real server: create, try, ping, sample, change, delete."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.i18n import translator
from core.models import Role
from tests.api.conftest import Org, Served, make_org
from tests.api.kind_case import KEPT, Case, at, replaced
from tests.api.kind_cases import case as case
from tests.api.test_sources import fields_of
from tests.api.watched import watched

CONFIG = "config"
EN = translator("en", strict=True)


@pytest.fixture
def org(served: Served, case: Case, capfd: pytest.CaptureFixture[str]) -> Iterator[Org]:
    """Nothing that it is answered, and nothing that is logged meanwhile, may hold a secret."""
    with watched(make_org(served), capfd, *case.secrets) as org:
        yield org


@pytest.fixture
def source(org: Org, case: Case) -> dict[str, Any]:
    return org.add("منبع", case.kind, config=case.config)


def patch(org: Org, source: dict[str, Any], config: dict[str, Any]) -> Any:
    return org.call("PATCH", source["id"], role=Role.EDITOR, json={CONFIG: config})


def ping(org: Org, source: dict[str, Any]) -> dict[str, Any]:
    answer = org.call("POST", f"{source['id']}/ping", role=Role.ANALYST)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def trial(org: Org, case: Case, config: dict[str, Any], **more: Any) -> Any:
    return org.call("POST", "test", role=Role.EDITOR, json={"kind": case.kind, CONFIG: config, **more})


def sample(org: Org, source: dict[str, Any], params: dict[str, Any]) -> Any:
    return org.call("POST", f"{source['id']}/sample", role=Role.ANALYST, json={"params": params})


def test_a_created_source_shows_its_secret_only_as_set(org: Org, case: Case) -> None:
    answer = org.call("POST", role=Role.EDITOR, json={"kind": case.kind, "name": "n", CONFIG: case.config})
    assert answer.status_code == 201, answer.text
    shown = answer.json()[CONFIG]
    assert {name: shown[name] for name in case.config} == replaced(case.config, case.secret, KEPT)
    assert org.call("GET", answer.json()["id"], role=Role.VIEWER).json()[CONFIG] == shown


def test_what_works_works_when_tried(org: Org, case: Case) -> None:
    answer = trial(org, case, case.config)
    assert (answer.status_code, answer.json()["ok"]) == (200, True), answer.text
    assert {check["status"] for check in answer.json()["checks"]} <= {"ok", "warning", "skipped", "unsupported"}
    unnamed = [check["step"] for check in answer.json()["checks"] if f"step.{check['step']}" not in translator("fa")]
    assert unnamed == []


def test_a_wrong_secret_fails_at_its_rung_and_names_the_field(org: Org, case: Case, source: dict[str, Any]) -> None:
    answer = trial(org, case, case.wrong, ds_id=source["id"])
    assert (answer.status_code, answer.json()["ok"]) == (200, False), answer.text
    [failed] = [check for check in answer.json()["checks"] if check["status"] == "failed"]
    assert failed["step"] == case.rung
    assert case.at_fault in failed["fields"]
    assert failed["advice"]


def test_a_kept_secret_is_used_when_tried_and_is_missing_without_the_source(
    org: Org, case: Case, source: dict[str, Any]
) -> None:
    config = replaced(case.config, case.secret, KEPT)
    assert trial(org, case, config, ds_id=source["id"]).json()["ok"]
    assert fields_of(trial(org, case, config)) == [f"config.{case.secret}"]


def test_a_ping_says_what_answered(org: Org, source: dict[str, Any]) -> None:
    answer = ping(org, source)
    assert (answer["ok"], answer["attempts"], answer["state"]) == (True, 1, "closed")
    assert answer["message"]
    assert org.call("GET", source["id"]).json()["status"] == "healthy"


def test_a_sample_keeps_values_as_they_are(org: Org, case: Case, source: dict[str, Any]) -> None:
    answer = sample(org, source, case.params)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    types, row = {column["name"]: column["type"] for column in body["columns"]}, body["rows"][0]
    assert {name: (types[name], row[name]) for name in case.columns} == case.columns
    assert (body["row_count"], len(body["rows"])) == (1, 1)
    assert body["executed"]
    assert body["bytes_read"] > 0


def test_a_kept_secret_goes_on_working(org: Org, case: Case, source: dict[str, Any]) -> None:
    for config in ({"timeout_s": 9}, replaced(case.config, case.secret, KEPT), {}):
        answer = patch(org, source, config)
        assert (answer.status_code, at(answer.json()[CONFIG], case.secret)) == (200, KEPT), answer.text
        assert ping(org, source)["ok"]
    assert answer.json()[CONFIG] == source[CONFIG] | {"timeout_s": 9}


def test_a_kept_secret_does_not_go_elsewhere(org: Org, case: Case, source: dict[str, Any]) -> None:
    field = f"config.{case.secret}"
    assert fields_of(patch(org, source, case.elsewhere)) == [field]
    sent = replaced(case.config | case.elsewhere, case.secret, KEPT)
    assert fields_of(patch(org, source, sent)) == [field]
    assert fields_of(trial(org, case, sent, ds_id=source["id"])) == [field]
    assert org.call("GET", source["id"]).json()[CONFIG] == source[CONFIG]
    # With the secret sent along, it is somebody's own decision.
    assert patch(org, source, case.config | case.elsewhere).status_code == 200


def test_null_clears_a_secret(org: Org, case: Case, source: dict[str, Any]) -> None:
    answer = patch(org, source, case.cleared)
    assert answer.status_code == 200, answer.text
    assert at(answer.json()[CONFIG], case.secret) is None
    assert at(org.call("GET", source["id"]).json()[CONFIG], case.secret) is None


def test_a_new_secret_replaces_the_old_one(org: Org, case: Case, source: dict[str, Any]) -> None:
    assert patch(org, source, case.wrong).status_code == 200
    answer = ping(org, source)
    assert (answer["ok"], answer["diagnosis"]["code"], answer["attempts"]) == (False, "auth_failed", 1)
    assert answer["diagnosis"]["advice"]
    assert patch(org, source, case.config).status_code == 200
    assert ping(org, source)["ok"]


def test_wrong_fields_are_named(org: Org, case: Case, source: dict[str, Any]) -> None:
    for change, fields in case.invalid:
        assert fields_of(patch(org, source, change)) == fields
        given = {name: value for name, value in (case.config | change).items() if value is not None}
        assert fields_of(org.call("POST", json={"kind": case.kind, "name": "n", CONFIG: given})) == fields
        assert fields_of(trial(org, case, given)) == fields
    assert org.call("GET", source["id"]).json() == source


def test_wrong_sample_parameters_are_named(org: Org, case: Case, source: dict[str, Any]) -> None:
    for change, field in (({"no_such": 1}, "no_such"), ({"limit": 0}, "limit"), ({"limit": "9"}, "limit")):
        assert fields_of(sample(org, source, case.params | change)) == [f"params.{field}"]


def test_a_refused_sample_says_which_rule(org: Org, case: Case, source: dict[str, Any]) -> None:
    answer = sample(org, source, case.refused)
    assert (answer.status_code, answer.json()["code"]) == (422, "query_refused"), answer.text
    assert answer.json()["detail"] == EN.text(f"error.query_refused.{case.rule}", part=case.part)
    figures = org.call("GET", f"{source['id']}/metrics").json()
    assert (figures["calls_total"], figures["errors_total"]) == (0, 0)


def test_what_is_deleted_is_gone(org: Org, source: dict[str, Any]) -> None:
    assert ping(org, source)["ok"]
    assert org.call("DELETE", source["id"], role=Role.ADMIN).status_code == 204
    assert org.call("GET", source["id"]).status_code == 404
    assert org.call("POST", f"{source['id']}/ping").status_code == 404
