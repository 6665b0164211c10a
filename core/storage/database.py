"""The application's own database: its transactions and its migrations, on SQLite or PostgreSQL."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from core.errors import StartupError
from core.storage.connection import Connection, Rows
from core.storage.inserts import Insert, insert_for
from core.storage.migrations import HEAD
from core.storage.query_tables import metadata
from core.storage.sqlite import BUSY_TIMEOUT_S, Sqlite

VERSION = sa.table("alembic_version", sa.column("version_num"))


class Backend(Protocol):
    """What a kind of database does its own way."""

    dialect: str

    def reading(self) -> AbstractAsyncContextManager[Connection]: ...

    def writing(self) -> AbstractAsyncContextManager[Connection]: ...

    async def carry_out(self, statements: Sequence[sa.Executable]) -> list[Rows]: ...

    def looking(self) -> AbstractAsyncContextManager[Connection]: ...

    def migrating(self) -> AbstractAsyncContextManager[Connection]: ...

    def refusing(self) -> AbstractContextManager[None]: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What a database says of itself; `revision` is None while it has no tables."""

    version: str
    revision: str | None
    now: datetime


class _Together:
    """A transaction that several repositories share, and the task it belongs to."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.task = connection, asyncio.current_task()


class Database:
    """One engine. Bound to the event loop that first uses it."""

    def __init__(self, url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        """Does no I/O. Raises StartupError, without repeating the URL, for one that is none of SQLite or PostgreSQL."""
        self._backend = _backend(_parsed(url), busy_timeout_s)
        self._together: ContextVar[_Together | None] = ContextVar("together", default=None)

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """One transaction for all that this task reads and writes in the block: everything is kept, or nothing is."""
        if self._joined() is not None:
            yield
            return
        async with self._backend.writing() as connection:
            token = self._together.set(_Together(connection))
            try:
                yield
            finally:
                self._together.reset(token)

    def _joined(self) -> Connection | None:
        # Tasks that were started inside inherit the variable; a connection serves one task at a time.
        together = self._together.get()
        return together.connection if together and together.task is asyncio.current_task() else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """A connection for reading one consistent state."""
        joined = self._joined()
        if joined is not None:
            yield joined
            return
        async with self._backend.reading() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Connection]:
        """A transaction, committed at the end of the block.

        On SQLite it is the only writer from its first statement on. On PostgreSQL others write beside it: what it
        reads in order to write, it locks first (`core.storage.row_locks`).
        """
        joined = self._joined()
        if joined is not None:
            async with joined.begin_nested():  # what fails and is caught leaves the whole usable
                yield joined
            return
        async with self._backend.writing() as connection:
            yield connection

    async def carry_out(self, *statements: sa.Executable) -> list[Rows]:
        """All of them as one transaction; in a file one journey to its thread, where `write` takes several."""
        joined = self._joined()
        if joined is None:
            return await self._backend.carry_out(statements)
        async with joined.begin_nested():
            return [await joined.execute(statement) for statement in statements]

    def insert(self, table: sa.Table) -> Insert:
        """An INSERT in the words of this database, which may say what happens on a conflict."""
        return insert_for(self._backend.dialect, table)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._backend.dialect

    async def facts(self) -> DatabaseFacts:
        """Asks without changing anything. Raises StartupError as `upgrade` does."""
        version, now = _FACTS[self.dialect]
        with self._backend.refusing():
            async with self._backend.looking() as connection:
                revision = await connection.run_sync(_revision)
                told = tuple((await connection.execute(sa.text(f"SELECT {version}, {now}"))).one())
        return DatabaseFacts(str(told[0]), revision, datetime.fromtimestamp(float(told[1]), UTC))

    async def revision(self) -> str | None:
        """The newest migration that ran here; None where no query works now."""
        try:
            async with self.read() as connection:
                return str((await connection.execute(sa.select(VERSION.c.version_num))).scalar_one())
        except (SQLAlchemyError, sqlite3.Error):
            return None

    async def upgrade(self, revision: str = HEAD) -> None:
        """Brings the tables up to this program. A database that it refuses stays as it is.

        Raises StartupError: `database_newer`, `database_foreign` (of another program), `database_unreadable`,
        `database_locked`; of a file `data_dir`; of a server `database_unreachable`, `database_credentials`,
        `database_missing`, `database_rights`, `database_encoding`.
        """
        with self._backend.refusing():
            async with self._backend.looking() as connection:
                present = await connection.run_sync(_revision)
            if present != revision:
                from core.storage.schema import migrate

                async with self._backend.migrating() as connection:
                    await connection.run_sync(partial(migrate, revision=revision))
            async with self.read() as connection:
                await connection.execute(sa.select(1))

    async def check(self, expected: sa.MetaData = metadata) -> list[str]:
        """Differences between the tables as they are and as the program has them; empty when there are none.

        Raises StartupError for a database that does not answer, and `database_newer`.
        """
        from core.storage.schema import drift

        with self._backend.refusing():
            async with self._backend.looking() as connection:
                found: list[str] = await connection.run_sync(partial(drift, expected=expected))
                return found

    async def close(self) -> None:
        """Idempotent."""
        await self._backend.close()


_FACTS = {
    "sqlite": ("sqlite_version()", "(julianday('now') - 2440587.5) * 86400"),
    "postgresql": ("current_setting('server_version')", "extract(epoch FROM clock_timestamp())"),
}
"""Version and seconds since 1970, in the words of each."""


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise StartupError("database_url") from None


def _backend(url: URL, busy_timeout_s: float) -> Backend:
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite":
        return Sqlite(url, busy_timeout_s)
    if kind not in ("postgresql", "postgres"):
        raise StartupError("database_kind", kind=kind)
    # Imported here: most installations have a file and no server.
    from core.storage.postgresql import Postgresql

    return Postgresql(url)


def _revision(connection: sa.Connection) -> str | None:
    tables = set(sa.inspect(connection).get_table_names())
    if not tables:
        return None
    if not {"alembic_version", "organisations"} <= tables:
        raise StartupError("database_foreign", path=str(connection.engine.url.database))
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found
