"""Reading a SQLite file in threads: one state for a whole transaction, and nothing is left behind by who goes away."""

import asyncio
import gc
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core.storage.database import Database
from core.storage.people import PeopleRepository
from core.storage.sqlite import READERS
from core.storage.tables import organisations

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 1, 1, tzinfo=UTC)
COUNT = sa.select(sa.func.count()).select_from(organisations)


@pytest.fixture
async def file(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    await database.upgrade()
    yield database
    await database.close()


async def test_two_queries_of_one_reader_see_one_state(file: Database) -> None:
    async with file.read() as connection:
        before = (await connection.execute(COUNT)).scalar_one()
        await PeopleRepository(file).add_organisation("new", "New", NOW)
        assert (await connection.execute(COUNT)).scalar_one() == before
    async with file.read() as connection:
        assert (await connection.execute(COUNT)).scalar_one() == before + 1


async def test_a_reader_cannot_write(file: Database) -> None:
    async with file.read() as connection:
        with pytest.raises(DBAPIError, match="readonly"):
            await connection.execute(sa.delete(organisations))


async def test_more_readers_than_threads_hold_nobody_up(file: Database) -> None:
    started = asyncio.Barrier(READERS * 3)

    async def reading() -> Any:
        async with file.read() as connection:
            await connection.execute(COUNT)
            await started.wait()  # everyone has a transaction open
            return (await connection.execute(COUNT)).scalar_one()

    assert await asyncio.gather(*(reading() for _ in range(READERS * 3))) == [0] * READERS * 3


async def test_who_is_cancelled_leaves_when_the_query_has_ended_and_its_connection_serves_the_next(
    file: Database,
) -> None:
    begun, go_on, found = Event(), Event(), list[Any]()

    def slow(connection: sa.Connection) -> None:
        begun.set()
        go_on.wait()
        found.append(connection.execute(COUNT).scalar_one())

    async def reading() -> None:
        async with file.read() as connection:
            await connection.run_sync(slow)

    task = asyncio.create_task(reading())
    await asyncio.to_thread(begun.wait)
    task.cancel()
    await asyncio.sleep(0.05)  # long enough to close the connection under the query, if nothing kept it
    waits = not task.done()
    go_on.set()
    assert waits
    with pytest.raises(asyncio.CancelledError):
        await task
    assert found == [0]
    async with file.read() as connection:
        assert (await connection.execute(COUNT)).scalar_one() == 0


async def test_what_was_read_can_be_looked_at_when_the_database_is_closed(
    file: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with file.read() as connection:
        left = await connection.execute(COUNT)
        await connection.execute(COUNT)  # nobody looks at it
    await file.close()
    assert left.scalar_one() == 0
    gc.collect()
    assert not caplog.records


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_what_rows_return_that_are_inserted_at_once_is_there(file: Database, count: int) -> None:
    rows = [{"slug": f"s{number}", "name": "x", "created_at": NOW} for number in range(count)]
    async with file.write() as connection:
        made = await connection.execute(sa.insert(organisations).returning(organisations.c.slug), rows)
    assert sorted(made.scalars()) == [row["slug"] for row in rows]


async def test_who_leaves_while_a_change_is_taken_back_leaves_nothing_open(file: Database) -> None:
    inside, go_on = Event(), Event()

    def held_up() -> None:
        inside.set()
        go_on.wait(10)

    async def refused() -> None:
        async with file.write() as connection:
            await connection.execute(sa.delete(organisations))
            file._backend._pen.submit(held_up)  # type: ignore[attr-defined]  # what is taken back waits behind it
            raise ValueError

    leaving = asyncio.create_task(refused())
    await asyncio.to_thread(inside.wait, 10)
    leaving.cancel()
    await asyncio.wait([leaving])
    go_on.set()
    await PeopleRepository(file).add_organisation("new", "New", NOW)
