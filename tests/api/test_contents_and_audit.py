"""What a source holds, and who did what, over HTTP."""

import csv
import io
from typing import Any

import pytest

from core.models import CatalogEntry, Role, TypeShare
from tests.api.conftest import Org
from tests.fakes import Step


def trail(org: Org, role: Role | None = Role.ADMIN, **options: Any) -> Any:
    return org.call("GET", f"/orgs/{org.slug}/audit", role, **options)


def test_the_top_of_a_source_is_shown(org: Org) -> None:
    made = org.add()
    answer = org.call("GET", f"{made['id']}/catalog", Role.ANALYST).json()
    assert answer.pop("cached_at").endswith("Z")
    entry = {"name": "t", "path": "t", "type": "table", "expandable": False}
    assert answer == {"path": "", "entries": [entry], "changes": []}


def test_a_level_is_remembered_and_another_path_is_another_level(org: Org) -> None:
    made = org.add()
    asked = [org.call("GET", f"{made['id']}/catalog", params={"path": p}).json() for p in ("", "", "a/b")]
    assert asked[0] == asked[1]
    assert asked[2]["path"] == "a/b"
    described = [each for each in org.other_end.requests if each == ("describe", made["config"]["host"])]
    assert len(described) == 2


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_a_flag_that_is_none_is_named(org: Org, lang: str) -> None:
    made = org.add()
    answer = org.call("GET", f"{made['id']}/catalog", params={"fresh": "perhaps"}, headers={"Accept-Language": lang})
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == ["fresh"]
    assert "perhaps" not in answer.text


def test_a_fresh_look_asks_the_source_and_tells_what_changed(org: Org) -> None:
    made = org.add()
    seen = org.call("GET", f"{made['id']}/catalog").json()
    org.other_end.holds[made["config"]["host"]] = (
        CatalogEntry("t", "t", "view"),
        CatalogEntry("u", "u", "table", rows=7, share=0.5, types=(TypeShare("int", 1.0),), marks=("conflict",)),
    )
    assert org.call("GET", f"{made['id']}/catalog").json() == seen
    answer = org.call("GET", f"{made['id']}/catalog", params={"fresh": True}).json()
    assert answer["changes"] == [
        {"what": "type", "name": "t", "before": "table", "after": "view"},
        {"what": "added", "name": "u", "after": "table"},
    ]
    assert (answer["changed_after"], answer["changed_before"]) == (seen["cached_at"], answer["cached_at"])
    assert answer["entries"][1] == {
        "name": "u",
        "path": "u",
        "type": "table",
        "expandable": False,
        "rows": 7,
        "share": 0.5,
        "types": [{"type": "int", "share": 1.0}],
        "marks": ["conflict"],
    }


@pytest.mark.parametrize(
    ("step", "status", "code"),
    [
        (Step.FAIL, 502, "unreachable"),
        (Step.AUTH, 422, "auth_failed"),
        (Step.BUSY, 429, "busy"),
        (Step.DEFECT, 502, "internal"),
    ],
)
def test_a_source_that_fails_is_told_as_with_a_sample(org: Org, step: Step, status: int, code: str) -> None:
    made = org.add()
    org.other_end.will(step, host=made["config"]["host"])
    answer = org.call("GET", f"{made['id']}/catalog")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_trail_tells_the_newest_first_without_a_secret(org: Org) -> None:
    made = org.add(config={"host": "h", "password": "Zq7-never-shown"})
    org.call("PATCH", made["id"], json={"name": "renamed", "config": {"password": "Zq8-never-shown"}})
    answer = trail(org)
    lines = answer.json()["items"]
    assert [line["action"] for line in lines][:2] == ["source.update", "source.create"]
    newest = lines[0]
    assert (newest["actor"], newest["address"], newest["target_id"]) == ("token:admin", "127.0.0.1", made["id"])
    assert (newest["before"]["name"], newest["after"]["name"]) == ("a source", "renamed")
    assert "never-shown" not in answer.text


def test_the_trail_comes_in_pages_and_between_moments(org: Org) -> None:
    for number in range(5):
        org.add(f"s{number}")
    first = trail(org, params={"limit": 2}).json()
    second = trail(org, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    last = trail(org, params={"limit": 900, "cursor": second["next_cursor"]}).json()
    seen = [line["target"] for page in (first, second, last) for line in page["items"]]
    assert (seen[:5], last["next_cursor"]) == (["s4", "s3", "s2", "s1", "s0"], None)
    middle = second["items"][0]["ts"]
    since = [line["target"] for line in trail(org, params={"since": middle}).json()["items"]]
    until = [line["target"] for line in trail(org, params={"until": middle}).json()["items"]]
    assert (since, until[:2]) == (["s4", "s3", "s2"], ["s1", "s0"])


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        *(({"limit": "0"}, "limit"), ({"limit": "1001"}, "limit"), ({"limit": "ten"}, "limit")),
        *(({"since": "yesterday"}, "since"), ({"until": "2026-13-01T00:00:00Z"}, "until"), ({"cursor": "x"}, "cursor")),
    ],
)
def test_a_wrong_question_names_its_field(org: Org, asked: dict[str, str], field: str) -> None:
    answer = trail(org, params=asked)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_only_administrators_of_the_organisation_see_the_trail(org: Org, foreign: Org) -> None:
    assert trail(org, None).status_code == 401
    for role in Role:
        assert trail(org, role).status_code == (200 if role is Role.ADMIN else 403)
    assert foreign.call("GET", f"/orgs/{org.slug}/audit").status_code == 404
    org.add("ours")
    assert "ours" not in trail(foreign).text


def test_a_table_is_what_a_spreadsheet_reads_and_carries_nothing_out(org: Org) -> None:
    for name in ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", 'با "گیومه"، ویرگول'):
        org.add(name)
    answer = trail(org, headers={"Accept": "text/csv"}, params={"limit": 4})
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    header, *rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert header == ["ts", "actor", "address", "action", "target", "target_id", "before", "after"]
    targets = [row[header.index("target")] for row in rows]
    assert targets == ['با "گیومه"، ویرگول', "'@SUM(1)", "'-1", "'+1"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    following = org.call("GET", answer.links["next"]["url"], headers={"Accept": "text/csv"})
    assert "'=cmd|' /C calc'!A0" in [row[4] for row in csv.reader(io.StringIO(following.text))]
    assert "next" not in trail(org, headers={"Accept": "text/csv"}, params={"limit": 900}).links
