"""Migrations: old data survives, and what they make is what the program expects."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from core.models import Event, Organisation, SourceDraft
from core.storage.database import Database
from core.storage.encryption import Vault
from core.storage.migrations import HEAD
from core.storage.people import PeopleRepository
from core.storage.schema import newest
from core.storage.sources import SourceRepository
from core.storage.status import StatusRepository
from core.storage.tables import metadata
from tests.storage.conftest import NOW, url_of

pytestmark = pytest.mark.anyio


async def test_a_database_of_the_first_release_upgrades_and_loses_nothing(tmp_path: Path, vault: Vault) -> None:
    database = Database(url_of(tmp_path / "old.db"))
    await database.upgrade("0001")
    org = await PeopleRepository(database).add_organisation("acme", "Acme", NOW)
    before = await SourceRepository(database, vault).add(org, _draft(), {"password": "s3cret"})
    assert "events" not in await _tables(database)
    await database.close()

    database = Database(url_of(tmp_path / "old.db"))
    await database.upgrade()
    repository, statuses = SourceRepository(database, vault), StatusRepository(database)
    assert await repository.get("acme", before.uid) == before
    assert repository.config(before) == {"password": "s3cret"}
    await statuses.add_event(before.id, Event(NOW, "state", {}))
    assert len(await statuses.events(before.id)) == 1
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


def test_the_newest_migration_is_the_one_written_down() -> None:
    assert newest() == HEAD


async def _tables(database: Database) -> list[str]:
    async with database.read() as connection:
        return await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())


def _draft() -> SourceDraft:
    return SourceDraft("postgres", "Shop", {})
