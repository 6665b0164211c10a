"""The engine of the application's own database (SQLite), its transactions and its migrations."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from core.errors import StartupError
from core.storage.lock import prepare
from core.storage.migrations import HEAD
from core.storage.tables import metadata

BUSY_TIMEOUT_S = 5.0


class Database:
    """One engine. Bound to the event loop that first uses it."""

    def __init__(self, url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        """Does no I/O. Raises StartupError for a URL that is none of SQLite, without repeating it."""
        self._url = _sqlite_url(url)
        self._path = Path(str(self._url.database))
        self._patience = f"busy_timeout={int(busy_timeout_s * 1000)}"
        self._engine = _engine(self._url, ("foreign_keys=ON", self._patience, "journal_mode=WAL", "synchronous=NORMAL"))
        self._writing = asyncio.Lock()

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
        # Writers of this process queue here: SQLite's own waiting is sleeping and trying again, and not fair.
        async with self._writing, _immediate(self._engine) as connection:
            yield connection

    async def answers(self) -> bool:
        """Whether a query works now."""
        try:
            async with self.read() as connection:
                await connection.execute(sa.select(1))
        except (SQLAlchemyError, sqlite3.Error):
            return False
        return True

    async def upgrade(self, revision: str = HEAD) -> None:
        """Brings the tables up to this program. A database that it refuses stays as it is.

        Raises StartupError: `database_newer`, `database_foreign` (of another program), `database_unreadable`,
        `database_locked`, `data_dir`.
        """
        self._create_file()
        # Neither WAL, which would change a database that is then refused, nor foreign keys: a migration that rebuilds
        # a table drops the old one, and with foreign keys on that empties every table that refers to it.
        engine = _engine(self._url, ("foreign_keys=OFF", self._patience), poolclass=NullPool)
        with _refusing(self._path):
            await _upgrade(engine, revision)
            async with self.read() as connection:
                await connection.execute(sa.select(1))

    async def check(self, expected: sa.MetaData = metadata) -> list[str]:
        """Differences between the tables as they are and as the program has them; empty when there are none."""
        from core.storage.schema import drift

        async with self.read() as connection:
            return await connection.run_sync(drift, expected)

    async def close(self) -> None:
        """Idempotent."""
        await self._engine.dispose()

    def _create_file(self) -> None:
        """SQLite would make it, and the files beside it, as readable as the umask lets it."""
        prepare(self._path.parent)
        try:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as err:
            raise StartupError("database_unreadable", path=str(self._path)) from err


def _sqlite_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StartupError("database_url") from None
    if parsed.get_backend_name() != "sqlite":
        raise StartupError("database_kind", kind=parsed.get_backend_name())
    if parsed.database in (None, "", ":memory:"):
        raise StartupError("database_url")
    return parsed.set(drivername="sqlite+aiosqlite")


def _engine(url: URL, pragmas: tuple[str, ...], **options: Any) -> AsyncEngine:
    engine = create_async_engine(url, hide_parameters=True, **options)

    def prepare_connection(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN is switched off; `_begin` says which one.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    sa.event.listen(engine.sync_engine, "connect", prepare_connection)
    sa.event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _begin(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@asynccontextmanager
async def _immediate(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        await connection.execution_options(immediate=True)
        async with connection.begin():
            yield connection


async def _upgrade(engine: AsyncEngine, revision: str) -> None:
    async with engine.connect() as connection:
        present = await connection.run_sync(_revision)
    if present != revision:
        from core.storage.schema import migrate

        async with _immediate(engine) as connection:
            await connection.run_sync(migrate, revision)


def _revision(connection: sa.Connection) -> str | None:
    tables = set(sa.inspect(connection).get_table_names())
    if not tables:
        return None
    if not {"alembic_version", "organisations"} <= tables:
        raise StartupError("database_foreign", path=str(connection.engine.url.database))
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error) as err:
        # What goes wrong while a connection is being prepared arrives as the driver's own error.
        code = getattr(err.orig if isinstance(err, DBAPIError) else err, "sqlite_errorcode", 0) & 0xFF
        locked = code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        raise StartupError("database_locked" if locked else "database_unreadable", path=str(path)) from err
