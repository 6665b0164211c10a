"""PostgreSQL as the application's own database, for several processes: it serialises by row locks, not here."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from core.errors import StartupError
from core.storage.connection import Rows

CONNECT_TIMEOUT_S = 10
STATEMENT_TIMEOUT_S = 30
MIGRATION_LOCK_S = 60
"""How long a start waits for another process that is migrating."""

POOL_SIZE = 10
"""Connections of one process; the rest queue for one, at most CONNECT_TIMEOUT_S."""

MIGRATION_LOCK = int.from_bytes(b"cheshmeh")
"""The advisory lock's key: a database has one space of them for all programs."""

OPTIONS: Mapping[str, str] = {
    "application_name": "cheshmeh",
    "connect_timeout": str(CONNECT_TIMEOUT_S),
    # A server that vanished without a word is noticed after a minute at most.
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
    "options": f"-c statement_timeout={STATEMENT_TIMEOUT_S}s -c idle_in_transaction_session_timeout=60s",
}
"""libpq's parameters where the URL has none of its own."""

# While connecting libpq gives a sentence and no SQLSTATE. The words are libpq's own or those of an English server.
_WHILE_CONNECTING = (
    (r"database .* does not exist", "database_missing"),
    (
        r"authentication failed|no password supplied|role .* does not exist|not permitted to log in|pg_hba",
        "database_credentials",
    ),
    (r"permission denied", "database_rights"),
)
_OF_STATE = {
    "42501": "database_rights",
    "25006": "database_rights",
    "55P03": "database_locked",
    "3D000": "database_missing",
}


class Postgresql:
    """The database that a URL names. Does no I/O before it is used."""

    dialect = "postgresql"

    def __init__(self, url: URL) -> None:
        self._name = url.database or url.username or ""
        self._engine = create_async_engine(
            url.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            connect_args={name: value for name, value in OPTIONS.items() if name not in url.query},
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=CONNECT_TIMEOUT_S,
            # A restart of the server would otherwise fail the first request of every connection.
            pool_pre_ping=True,
        )
        self._snapshots = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """One snapshot for all statements, READ ONLY."""
        return self._snapshots.connect()

    def writing(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """READ COMMITTED: whoever reads before it writes takes a lock of `core.storage.row_locks` first."""
        return self._engine.begin()

    async def carry_out(self, statements: Sequence[sa.Executable]) -> list[Rows]:
        async with self.writing() as connection:
            return [await connection.execute(statement) for statement in statements]

    def looking(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self.reading()

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[AsyncConnection]:
        """One process at a time migrates; the others wait, and find it done."""
        async with self._engine.begin() as connection:
            await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{MIGRATION_LOCK_S}s'")
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            encoding = (await connection.exec_driver_sql("SHOW server_encoding")).scalar_one()
            if encoding != "UTF8":
                raise StartupError("database_encoding", encoding=str(encoding))
            yield connection

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """What the server or the driver says at a start, as a StartupError: never with their words, which may hold
        parts of the URL."""
        try:
            yield
        except (DBAPIError, psycopg.Error, sa.exc.TimeoutError) as err:
            raise StartupError(_reason(err), path=self._name) from None

    async def close(self) -> None:
        await self._engine.dispose()


def _reason(err: Exception) -> str:
    cause = err.orig if isinstance(err, DBAPIError) else err
    state: Any = getattr(cause, "sqlstate", None)
    if state is not None:
        return _OF_STATE.get(state, "database_unreadable")
    if not isinstance(cause, psycopg.OperationalError):
        return "database_url" if isinstance(cause, psycopg.ProgrammingError) else "database_unreadable"
    return next((reason for words, reason in _WHILE_CONNECTING if re.search(words, str(cause))), "database_unreachable")
