"""This installation's own parts for commands that work on them: no connector is built, and nothing else starts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core import settings
from core.access.names import COMMAND_LINE
from core.logs import configure_logging
from core.models import Actor
from core.runtime import stored
from core.services.audit import Audit
from core.services.keys import Keys
from core.settings import Settings
from core.storage.audit import AuditRepository
from core.storage.belonging import require_belonging
from core.storage.database import Database
from core.storage.keys import key_place, open_keyring, present_keys
from core.storage.sealed import SealedRepository

T = TypeVar("T")
OPERATOR = Actor(COMMAND_LINE, server_admin=True)
"""Whoever runs commands owns the data directory. Sees no organisation."""


def loaded() -> Settings:
    """The settings, and the log as they have it. Raises StartupError, also where the data lie on another server."""
    present = settings.load()
    configure_logging(present)
    require_belonging(present)
    return present


def with_database(work: Callable[[Database, Settings], Awaitable[T]]) -> T:
    """Does one piece of work on the application's database. Raises CheshmehError."""
    present = loaded()
    return asyncio.run(stored(_closing(Database(present.database_url_text), present, work)))


def with_keys(work: Callable[[Keys, Actor], Awaitable[T]], *, all_there: bool) -> T:
    """Does one piece of work on the keys; with `all_there` only where no key is missing, else as they are."""

    async def on_database(database: Database, present: Settings) -> T:
        await database.upgrade()
        if all_there:
            await open_keyring(present, database)
        path = None if present.keks else present.key_path
        audit, sealed = Audit(AuditRepository(database)), SealedRepository(database)
        keys = Keys(sealed, audit, present_keys(present), path, key_place(present))
        return await work(keys, OPERATOR)

    return with_database(on_database)


async def _closing(database: Database, present: Settings, work: Callable[[Database, Settings], Awaitable[T]]) -> T:
    try:
        return await work(database, present)
    finally:
        await database.close()
