"""The list of sources: its order, its pages and its filters."""

from typing import Any

import pytest

from core.models import Role
from tests.api.conftest import Org
from tests.fakes import Step


def names_of(org: Org, **query: Any) -> list[str]:
    answer = org.call("GET", params=query, role=Role.VIEWER)
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


def test_sources_come_in_the_order_of_their_making(org: Org, foreign: Org) -> None:
    foreign.add("not mine")
    made = [org.add(name) for name in ("c", "a", "b")]
    answer = org.call("GET", role=Role.VIEWER)
    assert answer.json() == {"items": made, "next_cursor": None}


def test_an_empty_organisation_has_an_empty_list(org: Org) -> None:
    assert org.call("GET", role=Role.VIEWER).json() == {"items": [], "next_cursor": None}


def test_pages_follow_each_other_without_gap_or_repetition(org: Org) -> None:
    wanted = [org.add(f"s{number}")["name"] for number in range(7)]
    seen, cursor, pages = [], None, 0
    while cursor is not None or not pages:
        page = org.call("GET", params={"limit": 3, "cursor": cursor}).json()
        seen += [item["name"] for item in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
    assert (seen, pages) == (wanted, 3)


def test_a_full_last_page_has_no_next_one(org: Org) -> None:
    for name in "ab":
        org.add(name)
    assert org.call("GET", params={"limit": 2}).json()["next_cursor"] is None


def test_a_source_deleted_between_two_pages_leaves_no_gap(org: Org) -> None:
    made = [org.add(name) for name in "abcd"]
    cursor = org.call("GET", params={"limit": 2}).json()["next_cursor"]
    org.call("DELETE", made[1]["id"])
    assert names_of(org, limit=2, cursor=cursor) == ["c", "d"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"kind": "fake"}, ["انبار کتاب", "فروش"]),
        ({"kind": "postgres"}, ["orders"]),
        ({"tag": "تولید"}, ["فروش", "orders"]),
        ({"tag": "none"}, []),
        ({"q": "كتاب"}, ["انبار کتاب"]),
        ({"q": "کتاب انبار"}, ["انبار کتاب"]),
        ({"q": "ORD"}, ["orders"]),
        ({"q": "db.example"}, ["orders"]),
        ({"q": "reports"}, ["فروش"]),
        ({"kind": "fake", "tag": "تولید"}, ["فروش"]),
        ({"status": "unknown"}, ["انبار کتاب", "فروش", "orders"]),
        ({"status": "healthy"}, []),
        ({"kind": "no such kind"}, []),
    ],
)
def test_filters_choose(org: Org, query: dict[str, str], names: list[str]) -> None:
    postgres = {"host": "db.example.ir", "database": "shop", "user": "u"}
    org.add("انبار کتاب")
    org.add("فروش", tags=["تولید"], description="monthly Reports")
    org.add("orders", "postgres", tags=["توليد"], config=postgres)
    assert names_of(org, **query) == names


def test_the_status_filter_follows_what_was_proven(org: Org) -> None:
    org.add("well")
    org.add("down")
    org.other_end.will(Step.FAIL, host=org.host("down"))
    org.call("POST", "ping")
    assert names_of(org, status="healthy") == ["well"]
    assert names_of(org, status="error") == ["down"]


def test_words_do_not_find_a_secret(org: Org) -> None:
    org.add("a", config={"host": "h", "password": "Zq7-never-shown"})
    assert names_of(org, q="Zq7-never-shown") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"limit": "۱۰"}, "limit"),
        ({"limit": "9" * 30}, "limit"),
        ({"status": "fine"}, "status"),
        ({"q": "a " * 101}, "q"),
        ({"cursor": "abc"}, "cursor"),
        ({"cursor": "-5"}, "cursor"),
        ({"cursor": "9" * 40}, "cursor"),
    ],
)
def test_a_wrong_parameter_is_named(org: Org, query: dict[str, str], field: str) -> None:
    answer = org.call("GET", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_five_hundred_is_a_page(org: Org) -> None:
    assert names_of(org, limit=500) == []


def test_health_counts_every_status(org: Org) -> None:
    for name in ("well", "down", "held", "new"):
        org.add(name)
    org.other_end.will(Step.FAIL, host=org.host("held"))
    org.call("POST", "ping")
    org.call("POST", "ping")
    org.other_end.will(Step.AUTH, host=org.host("down"))
    org.call("POST", "ping")
    org.add("newer")
    answer = org.call("GET", "health", role=Role.VIEWER).json()
    rows = {row["name"]: row for row in answer.pop("datasources")}
    assert answer == {"org_id": org.slug, "total": 5, "healthy": 2, "error": 1, "unknown": 1, "suspended": 1}
    assert {name: row["status"] for name, row in rows.items()} == {
        "well": "healthy",
        "new": "healthy",
        "down": "error",
        "held": "suspended",
        "newer": "unknown",
    }
    assert rows["held"]["state"] == "open"
    assert rows["down"]["message"] == "there refused the password of reader."
    keys = "id name kind status state last_ok_ts last_err_ts avg_latency_ms p95_ms message"
    assert all(" ".join(row) == keys for row in rows.values())
