"""The strict rule for superusers: nothing that somebody else defined runs with their rights, and honest queries do.

`_sample` is `sample` without the first layer: it shows that what the rule refuses would really have done harm.
"""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.connectors.kinds.postgres import PostgresConnector, PostgresParams
from core.connectors.postgres import superuser, understood
from core.errors import QueryRefused, SourceError
from core.models import Outcome
from tests.connectors.conftest import Open
from tests.safety.test_sql_honest import HONEST, WITH_ARGUMENTS
from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.anyio

SCHEMA = """
drop schema if exists trap cascade; create schema trap;
create function trap.harm() returns int language plpgsql as $$ begin
 perform pg_catalog.set_config('role', 'none', true);
 execute 'copy (select 1) to program ' || pg_catalog.quote_literal('touch {made}'); return 1; end $$;
create function trap.f(int) returns int language sql immutable as 'select 1';
create table trap.indexed (a int); create index on trap.indexed ((a + trap.f(1)));
create or replace function trap.f(int) returns int language plpgsql immutable as
 $$ begin return trap.harm(); end $$;
create function public.lower(int) returns text language plpgsql immutable as $$ begin return trap.harm()::text; end $$;
create function trap.same(text, int) returns bool language plpgsql immutable as $$ begin return trap.harm() = 1; end $$;
create operator public.=== (leftarg = text, rightarg = int, function = trap.same);
create operator public.= (leftarg = text, rightarg = int, function = trap.same);
create function trap.step(int, int) returns int language plpgsql as $$ begin return trap.harm(); end $$;
create aggregate public.summed(int) (sfunc = trap.step, stype = int, initcond = '0');
create type trap.kind as enum ('a', 'b');
create function trap.to_int(trap.kind) returns int language plpgsql as $$ begin return trap.harm(); end $$;
create cast (trap.kind as int) with function trap.to_int(trap.kind) as implicit;
create function trap.to_json(trap.kind) returns json language plpgsql as
 $$ begin perform trap.harm(); return '1'; end $$;
create cast (trap.kind as json) with function trap.to_json(trap.kind);
create domain trap.checked as int check (trap.f(value) = 1);
create domain trap.bounded as int check (value > 0);
create type trap.pair as (one trap.checked);
create table trap.rows (a int, name text, k trap.kind, b trap.bounded);
insert into trap.rows values (1, 'x', 'a', 1); create table trap.lists (many trap.checked[], c trap.checked);
create sequence trap.numbers;
create view trap.plain as select a, upper(name) as name from trap.rows;
create view trap.seen as select trap.f(a) as f from trap.rows;
create view trap.deep as select * from trap.seen;
create view trap.reloads as select pg_reload_conf();
create view trap.passwords as select rolname, rolpassword from pg_authid;
create table trap.guarded (a int); insert into trap.guarded values (1);
alter table trap.guarded enable row level security; create policy p on trap.guarded using (trap.f(a) = 1);
create table trap.open (a int); insert into trap.open values (1);
alter table trap.open enable row level security; create policy p on trap.open using (a > 0);
create table trap.parent (a int) partition by range (a);
create foreign data wrapper trapped; create server trapped foreign data wrapper trapped;
create foreign table trap.abroad (a int) server trapped;
create foreign table trap.part partition of trap.parent for values from (0) to (9) server trapped;
grant usage on schema trap to public;
"""
CLEAN = """drop schema trap cascade; drop foreign data wrapper trapped cascade; drop function public.lower(int)"""
REFUSED = [
    ("strict.function", "trap.f", "select trap.f(1)"),
    ("strict.function", "trap.f", "explain select trap.f(1)"),
    ("strict.function", "trap.f", "explain (costs off, format json) select trap.f(1)"),
    ("strict.function", "trap.f", "select 1 where 1 in (select trap.f(a) from trap.rows)"),
    ("strict.function", "trap.f", "with x as (select trap.f(1) as a) select a from x"),
    ("strict.function", "trap.f", "select * from trap.rows order by trap.f(a)"),
    ("strict.function", "trap.f", "select count(*) filter (where trap.f(a) = 1) from trap.rows"),
    ("strict.function", "trap.f", "values (trap.f(1))"),
    ("strict.function", "trap.harm", 'select U&"\\0074rap".harm()'),
    ("strict.function", "public.lower", "select lower(1)"),
    ("strict.function", "public.lower", "select (a).lower from trap.rows"),
    ("strict.function", "public.summed", "select summed(a) from trap.rows"),
    ("strict.function", "public.summed", "select summed(a) over () from trap.rows"),
    ("strict.function", "trap.same", "select name === 1 from trap.rows"),
    ("strict.function", "trap.same", "select name = 1 from trap.rows"),
    ("strict.function", "trap.same", "select name operator(public.===) 1 from trap.rows"),
    ("strict.function", "trap.same", "select name = any(array[1]) from trap.rows"),
    ("strict.function", "trap.to_int", "select k + 1 from trap.rows"),
    ("strict.function", "trap.to_int", "select k::int from trap.rows"),
    ("strict.cast", "to_json", "select to_json(k) from trap.rows"),
    ("strict.cast", "to_json", "select jsonb_agg(r) from trap.rows r"),
    ("strict.type", "checked", "select 1::trap.checked"),
    ("strict.type", "checked", "select trap.checked '1'"),
    ("strict.type", "checked", "select '{1}'::trap.checked[]"),
    ("strict.type", "pair", "select '(1)'::trap.pair"),
    ("strict.type", "lists", "select * from trap.lists where many = '{1}'"),
    ("strict.type", "lists", "select * from trap.lists where many = $1"),
    ("strict.function", "trap.f", "table trap.seen"),
    ("strict.function", "trap.f", "select * from trap.deep"),
    ("function.process", "pg_reload_conf", "table trap.reloads"),
    ("strict.secret_table", "pg_catalog.pg_authid", "table trap.passwords"),
    ("strict.function", "trap.f", "select * from trap.guarded"),
    ("strict.function", "trap.f", "select * from trap.indexed"),
    ("strict.foreign_table", "trap.abroad", "select * from trap.abroad"),
    ("strict.foreign_table", "trap.part", "select * from trap.parent"),
    ("strict.volatile", "pg_catalog.lastval", "select lastval()"),
    ("strict.volatile", "pg_catalog.currval", "select currval('trap.numbers')"),
    ("secret_table", "pg_settings", "select * from pg_settings"),
    ("secret_table", "current_setting", "select current_setting('primary_' || 'conninfo')"),
    ("secret_table", "all", "show all"),
]
HARMFUL = [sql for rule, _, sql in REFUSED if rule in ("strict.function", "strict.cast", "strict.type")]
SURE_TO_HARM = [sql for sql in HARMFUL if not sql.startswith("explain") and "many" not in sql]
# A superuser's settings hold secrets.
ASKED_BY_ANALYSTS = [sql for sql in HONEST if sql != "SHOW ALL" and "current_setting" not in sql]
OF_THEIR_OWN = [
    "select * from trap.rows",
    "table trap.plain",
    "select a + 1, upper(name), k::text, b from trap.rows where name = 'x' order by k",
    "select 'a'::trap.kind, 1::trap.bounded",
    "select * from trap.open",
    "select to_jsonb(o), json_build_object('a', a) from trap.open o",
    "select many, c + 1 from trap.lists where c > 0",
    "select a.lower from (select 1 as lower) a",
    "select random() < 2, gen_random_uuid() is not null, clock_timestamp() > now(), pg_table_size('trap.rows') > -1",
    "select * from pg_locks where false",
    "select count(*) from pg_stat_user_tables",
    "select table_name from information_schema.tables where table_schema = 'trap'",
    "explain select a from trap.rows",
    "show server_version",
]


