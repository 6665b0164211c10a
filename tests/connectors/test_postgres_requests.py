"""What may be asked of PostgreSQL: tables, statements, arguments, names; and what it is said to hold."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from core.connectors.kinds.postgres import PostgresConnector
from core.connectors.postgres.reading import declarable
from core.errors import CheshmehError
from core.models import CatalogEntry
from core.resilience.deadline import within
from tests.connectors.conformance import Params, error_of
from tests.connectors.conftest import Open
from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.anyio

SCHEMA = """
drop schema if exists "فروش" cascade; drop schema if exists "o.d""d" cascade;
create schema "فروش" authorization {user}; create schema "o.d""d" authorization {user}; set role {user};
create table "فروش"."سفارش‌ها" ("شماره" int, "نام مشتری" text, "a.b" numeric(10, 2), "q""q" text, "Select" bool);
insert into "فروش"."سفارش‌ها" values (1, 'مهسا ی‌ک', 12.50, 'x', true), (2, 'رضا', 0.10, null, false);
comment on table "فروش"."سفارش‌ها" is 'هر خرید یک سطر'; comment on column "فروش"."سفارش‌ها"."شماره" is 'کلید';
create view "فروش".recent as select 1 as n;
create table "o.d""d"."T.1" (x int); insert into "o.d""d"."T.1" values (7); create table "o.d""d"."no columns" ();
insert into "o.d""d"."no columns" default values;
"""
ORDERS = '"فروش"."سفارش‌ها"'


@pytest.fixture(scope="module", autouse=True)
def schemas(postgres: PostgresServer) -> Iterator[None]:
    postgres.execute(SCHEMA.format(user=postgres.user))
    yield
    postgres.execute('drop schema "فروش" cascade; drop schema "o.d""d" cascade')


@pytest.mark.parametrize(
    ("params", "names", "rows"),
    [
        ({"table": "فروش.سفارش‌ها", "columns": ["شماره"]}, ["شماره"], [(1,), (2,)]),
        ({"table": ORDERS, "columns": ["نام مشتری", "a.b"]}, ["نام مشتری", "a.b"], None),
        ({"table": ORDERS, "columns": ['q"q', "Select"]}, ['q"q', "Select"], [("x", True), (None, False)]),
        ({"table": ORDERS, "columns": ["شماره"], "where": '"a.b" > 1 and "نام مشتری" like \'%س%\''}, ["شماره"], [(1,)]),
        ({"table": ORDERS, "columns": ["شماره"], "where": "شماره = 2 -- a comment"}, ["شماره"], [(2,)]),
        ({"table": ORDERS, "columns": ["شماره"], "where": "'%' <> '$1' and شماره = 1"}, ["شماره"], [(1,)]),
        ({"table": '"o.d""d"."T.1"'}, ["x"], [(7,)]),
        ({"table": '"o.d""d"."no columns"'}, [], None),
        ({"sql": 'select "شماره" as "کلید" from "فروش"."سفارش‌ها" order by 1 desc'}, ["کلید"], [(2,), (1,)]),
        ({"sql": "values (1, 'الف')"}, ["column1", "column2"], [(1, "الف")]),
        ({"sql": 'table "o.d""d"."T.1"'}, ["x"], [(7,)]),
        ({"sql": "with a as (select 1 as n) select n from a;"}, ["n"], [(1,)]),
        ({"sql": "(select 1 as n) union all (select 2) order by 1"}, ["n"], [(1,), (2,)]),
        ({"sql": "/* a /* b */ c */ select 1 as n -- end"}, ["n"], [(1,)]),
        ({"sql": "-- first\nselect '50%' as n where 'a' like '%s%' or true"}, ["n"], [("50%",)]),
        ({"sql": "show transaction_read_only"}, ["transaction_read_only"], [("on",)]),
        ({"sql": "select $1::int + $2 as n", "args": [40, 2]}, ["n"], [(42,)]),
        ({"sql": "select $1::text as a, $1 as b", "args": ["'; drop"]}, ["a", "b"], [("'; drop", "'; drop")]),
        ({"sql": "select $1::numeric as n, $2::bool as b, $3::text as z", "args": [1, True, None]}, [*"nbz"], None),
        ({"sql": "select $1::jsonb as j", "args": [{"الف": [1.5]}]}, ["j"], [({"الف": [1.5]},)]),
        ({"sql": "select 3 = any($1::int[]) as n", "args": [[1, 3]]}, ["n"], [(True,)]),
        ({"sql": "select $1::int8 as n", "args": [2**62]}, ["n"], [(2**62,)]),
    ],
)  # fmt: skip
async def test_a_request_is_answered(pg: PostgresConnector, params: Params, names: list[str], rows: Any):
    sample = await pg.sample(params)
    assert [column.name for column in sample.columns] == names
    assert rows is None or list(sample.rows) == rows
    assert sample.truncated_by is None


@pytest.mark.parametrize("options", ["", "verbose ", "(format json) ", "(costs off, verbose) "])
async def test_a_plan_can_be_asked_for(pg: PostgresConnector, options: str):
    sample = await pg.sample({"sql": f"explain {options}table {ORDERS}"})
    assert len(sample.rows) >= 1
    assert [column.name for column in sample.columns] == ["QUERY PLAN"]


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        ({}, {"params"}),
        ({"table": "t", "sql": "select 1"}, {"params"}),
        ({"table": "t", "args": [1]}, {"params"}),
        ({"sql": "select 1", "columns": ["a"]}, {"params"}),
        ({"sql": "select 1", "where": "true"}, {"params"}),
        ({"table": ""}, {"params.table"}),
        ({"table": "t", "columns": []}, {"params.columns"}),
        ({"table": "t", "columns": "a"}, {"params.columns"}),
        ({"sql": 1}, {"params.sql"}),
        ({"sql": "select $1", "args": {"a": 1}}, {"params.args"}),
    ],
)
async def test_a_wrong_form_is_named(pg: PostgresConnector, params: Params, fields: set[str]):
    error = await error_of(pg.sample(params))
    assert error.code == "validation_error"
    assert {field.field for field in error.fields} == fields


@pytest.mark.parametrize("table", [".", '"', "a.b.c.d.e", "a..b", 'x" ; drop', "a.b; drop table c"])
async def test_a_table_name_is_only_ever_a_name(pg: PostgresConnector, table: str):
    error = await error_of(pg.sample({"table": table}))
    assert error.code in ("validation_error", "not_found_in_source", "query_refused", "query_failed")


@pytest.mark.parametrize("name", ["pg_authid", "pg_catalog.pg_shadow", "pg_stat_activity", '"pg_catalog"."pg_authid"'])
async def test_the_secrets_of_a_server_are_no_table_of_a_sample(open_pg: Open, postgres: PostgresServer, name: str):
    superuser = open_pg(user=postgres.superuser, password=postgres.superuser_password)
    with pytest.raises(CheshmehError) as caught:
        await superuser.sample({"table": name})
    assert caught.value.code in ("query_refused", "permission_denied")


@pytest.mark.parametrize("params", [{"table": "T.1"}, {"table": '"T.1"'}, {"sql": 'select * from "T.1"'}])
async def test_a_schema_of_the_configuration_is_where_names_are_sought(open_pg: Open, params: Params):
    connector = open_pg(schema='o.d"d')
    if params == {"table": "T.1"}:  # two names: a table `1` in a schema `T`
        assert (await error_of(connector.sample(params))).code == "not_found_in_source"
    else:
        assert list((await connector.sample(params)).rows) == [(7,)]


async def test_a_schema_hides_no_other_schema(open_pg: Open):
    sample = await open_pg(schema='o.d"d').sample({"table": "فروش.recent"})
    assert list(sample.rows) == [(1,)]


async def test_schemas_tables_and_columns_are_described(pg: PostgresConnector, postgres: PostgresServer):
    schemas = await pg.describe()
    assert CatalogEntry("فروش", "فروش", "schema", None, True) in schemas
    assert CatalogEntry('o.d"d', '"o.d""d"', "schema", None, True) in schemas
    assert not [entry for entry in schemas if entry.name.startswith("pg_") or entry.name == "information_schema"]
    assert [replace(entry, bytes=None) for entry in await pg.describe("فروش")] == [
        CatalogEntry("recent", "فروش.recent", "view", None, True),
        CatalogEntry("سفارش‌ها", 'فروش."سفارش‌ها"', "table", "هر خرید یک سطر", True),
    ]
    columns = await pg.describe('فروش."سفارش‌ها"')
    assert [(entry.name, entry.type, entry.expandable) for entry in columns] == [
        ("شماره", "integer", False),
        ("نام مشتری", "text", False),
        ("a.b", "numeric(10,2)", False),
        ('q"q', "text", False),
        ("Select", "boolean", False),
    ]
    assert columns[0].detail == "کلید"


SIZED = """
drop schema if exists sized cascade; create schema sized authorization {user}; set role {user};
create table sized.pairs (a int, b int, c text not null, primary key (b, a));
insert into sized.pairs select n, n, 'x' from generate_series(1, 5000) n;
create table sized.never_analysed (a int); create view sized.seen as select 1 as n;
create table sized.parts (a int) partition by range (a);
create table sized.part_1 partition of sized.parts for values from (0) to (9000);
insert into sized.parts select generate_series(1, 5000); reset role; create table sized.of_others (a int);
"""


@pytest.fixture
def sized(postgres: PostgresServer) -> Iterator[PostgresServer]:
    postgres.execute(SIZED.format(user=postgres.user))
    postgres.execute("analyze sized.pairs")
    yield postgres
    postgres.execute("drop schema sized cascade")


async def test_tables_have_sizes_and_estimated_rows(pg: PostgresConnector, sized: PostgresServer):
    tables = {entry.name: entry for entry in await pg.describe("sized")}
    real = sized.execute("select pg_total_relation_size('sized.pairs'), pg_total_relation_size('sized.part_1')")
    assert (tables["pairs"].bytes, tables["parts"].bytes) == real[0]
    assert tables["pairs"].rows == 5000
    assert (tables["never_analysed"].rows, tables["never_analysed"].bytes) == (None, 0)
    assert (tables["seen"].rows, tables["seen"].bytes) == (None, None)
    assert tables["of_others"].bytes == 0
    assert (await error_of(pg.sample({"table": "sized.of_others"}))).code == "permission_denied"


async def test_columns_say_whether_they_are_a_key_or_never_null(pg: PostgresConnector, sized: PostgresServer):
    marks = {entry.name: entry.marks for entry in await pg.describe("sized.pairs")}
    assert marks == {"a": ("primary_key",), "b": ("primary_key",), "c": ("not_null",)}


async def test_a_table_that_somebody_holds_keeps_nobody_from_the_list(pg: PostgresConnector, sized: PostgresServer):
    with sized.connect() as holder, holder.transaction():
        holder.execute("lock table sized.pairs in access exclusive mode")
        tables = {entry.name: entry for entry in await pg.describe("sized")}
        assert (tables["pairs"].bytes, tables["pairs"].rows, len(tables)) == (None, 5000, 6)
    assert {entry.name: entry for entry in await pg.describe("sized")}["pairs"].bytes


async def test_every_described_path_can_be_sampled_and_described(pg: PostgresConnector):
    for schema in ("فروش", '"o.d""d"'):
        for table in await pg.describe(schema):
            assert (await pg.sample({"table": table.path})).executed
            assert all(column.path.startswith(table.path) for column in await pg.describe(table.path))


@pytest.mark.parametrize("path", ["no_such", "no_such.table", "فروش.no_such", "'; drop schema x; --", "a.b.c.d"])
async def test_nothing_stands_below_a_path_that_is_not_there(pg: PostgresConnector, path: str):
    assert await pg.describe(path) == []


@pytest.mark.parametrize(
    ("sql", "declared"),
    [
        ("/**/" * 400 + "show all", False),
        ("/**/" * 400 + "-- a\n((select 1))", True),
        ("explain select 1", False),
        ("values (1)", True),
        ("/* a /* b */ c */ select 1", True),
        ("/* select /* b */ select */ show all", False),
        ("/* never closed", False),
    ],
)
def test_what_a_cursor_is_declared_for_is_known_whatever_stands_before(sql: str, declared: bool):
    assert declarable(sql) is declared


async def test_what_came_in_time_is_shown(pg: PostgresConnector):
    """Of rows that the server has to work for, those that it made before its limit."""
    slow = "select g, (select count(*) from generate_series(1, 100000 + g)) from generate_series(1, 1000) g"
    async with within(2):
        sample = await pg.sample({"sql": slow, "limit": 1000})
    assert sample.truncated_by == "time"
    assert [row[0] for row in sample.rows] == [*range(1, len(sample.rows) + 1)]
    assert list((await pg.sample({"sql": "select 1"})).rows) == [(1,)]
