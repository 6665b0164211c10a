"""A database with one organisation, for services that read what is stored."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.storage.database import Database
from core.storage.encryption import Keyring, Vault
from core.storage.people import PeopleRepository
from core.storage.sources import SourceRepository
from tests.services.histories import NOW, Past


@pytest.fixture
async def past(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Past]:
    async with past_in(f"sqlite:///{tmp_path / 'data' / 'cheshmeh.db'}") as made:
        yield made


@asynccontextmanager
async def past_in(url: str) -> AsyncIterator[Past]:
    database = Database(url)
    try:
        await database.upgrade()
        org = await PeopleRepository(database).add_organisation("acme", "Acme", NOW)
        yield Past(database, SourceRepository(database, Vault(Keyring({"k1": bytes(range(32))}))), org)
    finally:
        await database.close()
