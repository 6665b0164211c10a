"""A database with one organisation, for services that read what is stored."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.storage.database import Database
from core.storage.encryption import Keyring, Vault
from core.storage.people import PeopleRepository
from core.storage.sources import SourceRepository
from tests.services.histories import NOW, Past


@pytest.fixture
async def past(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Past]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'cheshmeh.db'}")
    await database.upgrade()
    org = await PeopleRepository(database).add_organisation("acme", "Acme", NOW)
    yield Past(database, SourceRepository(database, Vault(Keyring({"k1": bytes(range(32))}))), org)
    await database.close()
