"""The ladder of PostgreSQL on a real server: what a role may read, what it could write, and what would mend it."""

from collections.abc import Iterator

import pytest

from core.models import STEPS, Check, CheckStatus
from tests.connectors.conftest import Open
from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.anyio

MADE = """
drop database if exists ladder (force); drop role if exists reading; drop role if exists "Group x";
create role reading login password 'r'; create role "Group x"; grant "Group x" to reading;
"""
TABLES = """
revoke create on schema public from public; create schema "Mixed case";
create table "Mixed case".orders (id int, name text); insert into "Mixed case".orders values (1, 'Zq7-never-shown');
grant usage on schema "Mixed case" to reading; grant select on "Mixed case".orders to reading;
"""


@pytest.fixture(autouse=True)
def database(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """A database of its own, which `reading` may only read."""
    postgres.execute("drop database if exists ladder (force)")
    for statement in MADE.strip().split(";")[1:-1]:
        postgres.execute(statement)
    postgres.execute("create database ladder")
    postgres.execute(TABLES, "ladder")
    yield postgres
    postgres.execute("drop database ladder (force)")
    postgres.execute('drop role reading; drop role "Group x"')


async def climbed(open_pg: Open, **changes: object) -> dict[str, Check]:
    connector = open_pg(**{"database": "ladder", "user": "reading", "password": "r"} | changes)
    return {check.step: check async for check in connector.diagnose()}


def statement(check: Check) -> str:
    assert check.advice
    return str(check.advice.args["statement"])


async def test_the_ladder_of_a_reader_has_every_rung(open_pg: Open, postgres: PostgresServer):
    checks = await climbed(open_pg)
    assert tuple(checks) == STEPS
    assert checks["auth"].facts["server"] == f"PostgreSQL {postgres.version}"
    assert checks["dns"].facts["addresses"] == [postgres.host]
    assert checks["read_only"].status is CheckStatus.OK
    assert checks["sample"].facts["command"] == 'SELECT * FROM "Mixed case"."orders"'
    assert "Zq7-never-shown" not in repr(checks)


@pytest.mark.parametrize(
    ("grant", "mended"),
    [
        ('grant insert on "Mixed case".orders to reading', "FROM reading;"),
        ('grant update on "Mixed case".orders to public', "FROM PUBLIC;"),
        ('grant delete on "Mixed case".orders to "Group x"', 'FROM "Group x";'),
        ('grant insert (name) on "Mixed case".orders to reading', "FROM reading;"),
        ("grant pg_write_all_data to reading", "REVOKE pg_write_all_data FROM reading;"),
        (
            'grant create on schema "Mixed case" to reading',
            'REVOKE CREATE ON SCHEMA "Mixed case" FROM PUBLIC, reading;',
        ),
    ],
)
async def test_a_right_to_write_is_warned_of_and_its_statement_mends_it(
    open_pg: Open, postgres: PostgresServer, grant: str, mended: str
):
    postgres.execute(grant, "ladder")
    warned = (await climbed(open_pg))["read_only"]
    assert (warned.status, warned.fields) == (CheckStatus.WARNING, ("config.user",))
    assert statement(warned).endswith(mended)
    postgres.execute(statement(warned), "ladder")
    checks = await climbed(open_pg)
    assert (checks["read_only"].status, checks["sample"].status) == (CheckStatus.OK, CheckStatus.OK)


@pytest.mark.parametrize(
    "cause",
    [
        "alter role reading superuser",
        'alter table "Mixed case".orders owner to reading',
        "grant create on database ladder to reading",
    ],
)
async def test_an_owner_is_advised_to_make_a_reader(open_pg: Open, postgres: PostgresServer, cause: str):
    postgres.execute(cause, "ladder")
    warned = (await climbed(open_pg, schema="Mixed case"))["read_only"]
    made = statement(warned).replace("'…'", "'r'").replace("SCHEMA public", 'SCHEMA "Mixed case"')
    postgres.execute(made, "ladder")
    try:
        checks = await climbed(open_pg, user="cheshmeh_reader")
        assert (checks["read_only"].status, checks["sample"].status) == (CheckStatus.OK, CheckStatus.OK)
    finally:
        postgres.execute("drop owned by cheshmeh_reader; drop role cheshmeh_reader", "ladder")
        postgres.execute('alter table "Mixed case".orders owner to postgres', "ladder")


@pytest.mark.parametrize(
    ("revoke", "schema", "said", "fields"),
    [
        ('select on "Mixed case".orders', None, "permission_denied.no_table", ("config.user",)),
        ('usage on schema "Mixed case"', "Mixed case", "permission_denied.schema", ("config.schema", "config.user")),
        ('usage on schema "Mixed case"', None, "permission_denied.no_table", ("config.user",)),
    ],
)
async def test_what_may_not_be_read_is_named_with_the_grant_that_mends_it(
    open_pg: Open, postgres: PostgresServer, revoke: str, schema: str | None, said: str, fields: tuple[str, ...]
):
    postgres.execute(f"revoke {revoke} from reading", "ladder")
    checks = await climbed(open_pg, schema=schema)
    failed = checks["permission"]
    assert failed.evidence
    assert (failed.status, failed.evidence.key, failed.fields) == (CheckStatus.FAILED, f"error.{said}", fields)
    assert (checks["read_only"].status, checks["sample"].status) == (CheckStatus.OK, CheckStatus.SKIPPED)
    assert "GRANT" in statement(failed)


async def test_a_schema_that_is_not_there_is_named(open_pg: Open):
    failed = (await climbed(open_pg, schema="mixed case"))["permission"]
    assert failed.evidence
    assert (failed.evidence.key, failed.fields) == (
        "error.not_found_in_source.schema_missing",
        ("config.schema",),
    )


async def test_a_database_without_tables_is_a_warning(open_pg: Open, postgres: PostgresServer):
    postgres.execute('drop table "Mixed case".orders', "ladder")
    checks = await climbed(open_pg)
    assert (checks["permission"].status, checks["sample"].status) == (CheckStatus.WARNING, CheckStatus.WARNING)


async def test_a_role_that_may_read_columns_alone_is_let_pass(open_pg: Open, postgres: PostgresServer):
    postgres.execute('revoke select on "Mixed case".orders from reading', "ladder")
    postgres.execute('grant select (id) on "Mixed case".orders to reading', "ladder")
    checks = await climbed(open_pg)
    assert checks["permission"].status is CheckStatus.OK


async def test_a_port_that_speaks_http_is_found_before_anything_is_signed_in(open_pg: Open, http_port: int):
    checks = await climbed(open_pg, host="127.0.0.1", port=http_port)
    assert (checks["tls"].status, checks["auth"].status) == (CheckStatus.FAILED, CheckStatus.SKIPPED)
    assert checks["tls"].fields == ("config.port",)
