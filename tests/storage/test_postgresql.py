"""What a start on a PostgreSQL refuses, and what it says of it; sessions that are lost."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine import make_url

from core.errors import StartupError
from core.storage.database import Database
from core.storage.postgresql import MIGRATION_LOCK, POOL_SIZE
from core.storage.tables import metadata, organisations
from tests.servers.application import url_on
from tests.servers.postgres import PostgresServer
from tests.storage.conftest import NOW, ON_POSTGRES

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql", "postgres", "postgresql+asyncpg"])
async def test_every_way_to_write_the_scheme_is_taken(postgres_url: str, scheme: str) -> None:
    database = Database(postgres_url.replace("postgresql+psycopg", scheme))
    await database.upgrade()
    assert await database.revision()
    await database.close()


async def test_a_server_that_is_not_there_is_unreachable(postgres: PostgresServer, refused_port: int) -> None:
    gone = url_on(postgres, "app").replace(f":{postgres.port}/", f":{refused_port}/")
    await _assert_refused(gone, "database_unreachable")
    await _assert_refused("postgresql://u:s3cret-word@nowhere.invalid/app", "database_unreachable")


async def test_a_wrong_password_is_named_and_not_repeated(postgres: PostgresServer) -> None:
    url = url_on(postgres, "app").replace(postgres.password, "s3cret-word")
    refusal = await _assert_refused(url, "database_credentials")
    assert "s3cret" not in f"{refusal!r} {refusal.arguments} {refusal.__cause__} {refusal.__context__}"


async def test_an_unknown_user_is_a_matter_of_credentials(postgres: PostgresServer) -> None:
    await _assert_refused(url_on(postgres, "app").replace(f"{postgres.user}:", "nobody:"), "database_credentials")


async def test_a_database_that_is_not_there_is_missing(postgres: PostgresServer) -> None:
    refusal = await _assert_refused(url_on(postgres, "no_such_database"), "database_missing")
    assert refusal.arguments == {"path": "no_such_database"}


async def test_a_user_who_may_not_create_tables_is_told_so(
    postgres: PostgresServer, empty_postgres_url: str, visitor: str
) -> None:
    url = make_url(empty_postgres_url)
    postgres.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", url.database)
    limited = url.set(username=visitor, password=visitor).render_as_string(hide_password=False)
    await _assert_refused(limited, "database_rights")


async def test_an_unknown_parameter_of_the_address_is_the_addresss_fault(postgres_url: str) -> None:
    await _assert_refused(f"{postgres_url}?no_such_option=s3cret-word", "database_url")


async def test_a_database_of_another_program_stays_as_it_is(postgres: PostgresServer, empty_postgres_url: str) -> None:
    name = make_url(empty_postgres_url).database
    postgres.execute("CREATE TABLE invoices (id integer)", name)
    await _assert_refused(empty_postgres_url, "database_foreign")
    assert postgres.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name) == [("invoices",)]


async def test_a_newer_database_stays_as_it_is(postgres: PostgresServer, postgres_url: str) -> None:
    name = make_url(postgres_url).database
    postgres.execute("UPDATE alembic_version SET version_num = '9999'", name)
    refusal = await _assert_refused(postgres_url, "database_newer")
    assert refusal.arguments == {"revision": "9999"}
    assert postgres.execute("SELECT version_num FROM alembic_version", name) == [("9999",)]


async def test_a_database_that_can_not_hold_persian_is_refused(postgres: PostgresServer) -> None:
    options = sql.SQL("TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    name = sql.Identifier("latin")
    with postgres.connect(postgres.maintenance) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} {}").format(name, sql.Identifier(postgres.user), options)
        )
        try:
            refusal = await _assert_refused(url_on(postgres, "latin"), "database_encoding")
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} (FORCE)").format(name))
    assert refusal.arguments == {"encoding": "LATIN1"}


async def test_a_start_waits_for_the_process_that_is_migrating(
    postgres: PostgresServer, empty_postgres_url: str
) -> None:
    database, name = Database(empty_postgres_url), make_url(empty_postgres_url).database
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with postgres.connect(name) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        starting = asyncio.create_task(database.upgrade())
        while postgres.execute(waiting, name) == [(0,)]:  # noqa: ASYNC110 - it is another process that knows
            await asyncio.sleep(0.01)
        assert postgres.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name) == []
    await starting
    assert await database.check() == []
    await database.close()


@ON_POSTGRES
async def test_reading_can_not_write(database: Database) -> None:
    async with database.read() as connection:
        with pytest.raises(sa.exc.InternalError, match="read-only"):
            await connection.execute(sa.insert(organisations).values(slug="a", name="A", created_at=NOW))
    async with database.write() as connection:
        await connection.execute(sa.insert(organisations).values(slug="a", name="A", created_at=NOW))


async def test_sessions_that_the_server_ended_are_replaced_unnoticed(
    postgres: PostgresServer, postgres_url: str
) -> None:
    database, name = Database(postgres_url), make_url(postgres_url).database
    assert await database.revision()
    with postgres.connect() as killer:
        ended = killer.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        assert ended.rowcount > 0
    async with database.write() as connection:
        await connection.execute(sa.insert(organisations).values(slug="a", name="A", created_at=NOW))
    await database.close()


async def test_it_answers_again_when_the_server_is_back(postgres: PostgresServer, postgres_url: str) -> None:
    database = Database(postgres_url)
    assert await database.revision()
    postgres.stop()
    try:
        assert not await database.revision()
        with pytest.raises(StartupError, match="database_unreachable"):
            await database.check()
    finally:
        postgres.start()
    assert await database.revision()
    assert await database.check() == []
    await database.close()


async def test_many_at_once_share_a_bounded_number_of_sessions(postgres: PostgresServer, postgres_url: str) -> None:
    database, name = Database(postgres_url), make_url(postgres_url).database

    async def look() -> None:
        async with database.read() as connection:
            await connection.execute(sa.select(sa.func.count()).select_from(organisations))

    await asyncio.gather(*(look() for _ in range(5 * POOL_SIZE)))
    with postgres.connect() as observer:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        assert observer.execute(query, [name]).fetchall() == [(POOL_SIZE,)]
    await database.close()


@ON_POSTGRES
async def test_only_keys_of_their_own_are_counted_up(database: Database) -> None:
    async with database.read() as connection:
        found = await connection.execute(sa.text("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"))
        sequences = set(found.scalars())
    own = {table.name for table in metadata.sorted_tables if "id" in table.c}
    assert sequences == {f"{name}_id_seq" for name in own}


@pytest.fixture
def visitor(postgres: PostgresServer) -> Iterator[str]:
    """Who may enter every database and owns none; the password is the name."""
    name = "cheshmeh_visitor"
    with postgres.connect() as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(name)))
        try:
            yield name
        finally:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


async def _assert_refused(url: str, reason: str) -> StartupError:
    database = Database(url)
    with pytest.raises(StartupError) as refusal:
        await database.upgrade()
    await database.close()
    assert refusal.value.reason == reason
    assert not isinstance(refusal.value.__cause__, psycopg.Error)
    return refusal.value
