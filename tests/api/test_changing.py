"""PATCH and DELETE: a merge patch, secrets that stay or go, and versions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.models import Role
from tests.api.conftest import Org
from tests.api.test_sources import POSTGRES, SECRET, fields_of

KEPT = {"set": True}


@pytest.fixture
def source(org: Org) -> dict[str, Any]:
    return org.add("orders", "postgres", config={**POSTGRES, "password": SECRET}, tags=["a"], description="d")


def patch(org: Org, source: dict[str, Any], body: Any, **headers: str) -> Any:
    return org.call("PATCH", source["id"], role=Role.EDITOR, json=body, headers=headers)


def password_of(org: Org, source: dict[str, Any]) -> str | None:
    """What the product would send to the source: read below the service, for nothing above shows it."""
    records = org.served.product.runtime.sources._sources
    runtime = org.served.product.runtime
    [record] = [r for r in runtime.run(records.of_org(org.slug)) if str(r.uid) == source["id"]]
    kept: str | None = records.config(record).get("password")
    return kept


def test_only_what_is_sent_changes(org: Org, source: dict[str, Any]) -> None:
    answer = patch(org, source, {"description": "new", "tags": ["x", "y"], "paused": True, "check_interval_s": 300})
    assert answer.status_code == 200
    changed = {"description": "new", "tags": ["x", "y"], "paused": True, "check_interval_s": 300}
    assert answer.json() == source | changed | {"updated_at": answer.json()["updated_at"]}
    assert patch(org, source, {"check_interval_s": None}).json()["check_interval_s"] is None


def test_a_maintenance_is_set_shown_and_cleared(org: Org, source: dict[str, Any]) -> None:
    window = {"from": "2026-03-21T12:00:00+03:30", "until": "2026-03-22T12:00:00+03:30"}
    answer = patch(org, source, {"maintenance": window})
    assert answer.json()["maintenance"] == {"from": "2026-03-21T08:30:00Z", "until": "2026-03-22T08:30:00Z"}
    assert org.call("GET", source["id"]).json() == answer.json()
    again = patch(org, source, {"maintenance": answer.json()["maintenance"]})
    assert again.json()["maintenance"] == answer.json()["maintenance"]
    assert patch(org, source, {"maintenance": None}).json()["maintenance"] is None


def test_a_note_says_who_when_and_until_when(org: Org, source: dict[str, Any]) -> None:
    later = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0)
    answer = patch(org, source, {"note": {"text": " being repaired ", "until": later.isoformat()}}).json()["note"]
    assert (answer["text"], datetime.fromisoformat(answer["until"])) == ("being repaired", later)
    assert answer["author"] == org.call("GET", "").json()["items"][0]["note"]["author"]
    again = patch(org, source, {"note": {"until": None}}).json()["note"]
    assert (again["text"], again["until"]) == ("being repaired", None)
    assert patch(org, source, {"note": None}).json()["note"] is None


def test_a_part_of_the_breaker_leaves_its_rest(org: Org, source: dict[str, Any]) -> None:
    patch(org, source, {"breaker": {"failure_threshold": 2}})
    answer = patch(org, source, {"breaker": {"timeout_seconds": 9}})
    assert answer.json()["breaker"] == {"failure_threshold": 2, "timeout_seconds": 9}


@pytest.mark.parametrize("config", [{"database": "other"}, {"database": "other", "password": KEPT}])
def test_a_secret_left_out_or_sent_as_set_is_kept(org: Org, source: dict[str, Any], config: dict[str, Any]) -> None:
    answer = patch(org, source, {"config": config})
    assert (answer.json()["config"]["database"], answer.json()["config"]["password"]) == ("other", KEPT)
    assert password_of(org, source) == SECRET


def test_null_clears_a_secret(org: Org, source: dict[str, Any]) -> None:
    assert "password" not in patch(org, source, {"config": {"password": None}}).json()["config"]
    assert password_of(org, source) is None


def test_a_value_replaces_a_secret(org: Org, source: dict[str, Any]) -> None:
    answer = patch(org, source, {"config": {"password": "another"}})
    assert answer.json()["config"]["password"] == KEPT
    assert "another" not in answer.text
    assert password_of(org, source) == "another"


@pytest.mark.parametrize(
    "config", [{"host": "evil.example"}, {"port": 5433}, {"host": "evil.example", "password": KEPT}]
)
def test_a_kept_secret_does_not_go_to_another_destination(
    org: Org, source: dict[str, Any], config: dict[str, Any]
) -> None:
    assert fields_of(patch(org, source, {"config": config})) == ["config.password"]
    assert org.call("GET", source["id"]).json() == source
    trial = {"kind": "postgres", "config": {**POSTGRES, **config}, "ds_id": source["id"]}
    assert fields_of(org.call("POST", "test", json=trial)) == ["config.password"]


@pytest.mark.parametrize("password", ["another", None])
def test_another_destination_with_its_own_secret_or_none_is_taken(
    org: Org, source: dict[str, Any], password: str | None
) -> None:
    answer = patch(org, source, {"config": {"host": "new.example", "password": password}})
    assert answer.status_code == 200
    assert password_of(org, source) == password


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"config": {"port": 0}}, ["config.port"]),
        ({"config": {"hots": "x"}}, ["config.hots"]),
        ({"config": {"database": None}}, ["config.database"]),
        ({"config": None}, ["config"]),
        ({"kind": "fake"}, ["kind"]),
        ({"id": "x"}, ["id"]),
        ({"name": ""}, ["name"]),
        ({"name": None}, ["name"]),
        ({"breaker": {"failure_threshold": "5"}}, ["breaker.failure_threshold"]),
        ({"paused": "no"}, ["paused"]),
        ({"maintenance": {"until": "soon"}}, ["maintenance.until"]),
        ({"maintenance": "soon"}, ["maintenance"]),
        ({"note": "soon"}, ["note"]),
        ({"note": {"until": None}}, ["note.text"]),
        ({"note": {"text": " "}}, ["note.text"]),
        ({"note": {"text": "\u200f"}}, ["note.text"]),
        ({"name": "\u200f"}, ["name"]),
        ({"note": {"text": "x" * 501}}, ["note.text"]),
        ({"note": {"text": "x", "until": "14:00"}}, ["note.until"]),
        ({"note": {"text": "x", "until": "2026-03-21T08:30:00Z"}}, ["note.until"]),
        ({"note": {"text": "x", "author": "somebody"}}, ["note.author"]),
    ],
)
def test_a_wrong_change_is_named_and_changes_nothing(
    org: Org, source: dict[str, Any], body: dict[str, Any], fields: list[str]
) -> None:
    assert fields_of(patch(org, source, body)) == fields
    assert org.call("GET", source["id"]).json() == source


def test_null_returns_to_the_default(org: Org, source: dict[str, Any]) -> None:
    own = {"failure_threshold": 2, "timeout_seconds": 9}
    patch(org, source, {"description": "own", "tags": ["own"], "paused": True, "breaker": own})
    changed = patch(org, source, {"breaker": {"timeout_seconds": None}, "paused": None}).json()
    assert (changed["breaker"], changed["paused"]) == ({"failure_threshold": 2, "timeout_seconds": 30}, False)
    changed = patch(org, source, {"description": None, "tags": None, "breaker": None}).json()
    plain = {"description": "", "tags": [], "breaker": {"failure_threshold": 5, "timeout_seconds": 30}}
    assert {name: changed[name] for name in plain} == plain


def test_an_empty_patch_is_no_error(org: Org, source: dict[str, Any]) -> None:
    assert patch(org, source, {}).status_code == 200


def test_a_name_that_another_source_has_is_refused(org: Org, source: dict[str, Any]) -> None:
    org.add("taken")
    assert patch(org, source, {"name": "taken"}).status_code == 409


def test_a_stale_version_is_refused(org: Org, source: dict[str, Any]) -> None:
    tag = org.call("GET", source["id"]).headers["ETag"]
    first = patch(org, source, {"description": "1"}, **{"If-Match": tag})
    assert first.headers["ETag"] != tag
    stale = patch(org, source, {"description": "2"}, **{"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert org.call("DELETE", source["id"], headers={"If-Match": tag}).status_code == 412
    assert org.call("DELETE", source["id"], headers={"If-Match": first.headers["ETag"]}).status_code == 204


@pytest.mark.parametrize("tag", ["W/x", '"abc"', '"-1"', '"' + "9" * 40 + '"', '""'])
def test_a_tag_that_no_version_has_is_stale(org: Org, source: dict[str, Any], tag: str) -> None:
    assert patch(org, source, {"description": "2"}, **{"If-Match": tag}).status_code == 412


def test_a_star_matches_any_version(org: Org, source: dict[str, Any]) -> None:
    assert patch(org, source, {"description": "2"}, **{"If-Match": "*"}).status_code == 200


def test_a_deleted_source_is_gone_and_its_name_is_free(org: Org, source: dict[str, Any]) -> None:
    answer = org.call("DELETE", source["id"])
    assert (answer.status_code, answer.content) == (204, b"")
    for method in ("GET", "PATCH", "DELETE"):
        assert org.call(method, source["id"], json={}).status_code == 404
    assert org.call("GET").json()["items"] == []
    assert org.add("orders")["id"] != source["id"]


def test_a_secret_that_is_to_be_tried_first_stays_when_the_new_one_fails(org: Org, source: dict[str, Any]) -> None:
    body = {"config": {"password": "another"}}
    for wrong in ("1", "yes", ""):
        refused = org.call("PATCH", f"{source['id']}?verify={wrong}", role=Role.EDITOR, json=body)
        assert (refused.status_code, fields_of(refused)) == (422, ["verify"])
    failed = org.call("PATCH", f"{source['id']}?verify=true", role=Role.EDITOR, json=body)
    assert (failed.status_code, failed.json()["code"]) == (422, "unproven")
    assert failed.json()["errors"][0]["field"].startswith("config")
    assert password_of(org, source) == SECRET
    assert org.call("PATCH", f"{source['id']}?verify=false", role=Role.EDITOR, json=body).status_code == 200
    assert password_of(org, source) == "another"
