"""A migrated database in a folder of its own, and what stands on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.models import Organisation
from core.storage.database import Database
from core.storage.encryption import Keyring, Vault
from core.storage.people import PeopleRepository
from core.storage.sources import SourceRepository
from tests.storage.plant import NOW, Plant

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
async def database(database_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    """On each backend in turn."""
    database = Database(database_url)
    await database.upgrade()
    yield database
    await database.close()


@pytest.fixture
def people(database: Database) -> PeopleRepository:
    return PeopleRepository(database)


@pytest.fixture
async def org(people: PeopleRepository) -> Organisation:
    return await people.add_organisation("acme", "Acme", NOW)


@pytest.fixture
def vault() -> Vault:
    return Vault(Keyring({"k1": bytes(range(32))}))


@pytest.fixture
def sources(database: Database, vault: Vault) -> SourceRepository:
    return SourceRepository(database, vault)


@pytest.fixture
async def plant(database: Database, sources: SourceRepository, org: Organisation) -> Plant:
    return Plant(database, sources, org)


@pytest.fixture
async def beside(plant: Plant, database_url: str, vault: Vault) -> AsyncIterator[Plant]:
    """Another process on the same database."""
    database = Database(database_url)
    yield Plant(database, SourceRepository(database, vault), plant.org)
    await database.close()
