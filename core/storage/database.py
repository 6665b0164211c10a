"""The engine of the application's own database (SQLite), its transactions and its migrations."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from core.errors import StartupError
from core.storage.lock import prepare
from core.storage.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 5000


class Database:
    """One engine. Bound to the event loop that first uses it."""

    def __init__(self, url: str) -> None:
        """Does no I/O. Raises StartupError for a URL that is none, without repeating it."""
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise StartupError("database_url") from None
        if parsed.get_backend_name() != "sqlite":
            raise StartupError("database_kind", kind=parsed.get_backend_name())
        self._path = Path(parsed.database) if parsed.database else None
        self._engine = create_async_engine(parsed.set(drivername="sqlite+aiosqlite"), hide_parameters=True)
        sa.event.listen(self._engine.sync_engine, "connect", _prepare_connection)
        sa.event.listen(self._engine.sync_engine, "begin", _begin)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading one consistent state."""
        async with self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that owns the write lock from its first statement on, committed at the end of the block.

        A deferred transaction would read first and find at its first write that somebody else has written meanwhile.
        """
        async with self._engine.connect() as connection:
            await connection.execution_options(immediate=True)
            async with connection.begin():
                yield connection

    async def answers(self) -> bool:
        """Whether a query works now."""
        try:
            async with self.read() as connection:
                await connection.execute(sa.select(1))
        except DatabaseError:
            return False
        return True

    async def upgrade(self, revision: str = "head") -> None:
        """Brings the tables up to this program. Raises StartupError; a database that it refuses stays untouched."""
        if self._path is not None:
            prepare(self._path.parent)
            self._path.touch(mode=0o600)
        try:
            async with self.write() as connection:
                await connection.run_sync(_upgrade, revision)
        except OperationalError as err:
            raise StartupError("database_locked" if _is_locked(err) else "database_unreadable") from None
        except DatabaseError:
            raise StartupError("database_unreadable") from None

    async def drift(self) -> list[str]:
        """Differences between the tables as they are and as the program has them; empty when there are none."""
        async with self.read() as connection:
            return await connection.run_sync(_drift)

    async def close(self) -> None:
        await self._engine.dispose()


def _prepare_connection(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # The driver's own BEGIN is switched off; `_begin` says which one.
    connection.isolation_level = None
    for pragma in ("foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _upgrade(connection: Connection, revision: str) -> None:
    config = migration_config(connection)
    script = ScriptDirectory.from_config(config)
    known = {step.revision for step in script.walk_revisions()}
    present = set(MigrationContext.configure(connection).get_current_heads())
    if present - known:
        raise StartupError("database_newer", revision=", ".join(sorted(present - known)))
    if present != set(script.get_heads()):
        command.upgrade(config, revision)


def migration_config(connection: Connection) -> Config:
    """Alembic's configuration, made in code: there is no ini file to find."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _drift(connection: Connection) -> list[str]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return [str(difference) for difference in compare_metadata(context, metadata)]


def _is_locked(err: OperationalError) -> bool:
    code = getattr(err.orig, "sqlite_errorcode", None)
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
