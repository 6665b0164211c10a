"""The trail: kept with the change it tells of or not at all, and never touched again."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core.models import AuditLine
from core.storage.audit import AuditRepository, Wanted
from core.storage.database import Database
from core.storage.people import PeopleRepository
from core.storage.tables import audit

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def line(action: str, org: str | None = "main") -> AuditLine:
    return AuditLine(NOW, org, "مریم", "127.0.0.1", action, "فروش", "id", {"name": "a"}, {"name": "b"})


async def actions(database: Database, org: str | None = "main") -> list[str]:
    found = await AuditRepository(database).lines(Wanted(org), below=None, limit=100)
    return [each.action for each in found]


async def test_lines_come_newest_first_and_as_they_were_written(database: Database) -> None:
    trail = AuditRepository(database)
    for action in ("one", "two"):
        await trail.add(line(action))
    await trail.add(line("server", None))
    found = await trail.lines(Wanted("main"), below=None, limit=100)
    assert [each.action for each in found] == ["two", "one"]
    assert found[1] == AuditLine(
        **{name: getattr(line("one"), name) for name in AuditLine.__slots__} | {"id": found[1].id}
    )
    assert await actions(database, None) == ["server"]


@pytest.mark.parametrize("statement", [sa.update(audit).values(actor="x"), sa.delete(audit)])
async def test_the_database_refuses_to_change_or_delete_a_line(database: Database, statement: Any) -> None:
    await AuditRepository(database).add(line("one"))
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.write() as connection:
            await connection.execute(statement)
    assert await actions(database) == ["one"]


async def test_what_is_done_together_is_kept_together_or_not_at_all(database: Database) -> None:
    people = PeopleRepository(database)

    async def half() -> None:
        async with database.together():
            await people.add_organisation("gone", "Gone", NOW)
            await AuditRepository(database).add(line("one", "gone"))
            assert await people.organisation("gone") is not None
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await half()
    assert await people.organisation("gone") is None
    assert await actions(database, "gone") == []


async def test_a_task_begun_inside_has_a_transaction_of_its_own(database: Database) -> None:
    people = PeopleRepository(database)
    async with database.together():
        await people.add_organisation("inside", "Inside", NOW)
        task = asyncio.create_task(people.organisation("inside"))
        assert await task is None
    assert await people.organisation("inside") is not None