@pytest.fixture(scope="module")
def made(postgres: PostgresServer) -> Iterator[Path]:
    """What a trap makes when it is run."""
    made = Path(tempfile.gettempdir()) / f"cheshmeh-{secrets.token_hex(8)}"
    postgres.execute(SCHEMA.format(made=made))
    yield made
    made.unlink(missing_ok=True)
    postgres.execute(CLEAN)


def ran(made: Path) -> bool:
    return made.exists()


@pytest.fixture
def mighty(open_pg: Open, postgres: PostgresServer, made: Path) -> PostgresConnector:
    made.unlink(missing_ok=True)
    return open_pg(user=postgres.superuser, password=postgres.superuser_password)


@pytest.mark.parametrize(("rule", "part", "sql"), REFUSED, ids=[sql for _, _, sql in REFUSED])
async def test_what_somebody_else_defined_does_not_run(
    mighty: PostgresConnector, made: Path, rule: str, part: str, sql: str
):
    with pytest.raises(QueryRefused) as caught:
        await mighty.sample({"sql": sql})
    assert (caught.value.arguments["rule"], caught.value.arguments["part"]) == (rule, part)
    assert not ran(made)
    assert (await mighty.sample({"sql": "select 1"})).rows


@pytest.mark.parametrize("sql", SURE_TO_HARM)
async def test_without_the_rule_it_would_have_done_harm(mighty: PostgresConnector, made: Path, sql: str):
    with suppress(SourceError):
        await mighty._sample(PostgresParams(sql=sql))
    assert ran(made)


