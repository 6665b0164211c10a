"""SQLite as the application's own database: one file, one writer at a time."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from core.errors import StartupError
from core.storage.connection import Connection, Rows, ThreadConnection, fetched
from core.storage.lock import prepare

BUSY_TIMEOUT_S = 5.0
READERS = 4
"""Threads that read, and connections that stay open for it. SQLite lets the interpreter go while it looks."""


class Sqlite:
    """The file that a URL names, in WAL mode. Raises StartupError `database_url` for a database in memory."""

    dialect = "sqlite"

    def __init__(self, url: URL, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        if url.database in (None, "", ":memory:"):
            raise StartupError("database_url")
        url = url.set(drivername="sqlite")
        self._path = Path(str(url.database))
        patience = f"busy_timeout={int(busy_timeout_s * 1000)}"
        usual = ("foreign_keys=ON", patience, "journal_mode=WAL", "synchronous=NORMAL")
        # Without a bound: were threads to wait for connections here, nobody would be left to give one back.
        self._readers = _engine(url, (*usual, "query_only=ON"), pool_size=READERS, max_overflow=-1)
        self._writer = _engine(url, usual, begin="BEGIN IMMEDIATE", pool_size=1, max_overflow=-1)
        # Neither WAL, which would change a database that is then refused, nor foreign keys: a migration that rebuilds
        # a table drops the old one, and with foreign keys on that empties every table that refers to it.
        bare = ("foreign_keys=OFF", patience)
        self._looking = _engine(url, bare, poolclass=NullPool)
        self._migrating = _engine(url, bare, begin="BEGIN IMMEDIATE", poolclass=NullPool)
        self._threads = ThreadPoolExecutor(READERS, "cheshmeh-reader")
        # A thread of its own: whoever writes must not wait behind a long query.
        self._pen = ThreadPoolExecutor(1, "cheshmeh-writer")
        self._writing = asyncio.Lock()

    def reading(self) -> AbstractAsyncContextManager[Connection]:
        return _look(self._readers, self._threads)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Connection]:
        """A deferred transaction would read first and find at its first write that somebody has written meanwhile."""
        # Writers of this process queue here: SQLite's own waiting is sleeping and trying again, and not fair.
        async with self._writing, _transaction(self._writer, self._pen) as connection:
            yield connection

    def looking(self) -> AbstractAsyncContextManager[Connection]:
        """Changes nothing of the file, not even its mode. Raises StartupError where there can be no file."""
        self._create_file()
        return _transaction(self._looking, self._threads)

    def migrating(self) -> AbstractAsyncContextManager[Connection]:
        return _transaction(self._migrating, self._pen)

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

    async def carry_out(self, statements: Sequence[sa.Executable]) -> list[Rows]:
        async with self._writing:
            # Who is cancelled leaves them to the thread, which does one thing after the other.
            return await asyncio.get_running_loop().run_in_executor(self._pen, _in_one_go, self._writer, statements)

    async def close(self) -> None:
        for threads in (self._threads, self._pen):
            await asyncio.to_thread(threads.shutdown)
        for engine in (self._readers, self._writer, self._looking, self._migrating):
            engine.dispose()

    def _create_file(self) -> None:
        """SQLite would make it, and the files beside it, as readable as the umask lets it."""
        prepare(self._path.parent)
        try:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as err:
            raise StartupError("database_unreadable", path=str(self._path)) from err


def _engine(url: URL, pragmas: tuple[str, ...], begin: str = "BEGIN", **options: Any) -> sa.Engine:
    engine = sa.create_engine(url, hide_parameters=True, **{"poolclass": QueuePool, **options})

    def prepare_connection(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN is switched off; ours says which one.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    sa.event.listen(engine, "connect", prepare_connection)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


@asynccontextmanager
async def _transaction(engine: sa.Engine, threads: ThreadPoolExecutor) -> AsyncIterator[Connection]:
    """Kept at the end of the block, taken back after an error."""
    connection = ThreadConnection(engine, threads)
    try:
        yield connection
        await connection.commit()
    finally:
        await connection.close()


@asynccontextmanager
async def _look(engine: sa.Engine, threads: ThreadPoolExecutor) -> AsyncIterator[Connection]:
    connection = ThreadConnection(engine, threads)
    try:
        yield connection
    except BaseException:
        await connection.close()  # its query may still run
        raise
    connection.leave()


def _in_one_go(engine: sa.Engine, statements: Sequence[sa.Executable]) -> list[Rows]:
    with engine.begin() as connection:
        return [fetched(connection.execute(statement)) for statement in statements]
