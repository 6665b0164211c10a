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
from tests.safety.superuser_traps import CLEAN, OF_THEIR_OWN, REFUSED, SCHEMA, SURE_TO_HARM
from tests.safety.test_sql_honest import HONEST, WITH_ARGUMENTS
from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.anyio

# A superuser's settings hold secrets.
ASKED_BY_ANALYSTS = [sql for sql in HONEST if sql != "SHOW ALL"]


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


@pytest.fixture
def monitor(open_pg: Open, postgres: PostgresServer) -> Iterator[PostgresConnector]:
    """No superuser, but one of whom the server hides no setting."""
    postgres.execute("create role monitor login password 'Zq7-monitor' in role pg_monitor")
    yield open_pg(user="monitor", password="Zq7-monitor")
    postgres.execute("drop role monitor")


@pytest.mark.parametrize("sql", ["show all", "select * from pg_settings", "select 1 from pg_show_all_settings()"])
async def test_not_all_settings_are_shown_to_whoever_may_read_them(
    monitor: PostgresConnector, pg: PostgresConnector, sql: str
):
    with pytest.raises(QueryRefused) as caught:
        await monitor.sample({"sql": sql})
    assert caught.value.reason == "secret_table"
    assert (await monitor.sample({"sql": "select current_setting('TimeZone')"})).rows
    assert (await pg.sample({"sql": sql})).rows


async def test_a_table_is_no_way_around_that(monitor: PostgresConnector):
    with pytest.raises(QueryRefused):
        await monitor.sample({"table": "pg_catalog.pg_settings"})


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
