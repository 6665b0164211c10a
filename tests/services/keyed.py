"""Sources and hooks sealed under the keys of a file, and whoever rotates these."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.models import Actor, Organisation, SourceDraft
from core.services.audit import Audit
from core.services.keys import Keys
from core.settings import Settings
from core.storage.alert_hooks import HookRepository
from core.storage.audit import AuditRepository
from core.storage.database import Database
from core.storage.encryption import Keyring, Vault
from core.storage.key_file import read_key_file
from core.storage.keys import key_place, open_keyring, present_keys
from core.storage.people import PeopleRepository
from core.storage.sealed import SealedRepository, SealedRow
from core.storage.sources import SourceRecord, SourceRepository
from tests.storage.plant import NOW

OPERATOR = Actor("operator", server_admin=True)


@dataclass
class Keyed:
    """One process on an installation; `keyring` is as it read the keys at its start."""

    settings: Settings
    database: Database
    org: Organisation
    keyring: Keyring

    @classmethod
    async def open(cls, folder: Path, url: str, **settings: Any) -> "Keyed":
        database = Database(url)
        await database.upgrade()
        people = PeopleRepository(database)
        org = await people.organisation("acme") or await people.add_organisation("acme", "Acme", NOW)
        given = Settings(_env_file=None, data_dir=folder, database_url=url, **settings)
        return cls(given, database, org, await open_keyring(given, database))

    @property
    def sources(self) -> SourceRepository:
        return SourceRepository(self.database, Vault(self.keyring))

    @property
    def hooks(self) -> HookRepository:
        return HookRepository(self.database, Vault(self.keyring))

    @property
    def keys(self) -> Keys:
        path = None if self.settings.keks else self.settings.key_path
        audit = Audit(AuditRepository(self.database))
        place = key_place(self.settings)
        return Keys(SealedRepository(self.database), audit, present_keys(self.settings), path, place)

    async def add(self, name: str) -> SourceRecord:
        return await self.sources.add(self.org, SourceDraft("postgres", name, {}), {"password": f"of {name}"})

    async def add_hook(self) -> None:
        await self.hooks.add(self.org, {"url": "https://chat/x", "secret": "s"}, "chat", "fa", NOW)

    async def rows(self) -> list[SealedRow]:
        return [row async for page in SealedRepository(self.database).in_pages() for row in page]

    async def opened(self) -> list[dict[str, Any]]:
        """Everything, with nothing but the one key of the file."""
        ((kek_id, key),) = read_key_file(self.settings.key_path).items()
        vault = Vault(Keyring({kek_id: key}))
        return [vault.open(row.sealed, **row.binding) for row in await self.rows()]
