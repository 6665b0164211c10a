"""SQLite as the application's own database: one file, one writer at a time."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool, QueuePool

from core.errors import StartupError
from core.storage.lock import prepare
from core.storage.reader import READERS, Reading, ThreadReader

BUSY_TIMEOUT_S = 5.0


class Sqlite:
    """The file that a URL names, in WAL mode. Raises StartupError `database_url` for a database in memory."""

    dialect = "sqlite"

    def __init__(self, url: URL, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        if url.database in (None, "", ":memory:"):
            raise StartupError("database_url")
        url = url.set(drivername="sqlite+aiosqlite")
        self._path = Path(str(url.database))
        patience = f"busy_timeout={int(busy_timeout_s * 1000)}"
        usual = ("foreign_keys=ON", patience, "journal_mode=WAL", "synchronous=NORMAL")
        self._engine = _asynchronous(url, usual)
        self._readers = _reading(url.set(drivername="sqlite"), usual)
        self._threads = ThreadPoolExecutor(READERS, "cheshmeh-reader")
        # Neither WAL, which would change a database that is then refused, nor foreign keys: a migration that rebuilds
        # a table drops the old one, and with foreign keys on that empties every table that refers to it.
        self._bare = _asynchronous(url, ("foreign_keys=OFF", patience), poolclass=NullPool)
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        reader = ThreadReader(self._readers, self._threads)
        try:
            yield reader
        finally:
            await reader.close()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A deferred transaction would read first and find at its first write that somebody has written meanwhile."""
        # Writers of this process queue here: SQLite's own waiting is sleeping and trying again, and not fair.
        async with self._writing, _immediate(self._engine) as connection:
            yield connection

    def looking(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Changes nothing of the file, not even its mode. Raises StartupError where there can be no file."""
        self._create_file()
        return self._bare.connect()

    def migrating(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return _immediate(self._bare)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """What the driver says at a start, as a StartupError."""
        try:
            yield
        except (DBAPIError, sqlite3.Error) as err:
            # What goes wrong while a connection is being prepared arrives as the driver's own error.
            code = getattr(err.orig if isinstance(err, DBAPIError) else err, "sqlite_errorcode", 0) & 0xFF
            locked = code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            raise StartupError("database_locked" if locked else "database_unreadable", path=str(self._path)) from err

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)
        self._readers.dispose()
        await self._engine.dispose()
        await self._bare.dispose()

    def _create_file(self) -> None:
        """SQLite would make it, and the files beside it, as readable as the umask lets it."""
        prepare(self._path.parent)
        try:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as err:
            raise StartupError("database_unreadable", path=str(self._path)) from err


def _asynchronous(url: URL, pragmas: tuple[str, ...], **options: Any) -> AsyncEngine:
    engine = create_async_engine(url, hide_parameters=True, **options)
    _prepare(engine.sync_engine, pragmas)
    return engine


def _reading(url: URL, pragmas: tuple[str, ...]) -> sa.Engine:
    # Without a bound: were threads to wait for connections here, nobody would be left to give one back.
    engine = sa.create_engine(url, hide_parameters=True, poolclass=QueuePool, pool_size=READERS, max_overflow=-1)
    _prepare(engine, (*pragmas, "query_only=ON"))
    return engine


def _prepare(engine: sa.Engine, pragmas: tuple[str, ...]) -> None:
    def prepare_connection(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN is switched off; `_begin` says which one.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    sa.event.listen(engine, "connect", prepare_connection)
    sa.event.listen(engine, "begin", _begin)


def _begin(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@asynccontextmanager
async def _immediate(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        await connection.execution_options(immediate=True)
        async with connection.begin():
            yield connection
