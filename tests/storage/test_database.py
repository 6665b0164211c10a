"""Transactions on each backend, and what a start refuses of a file."""

import asyncio
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import StartupError
from core.storage.database import Database
from core.storage.row_locks import lock_table
from core.storage.tables import organisations
from tests.storage.conftest import NOW, ON_SQLITE, url_of

pytestmark = pytest.mark.anyio


async def test_no_commit_of_four_writers_is_lost(database: Database) -> None:
    await _add(database, "counter", "0")

    async def count(times: int) -> None:
        for _ in range(times):
            async with database.write() as connection:
                await lock_table(connection, organisations)
                present = int((await connection.execute(sa.select(organisations.c.name))).scalar_one())
                await asyncio.sleep(0)
                await connection.execute(sa.update(organisations).values(name=str(present + 1)))

    await asyncio.gather(*(count(20) for _ in range(4)))
    assert await _names(database) == ["80"]


async def test_no_commit_of_two_engines_on_one_database_is_lost(database: Database, database_url: str) -> None:
    await _add(database, "counter", "0")
    other = Database(database_url)

    async def count(engine: Database) -> None:
        for _ in range(20):
            async with engine.write() as connection:
                await lock_table(connection, organisations)
                present = int((await connection.execute(sa.select(organisations.c.name))).scalar_one())
                await connection.execute(sa.update(organisations).values(name=str(present + 1)))

    await asyncio.gather(count(database), count(other))
    await other.close()
    assert await _names(database) == ["40"]


async def test_a_failed_write_leaves_nothing_behind(database: Database) -> None:
    async def fail_late() -> None:
        async with database.write() as connection:
            await connection.execute(sa.insert(organisations).values(slug="a", name="A", created_at=NOW))
            raise LookupError

    with pytest.raises(LookupError):
        await fail_late()
    assert await _names(database) == []


async def test_a_cancelled_write_frees_the_lock(database: Database) -> None:
    inside = asyncio.Event()

    async def hang() -> None:
        async with database.write() as connection:
            await connection.execute(sa.insert(organisations).values(slug="a", name="A", created_at=NOW))
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await _add(database, "b", "B")
    assert await _names(database) == ["B"]


async def test_a_reader_sees_one_state_while_another_writes(database: Database) -> None:
    async with database.read() as connection:
        before = (await connection.execute(sa.select(organisations.c.name))).all()
        await _add(database, "a", "A")
        assert (await connection.execute(sa.select(organisations.c.name))).all() == before
    assert await _names(database) == ["A"]


async def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    await _add(database, "a", "A")
    async with database.read() as connection:
        found = (await connection.execute(sa.select(organisations.c.created_at))).scalar_one()
    assert (found, found.tzinfo) == (NOW, NOW.tzinfo)


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="without a time zone"):
        await _add(database, "a", "A", NOW.replace(tzinfo=None))


@ON_SQLITE
async def test_files_are_for_their_owner_alone(database: Database, tmp_path: Path) -> None:
    await _add(database, "a", "A")
    folder = tmp_path / "data"
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert set(modes.values()) == {0o600}
    assert {"cheshmeh.db", "cheshmeh.db-wal"} <= modes.keys()


async def test_it_answers_until_the_database_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "cheshmeh.db"
    database = Database(url_of(path))
    await database.upgrade()
    assert await database.revision()
    await database.close()
    path.write_bytes(b"no database " * 400)
    database = Database(url_of(path))
    assert not await database.revision()
    await database.close()


async def test_a_newer_database_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    _script(path, "CREATE TABLE organisations (id); CREATE TABLE alembic_version (version_num);")
    _script(path, "INSERT INTO alembic_version VALUES ('9999');")
    await _assert_refused(path, "database_newer")
    database = Database(url_of(path))
    with pytest.raises(StartupError) as refused:
        await database.check()
    await database.close()
    assert (refused.value.reason, refused.value.arguments) == ("database_newer", {"revision": "9999"})


async def test_a_database_of_another_program_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    _script(path, "CREATE TABLE invoices (id); INSERT INTO invoices VALUES (1);")
    await _assert_refused(path, "database_foreign")


async def test_a_file_that_is_no_database_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_bytes(b"these are not the bytes of a database\n" * 100)
    await _assert_refused(path, "database_unreadable")


async def test_a_truncated_database_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "cut.db"
    _script(path, "CREATE TABLE organisations (id); CREATE TABLE alembic_version (version_num);")
    path.write_bytes(path.read_bytes()[:4096])
    await _assert_refused(path, "database_unreadable")


async def test_a_locked_database_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "locked.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("CREATE TABLE organisations (id)")
    holder.execute("CREATE TABLE alembic_version (version_num)")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        await _assert_refused(path, "database_locked")
    finally:
        holder.close()


async def test_a_folder_in_the_place_of_the_database_is_refused(tmp_path: Path) -> None:
    database = Database(url_of(tmp_path))
    with pytest.raises(StartupError, match="database_unreadable"):
        await database.upgrade()
    await database.close()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql+aiomysql://reza:s3cret@db/app", "database_kind"),
        ("postgresql://reza:s3cret@db:s3cret/app", "database_url"),
        ("reza:s3cret@nowhere", "database_url"),
        ("sqlite://", "database_url"),
        ("sqlite:///:memory:", "database_url"),
    ],
)
def test_a_refused_url_is_not_repeated(url: str, reason: str) -> None:
    with pytest.raises(StartupError) as refusal:
        Database(url)
    assert refusal.value.reason == reason
    assert "s3cret" not in f"{refusal.value!r} {refusal.value.arguments} {refusal.value.__cause__}"


async def _assert_refused(path: Path, reason: str) -> None:
    before = _bytes(path)
    database = Database(url_of(path), busy_timeout_s=0.05)
    with pytest.raises(StartupError) as refusal:
        await database.upgrade()
    await database.close()
    assert refusal.value.reason == reason
    assert _bytes(path) == before


def _bytes(path: Path) -> bytes:
    return path.read_bytes()


def _script(path: Path, script: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()


async def _add(database: Database, slug: str, name: str, created_at: datetime = NOW) -> None:
    async with database.write() as connection:
        await connection.execute(sa.insert(organisations).values(slug=slug, name=name, created_at=created_at))


async def _names(database: Database) -> list[str]:
    async with database.read() as connection:
        return list((await connection.execute(sa.select(organisations.c.name))).scalars())