@pytest.mark.parametrize("sql", OF_THEIR_OWN)
async def test_a_superuser_reads_tables_and_views_all_the_same(mighty: PostgresConnector, sql: str):
    assert (await mighty.sample({"sql": sql})).columns


@pytest.mark.parametrize("sql", ASKED_BY_ANALYSTS, ids=lambda sql: sql[-60:])
async def test_every_honest_query_passes(mighty: PostgresConnector, sql: str):
    await mighty.sample({"sql": sql})


@pytest.mark.parametrize(("sql", "args"), WITH_ARGUMENTS)
async def test_and_with_arguments(mighty: PostgresConnector, sql: str, args: list[str]):
    assert (await mighty.sample({"sql": sql, "args": args})).rows


async def test_the_type_of_an_argument_chooses_the_function(mighty: PostgresConnector, made: Path):
    assert (await mighty.sample({"sql": "select lower($1)", "args": ["X"]})).rows == (("x",),)
    with pytest.raises(QueryRefused):
        await mighty.sample({"sql": "select lower($1)", "args": [1]})
    assert not ran(made)


async def test_a_table_and_its_condition_are_judged_as_the_query_they_become(mighty: PostgresConnector, made: Path):
    assert (await mighty.sample({"table": "trap.rows", "columns": ["a"], "where": "a = 1"})).rows == ((1,),)
    for wrong in ({"table": "trap.seen"}, {"table": "trap.rows", "columns": ["a"], "where": "trap.f(a) = 1"}):
        with pytest.raises(QueryRefused):
            await mighty.sample(wrong)
    assert not ran(made)


async def test_the_refusal_proves_that_the_source_answers(mighty: PostgresConnector):
    with pytest.raises(QueryRefused) as caught:
        await mighty.sample({"sql": "select trap.f(1)"})
    assert caught.value.outcome == Outcome.REACHED


async def test_a_reader_may_call_what_it_may_call(pg: PostgresConnector, postgres: PostgresServer, made: Path):
    postgres.execute("create or replace function trap.two() returns int language sql immutable as 'select 2'")
    assert (await pg.sample({"sql": "select trap.two()"})).rows == ((2,),)


async def test_the_servers_log_gets_no_tree_and_goes_on(mighty: PostgresConnector, postgres: PostgresServer):
    before = len(postgres.log_text())
    with pytest.raises(SourceError):
        await mighty.sample({"sql": "select 1 / (count(*) - 1) from (values (1)) v"})
    log = postgres.log_text()[before:]
    assert "parse tree" not in log
    assert "division by zero" in log, "what ran and failed is logged as ever"


async def test_a_server_that_tells_nothing_runs_nothing(mighty: PostgresConnector, monkeypatch: pytest.MonkeyPatch):
    silent = superuser._TELL.replace("set_config('debug_print_parse', 'on', true)", "'off'")
    assert silent != superuser._TELL
    monkeypatch.setattr(superuser, "_TELL", silent)
    with pytest.raises(QueryRefused) as caught:
        await mighty.sample({"sql": "select 1"})
    assert caught.value.reason == "superuser_untold"


def test_what_is_read_out_of_a_tree():
    tree = "{OPEXPR :opno 96 :opfuncid 65 :args ({VAR :vartype 16501})} {ROWCOMPAREEXPR :opnos (o 97 98)} :relid 20000"
    domain = "{COERCETODOMAIN :arg {RELABELTYPE :resulttype 16502} :resulttype 16500 :resulttypmod -1}"
    assert understood.mentioned(tree + " {AGGREF :aggfnoid 2108 :aggtype 23} " + domain) == understood.Mentioned(
        functions=frozenset({65, 2108}),
        operators=frozenset({96, 97, 98}),
        relations=frozenset({20000}),
        domains=frozenset({16500}),
        types=frozenset({16500, 16501, 16502}),
    )


def test_only_calls_without_a_column_are_computed_by_the_planner():
    free, bound = "{FUNCEXPR :funcid 16400 :args ({CONST :v \\}1})}", "{FUNCEXPR :funcid 16401 :args ({VAR :n 1})}"
    assert list(understood.folded([f"({free} {bound})", bound])) == [free]
