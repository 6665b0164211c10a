"""The application's own database for a test: a file, or a database of the test's own on the real PostgreSQL."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from core.storage.database import Database
from tests.servers.postgres import PostgresServer

BACKENDS = ("sqlite", "postgres")


@pytest.fixture(scope="session")
def migrated_template(postgres: PostgresServer) -> Iterator[str]:
    """The name of a database with the program's tables, to copy: migrating anew takes ten times as long."""
    with _created(postgres, "template1") as name:
        asyncio.run(_migrated(url_on(postgres, name)))
        yield name


@pytest.fixture
def postgres_url(postgres: PostgresServer, migrated_template: str) -> Iterator[str]:
    """Of a migrated database of this test alone."""
    with _created(postgres, migrated_template) as name:
        yield url_on(postgres, name)


@pytest.fixture
def empty_postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """Of a database of this test alone, without a table."""
    with _created(postgres, "template1") as name:
        yield url_on(postgres, name)


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of the application's database on each backend in turn; a file is not there yet, a server's is migrated."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'data' / 'cheshmeh.db'}"


def url_on(server: PostgresServer, database: str) -> str:
    return f"postgresql+psycopg://{server.user}:{server.password}@{server.host}:{server.port}/{database}"


def stored(url: str) -> bytes:
    """Everything that the database keeps: the bytes of its files, or its rows as text."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        path = Path(str(parts.database))
        return b"".join(found.read_bytes() for found in sorted(path.parent.glob(f"{path.name}*")))
    with psycopg.connect(url.replace("+psycopg", ""), options="-c bytea_output=escape") as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        query = sql.SQL("SELECT t::text FROM {} t")
        texts = (connection.execute(query.format(sql.Identifier(table))) for (table,) in tables.fetchall())
        return "\n".join(row for rows in texts for (row,) in rows).encode()


async def _migrated(url: str) -> None:
    database = Database(url)
    await database.upgrade()
    await database.close()


@contextmanager
def _created(server: PostgresServer, template: str) -> Iterator[str]:
    name = f"cheshmeh_test_{secrets.token_hex(4)}"
    names = sql.Identifier(name), sql.Identifier(template), sql.Identifier(server.user)
    _order(server, sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*names))
    try:
        yield name
    finally:
        _order(server, sql.SQL("DROP DATABASE {} (FORCE)").format(names[0]))


def _order(server: PostgresServer, statement: sql.Composed) -> None:
    # No session is kept for the test's length: it may restart the server.
    with server.connect(server.maintenance) as connection:
        connection.execute(statement)
