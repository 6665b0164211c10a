"""Creating with an `Idempotency-Key`: however often it comes, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from core.models import Actor, Role, SourceDraft
from core.services.idempotency import Once
from core.storage.database import Database
from core.storage.tables import idempotency_keys
from tests.api.conftest import Org
from tests.services.assembly import product

SAME = ("Location", "ETag", "Content-Type")
BODY = {"kind": "fake", "name": "پروازها", "config": {"host": "h", "password": "Zq7-never-shown"}, "tags": ["a"]}


def create(org: Org, key: str | bytes | None, role: Role = Role.EDITOR, **changes: Any) -> requests.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return org.call("POST", role=role, json=BODY | changes, headers=headers)


def names(org: Org) -> list[str]:
    return [item["name"] for item in org.call("GET").json()["items"]]


def test_the_same_request_gets_the_first_answer_again(org: Org) -> None:
    first = create(org, "k-1")
    org.call("PATCH", first.json()["id"], json={"description": "changed since"})
    again = create(org, "k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert [again.headers[name] for name in SAME] == [first.headers[name] for name in SAME]
    assert names(org) == ["پروازها"]


def test_a_repetition_is_no_second_line_of_the_trail(org: Org) -> None:
    create(org, "k-1")
    create(org, "k-1")
    lines = org.call("GET", f"/orgs/{org.slug}/audit").json()["items"]
    assert [line["action"] for line in lines].count("source.create") == 1


@pytest.mark.parametrize("change", [{"name": "other"}, {"config": {"host": "h", "password": "another"}}])
def test_another_request_with_the_same_key_is_a_conflict(org: Org, change: dict[str, Any]) -> None:
    create(org, "k-1")
    answer = create(org, "k-1", **change)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert names(org) == ["پروازها"]


def test_a_request_that_failed_may_come_again(org: Org) -> None:
    taken = create(org, None)
    assert create(org, "k-1").status_code == 409
    org.call("DELETE", taken.json()["id"])
    assert create(org, "k-1").status_code == 201
    assert create(org, "k-2", kind="nothing").status_code == 422
    assert create(org, "k-2", name="other").status_code == 201


def test_a_key_belongs_to_who_chose_it_and_where(org: Org, foreign: Org) -> None:
    assert create(org, "k-1").status_code == 201
    assert create(org, "k-1", Role.ADMIN, name="the admin's").status_code == 201
    assert create(foreign, "k-1").status_code == 201
    assert names(org) == ["پروازها", "the admin's"]


def test_of_many_at_once_one_creates_and_all_get_its_answer(org: Org) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: create(org, "k-1"), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert names(org) == ["پروازها"]


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_of_a_silly_length_is_refused(org: Org, key: str) -> None:
    answer = create(org, key)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["Idempotency-Key"]
    assert names(org) == []


@pytest.mark.parametrize("key", ["x" * 255, "كليد".encode(), '"8e03978e-40d5-43dd-bc93-6894a57f9324"'])
def test_any_other_text_is_a_key(org: Org, key: str | bytes) -> None:
    assert create(org, key).json() == create(org, key).json()


def test_what_is_kept_holds_no_secret_and_goes_after_a_day(org: Org) -> None:
    create(org, "k-1")
    runtime = org.served.product.runtime
    database = Database(runtime.settings.database_url_text)

    async def kept() -> list[Any]:
        async with database.read() as connection:
            return list(await connection.execute(sa.select(idempotency_keys)))

    async def grow_old() -> None:
        async with database.write() as connection:
            old = datetime.now(UTC) - timedelta(hours=24, seconds=1)
            await connection.execute(sa.update(idempotency_keys).values(created_at=old))

    assert "Zq7" not in str(runtime.run(kept()))
    runtime.run(grow_old())
    assert create(org, "k-1").json()["code"] == "conflict"  # of the name: the key is forgotten
    assert create(org, "k-1", name="other").status_code == 201
    assert len(runtime.run(kept())) == 1
    runtime.run(database.close())


def test_on_postgresql_too_one_of_many_creates(tmp_path: Path, empty_postgres_url: str) -> None:
    with product(tmp_path, database_url=empty_postgres_url) as made, ThreadPoolExecutor(6) as threads:
        runtime, admin = made.runtime, Actor("tester", {"main": Role.ADMIN})
        runtime.run(runtime.access.ensure_organisation("main", "Main"))
        draft = SourceDraft("fake", "one", {"host": "there"})

        def create_once(_: int) -> Any:
            return runtime.run(runtime.sources.create(admin, "main", draft, once=Once("k", {"name": "one"})))

        assert len({source.id for source in threads.map(create_once, range(6))}) == 1
        assert len(runtime.run(runtime.sources.list(admin, "main")).items) == 1
