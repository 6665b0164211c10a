"""Migrations: old data survives, and what they make is what the program expects."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from core.models import Event, Organisation
from core.storage.database import Database
from core.storage.encryption import Vault
from core.storage.migrations import HEAD
from core.storage.people import PeopleRepository
from core.storage.schema import newest
from core.storage.sources import SourceRepository
from core.storage.status import StatusRepository
from core.storage.tables import metadata
from tests.servers.application import BACKENDS
from tests.storage.conftest import NOW, url_of

pytestmark = pytest.mark.anyio


@pytest.fixture(params=BACKENDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("empty_postgres_url"))
    return url_of(tmp_path / "old.db")


async def test_a_database_of_the_first_release_upgrades_and_loses_nothing(empty_url: str, vault: Vault) -> None:
    database = Database(empty_url)
    await database.upgrade("0001")
    org = await PeopleRepository(database).add_organisation("acme", "Acme", NOW)
    uid = await _old_source(database, org, vault)
    assert "events" not in await _tables(database)
    await database.close()

    database = Database(empty_url)
    await database.upgrade()
    repository, statuses = SourceRepository(database, vault), StatusRepository(database)
    found = await repository.get("acme", uid)
    assert found is not None
    assert (found.name, found.kind, found.tags, found.maintenance_from) == ("Shop", "postgres", ("old",), None)
    assert repository.config(found) == {"password": "s3cret"}
    status = await statuses.get(found.id)
    assert status is not None
    assert (status.calls_total, status.histogram, status.lifetime, status.seq) == (12, b"", b"", 0)
    await statuses.add_event(found.id, Event(NOW, "state", {}))
    assert len(await statuses.events(found.id)) == 1
    assert await database.check() == []
    await database.close()


async def test_an_upgrade_with_nothing_to_do_changes_nothing(database: Database, org: Organisation) -> None:
    await database.upgrade()
    assert await PeopleRepository(database).organisations() == (org,)


async def test_the_migrations_make_what_the_program_expects(database: Database) -> None:
    assert await database.check() == []


async def test_a_column_without_a_migration_is_found(database: Database) -> None:
    copy = sa.MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(copy)
    copy.tables["sources"].append_column(sa.Column("colour", sa.Text))
    (found,) = await database.check(copy)
    assert "colour" in found


async def test_several_may_start_on_one_new_server_database_at_once(empty_postgres_url: str) -> None:
    starting = [Database(empty_postgres_url) for _ in range(4)]
    try:
        await asyncio.gather(*(database.upgrade() for database in starting))
        assert await starting[0].check() == []
    finally:
        for database in starting:
            await database.close()


def test_the_newest_migration_is_the_one_written_down() -> None:
    assert newest() == HEAD


async def _tables(database: Database) -> list[str]:
    async with database.read() as connection:
        return await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())


async def _old_source(database: Database, org: Organisation, vault: Vault) -> UUID:
    """A source with a status, by the columns that the first release had."""
    uid = uuid4()
    sealed = vault.seal({"password": "s3cret"}, org_id=org.id, source_uid=uid, config_version=1)
    source = {
        "id": 1,
        "uid": uid,
        "org_id": org.id,
        "kind": "postgres",
        "name": "Shop",
        "name_folded": "shop",
        "description": "",
        "tags": ["old"],
        "kek_id": sealed.kek_id,
        "wrapped_key": sealed.wrapped_key,
        "ciphertext": sealed.ciphertext,
        "config_version": 1,
        "paused": False,
        "failure_threshold": 5,
        "timeout_seconds": 30.0,
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    counts = {"calls_total": 12, "errors_total": 2, "rejected_total": 1, "histogram": b"\1\0\2\0\0\0"}
    status = {"source_id": 1, "state": "closed", "updated_at": NOW, **counts}
    async with database.write() as connection:
        for table, row in ((metadata.tables["sources"], source), (metadata.tables["source_status"], status)):
            await connection.execute(sa.insert(table).values(row))
    return uid
