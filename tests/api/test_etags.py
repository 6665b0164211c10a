"""Which version a caller saw, and which answer it has."""

from typing import Any

import pytest

from tests.api.conftest import Org
from tests.fakes import Step


@pytest.fixture
def source(org: Org) -> dict[str, Any]:
    """At version 2."""
    made = org.add()
    assert org.call("PATCH", made["id"], json={"description": "second"}).status_code == 200
    return made


@pytest.mark.parametrize(
    ("header", "status"),
    [
        *(('"2"', 200), ("*", 200), ('"1", "2"', 200), ('"2-0123456789ab"', 200), ('W/"2", "2"', 200)),
        *(('"1"', 412), ('W/"2"', 412), ('"1", "3"', 412), ('"x"', 412), ("2", 412), ('"2', 412), ("", 412)),
        *(('"2" "3"', 412), ('"0"', 412), ('"٢"'.encode(), 412), (f'"{"9" * 40}"', 412), ('"2", oops', 412)),
    ],
)
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_change_is_made_where_one_of_the_tags_is_the_present_version(
    org: Org, source: dict[str, Any], method: str, header: str, status: int
) -> None:
    body = {"json": {"description": "third"}} if method == "PATCH" else {}
    answer = org.call(method, source["id"], headers={"If-Match": header}, **body)
    assert answer.status_code == (204 if status == 200 and method == "DELETE" else status), answer.text
    if status == 412:
        assert answer.json()["code"] == "precondition_failed"
        assert org.call("GET", source["id"]).json()["description"] == "second"


def test_the_tag_of_any_answer_admits_a_change(org: Org, source: dict[str, Any]) -> None:
    for method, body in (("GET", None), ("PATCH", {"description": "third"})):
        tag = org.call(method, source["id"], json=body).headers["ETag"]
        changed = org.call("PATCH", source["id"], json={"name": f"after {method}"}, headers={"If-Match": tag})
        assert changed.status_code == 200
    tag = org.call("POST", json={"kind": "fake", "name": "n", "config": {}}).headers["ETag"]
    assert tag.startswith('"1-')


def test_a_ping_changes_the_answer_and_not_the_version(org: Org, source: dict[str, Any]) -> None:
    before = org.call("GET", source["id"]).headers["ETag"]
    org.call("POST", f"{source['id']}/ping")
    after = org.call("GET", source["id"]).headers["ETag"]
    assert before != after
    assert org.call("GET", source["id"], headers={"If-None-Match": before}).status_code == 200
    assert org.call("PATCH", source["id"], json={"name": "x"}, headers={"If-Match": before}).status_code == 200


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', "*"])
def test_what_is_known_already_is_not_sent_again(org: Org, source: dict[str, Any], form: str) -> None:
    tag = org.call("GET", source["id"]).headers["ETag"]
    answer = org.call("GET", source["id"], headers={"If-None-Match": form.format(tag)})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)


def test_another_language_is_another_answer(org: Org, source: dict[str, Any]) -> None:
    org.other_end.will(Step.AUTH, host=source["config"]["host"])
    org.call("POST", f"{source['id']}/ping")
    tags = [org.call("GET", source["id"], headers={"Accept-Language": lang}).headers["ETag"] for lang in ("fa", "en")]
    assert tags[0] != tags[1]


def test_a_precondition_is_judged_after_who_asks_and_whether_it_is_there(org: Org, foreign: Org) -> None:
    made = org.add()
    stale = {"If-Match": '"7"'}
    assert foreign.call("DELETE", f"/orgs/{org.slug}/datasources/{made['id']}", headers=stale).status_code == 404
    assert org.call("DELETE", made["id"], role=None, headers=stale).status_code == 401
