"""The second layer of read-only: what the server itself refuses when the rule on the statement is passed by.

`_sample` is `sample` without that rule.
"""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.connectors.kinds.postgres import PostgresConnector, PostgresParams
from core.errors import SourceError
from core.models import Outcome
from tests.connectors.conftest import Open
from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.anyio

SCHEMA = """
drop schema if exists kept cascade; create schema kept authorization {user}; set role {user};
create table kept.rows (x int); create sequence kept.numbers;
create function kept.writes() returns int language sql volatile as 'insert into kept.rows values (1) returning x';
create function kept.claims_to_read() returns int language plpgsql stable as
  $$ begin execute 'insert into kept.rows values (1)'; return 1; end $$;
create view kept.tempting as select kept.writes();
"""
STATE = """select (select count(*) from kept.rows), (select is_called from kept.numbers),
(select count(*) from pg_class where relnamespace = 'kept'::regnamespace),
(select count(*) from pg_largeobject_metadata), (select count(*) from pg_class where relname = 'made')"""
WRITES = [
    "insert into kept.rows values (1)",
    "insert into kept.rows values (1) returning x",
    "with new as (insert into kept.rows values (1) returning x) select * from new",
    "update kept.rows set x = 2",
    "truncate kept.rows",
    "drop table kept.rows",
    "create table kept.made (x int)",
    "create table made as select 1",
    "select 1 into kept.made",
    "select 1; drop table kept.rows",
    "select 1; commit; insert into kept.rows values (1)",
    "show all; commit; insert into kept.rows values (1)",
    "explain select 1; commit; insert into kept.rows values (1)",
    "explain analyze insert into kept.rows values (1)",
    "do $$ begin insert into kept.rows values (1); end $$",
    "select nextval('kept.numbers')",
    "select kept.writes()",
    "select kept.claims_to_read()",
    "table kept.tempting",
    "copy kept.rows from program 'echo 1'",
    "select * from kept.rows for update",
    "set transaction read write",
    "select set_config('transaction_read_only', 'off', true)",
    "vacuum kept.rows",
    "refresh materialized view kept.rows",
    "prepare p as select 1; execute p",
]


@pytest.fixture(autouse=True)
def untouched(postgres: PostgresServer) -> Iterator[None]:
    """Fails the test when anything was changed."""
    postgres.execute(SCHEMA.format(user=postgres.user))
    before = postgres.execute(STATE)
    yield
    assert postgres.execute(STATE) == before
    postgres.execute("drop schema kept cascade")


@pytest.mark.parametrize("sql", WRITES)
async def test_the_server_refuses_what_writes(pg: PostgresConnector, sql: str):
    with pytest.raises(SourceError) as caught:
        await pg._sample(PostgresParams(sql=sql))
    assert caught.value.outcome == Outcome.REACHED
    assert (await pg.ping())[0]


@pytest.mark.parametrize("sql", WRITES)
async def test_a_superuser_is_refused_too(open_pg: Open, postgres: PostgresServer, sql: str):
    superuser = open_pg(user=postgres.superuser, password=postgres.superuser_password)
    with pytest.raises(SourceError):
        await superuser._sample(PostgresParams(sql=sql))


@pytest.mark.parametrize("end", ["commit", "rollback", "end", "abort", "commit and chain"])
async def test_ending_the_transaction_opens_no_way_to_write(pg: PostgresConnector, end: str):
    for sql in (end, "insert into kept.rows values (1)"):
        with suppress(SourceError):
            await pg._sample(PostgresParams(sql=sql))


@pytest.mark.parametrize(
    "setting", ["set default_transaction_read_only = off", "set session characteristics as transaction read write"]
)
async def test_a_setting_of_the_session_opens_no_way_to_write(pg: PostgresConnector, setting: str):
    for sql in (setting, "select set_config('default_transaction_read_only', 'off', false)"):
        await pg._sample(PostgresParams(sql=sql))
    with pytest.raises(SourceError):
        await pg._sample(PostgresParams(sql="insert into kept.rows values (1)"))


async def test_a_write_by_way_of_a_condition_is_refused(pg: PostgresConnector):
    with pytest.raises(SourceError):
        await pg._sample(PostgresParams(table="kept.rows", where="true); insert into kept.rows values (1); select (1"))
    with pytest.raises(SourceError):
        await pg._sample(PostgresParams(sql="select 1 where kept.writes() = 1"))


async def test_a_superuser_runs_no_program(open_pg: Open, postgres: PostgresServer):
    superuser = open_pg(user=postgres.superuser, password=postgres.superuser_password)
    made = Path(tempfile.gettempdir()) / f"cheshmeh-{secrets.token_hex(8)}"
    for sql in (
        f"copy (select 1) to program 'touch {made}'",
        f"copy (select 1) to '{made}'",
        "select pg_reload_conf()",
    ):
        with pytest.raises(SourceError) as caught:
            await superuser._sample(PostgresParams(sql=sql))
        assert caught.value.code == "permission_denied"
    assert not made.exists()


async def test_what_a_sample_announces_is_taken_back(pg: PostgresConnector, postgres: PostgresServer):
    with postgres.connect() as listener:
        listener.execute("listen kept")
        await pg._sample(PostgresParams(sql="select pg_notify('kept', 'of a sample')"))
        listener.execute("select pg_notify('kept', 'after it')")
        assert [notice.payload for notice in listener.notifies(stop_after=1)] == ["after it"]


async def test_a_superuser_still_samples(open_pg: Open, postgres: PostgresServer):
    superuser = open_pg(user=postgres.superuser, password=postgres.superuser_password)
    sample = await superuser.sample({"sql": "select current_user::text, count(*) from kept.rows"})
    assert list(sample.rows) == [("pg_read_all_data", 0)]


async def test_every_limit_is_told_to_the_server(pg: PostgresConnector):
    names = ["transaction_read_only", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
    sample = await pg.sample({"sql": f"select {', '.join(f'current_setting({name!r})' for name in names)}"})
    assert sample.rows[0][0] == "on"
    assert "0" not in sample.rows[0]
