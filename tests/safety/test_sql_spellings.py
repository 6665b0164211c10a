"""More of what must be refused and of what analysts must be able to ask, and spellings made at random."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import QueryRefused
from core.safety.sql import check_statement, check_where
from core.safety.sql_functions import DENIED

REFUSED = {
    "multiple_statements": [
        "select 1; drop table t",
        "show a; select 1",
        "select 1; commit; create table x (a int)",
        "select 1;;select 2",
        "select $$ ; $$; delete from t",
        "select '\\'; delete from t; --'",
        "select 1 /* ; /* ; */ */ ; select 2",
        'select 1 as "a;b"; vacuum',
    ],
    "not_a_select": [
        "insert into t values (1)",
        "update t set a = 1",
        "delete from t",
        "merge into t using s on true when matched then delete",
        "truncate t",
        "drop table t",
        "create table t (a int)",
        "create temp table t as select 1",
        "alter table t add b int",
        "grant all on t to public",
        "copy t to '/tmp/x'",
        "copy (select 1) to program 'id'",
        "do $$ begin perform 1; end $$",
        "call f()",
        "set role postgres",
        "reset all",
        "begin",
        "commit",
        "vacuum",
        "listen x",
        "notify x",
        "lock table t",
        "execute p",
        "prepare p as select 1",
        "declare c cursor for select 1",
        "fetch all from c",
        "refresh materialized view v",
        "load 'x'",
        "explain delete from t",
        "explain (verbose) insert into t values (1)",
        "explain execute p",
        "explain create table x as select 1",
        "with x as (select 1) delete from t",
        "with x as (select 1) insert into t select * from x",
    ],
    "modifying_cte": [
        "with x as (delete from t returning *) select * from x",
        "with x as (insert into t values (1) returning *) table x",
        "with x as (update t set a = 1 returning a) select * from (select * from x) y",
        "select * from t where a in (with d as (delete from t returning a) select a from d)",
    ],
    "explain_analyze": [
        "explain analyze select 1",
        "explain ANALYSE select 1",
        "explain (analyze) select 1",
        "explain (buffers, analyze on) select 1",
        "explain (analyze false) select 1",
        "explain verbose analyze select 1",
        "explain /* x */ analyze select 1",
        "explain (analyze, serialize text) select 1",
    ],
    "locking": [
        "select * from t for update",
        "select * from t for share",
        "select * from t for no key update nowait",
        "select * from t for key share skip locked",
        "select * from (select * from t for update) x",
        "(select * from t for update)",
        "with x as (select * from t for share) select * from x",
    ],
    "into": ["select * into x from t", "select 1 into temp x", "with a as (select 1) select * into b from a"],
    "function": [
        "select pg_sleep(1)",
        "select PG_SLEEP(1)",
        "select pg_catalog.pg_sleep_for('1 s')",
        'select "pg_sleep"(1)',
        'select "pg_catalog"."pg_sleep"(1)',
        'select U&"\\0070g_sleep"(1)',
        'select u&"pg\\+00005fsleep"(1)',
        'select pg_catalog.U&"\\0070\\0067_sleep"(1)',
        "select pg_sleep /* x */ (1)",
        "select pg_sleep -- x\n (1)",
        "select * from pg_sleep(1)",
        "select * from t where a = (select pg_sleep(1)::text)",
        "select 1 order by pg_sleep(1)",
        "select ('/etc/passwd'::text).pg_read_file",
        "select pg_read_file('/etc/passwd')",
        "select pg_read_binary_file('x')",
        "select * from pg_ls_dir('.')",
        "select pg_stat_file('x')",
        "select lo_import('/etc/passwd')",
        "select lo_export(1, '/tmp/x')",
        "select lo_creat(1)",
        "select lowrite(1, 'x')",
        "select dblink('host=x', 'select 1')",
        "select * from dblink_exec('x', 'y')",
        "select dblink_connect_u('x')",
        "select set_config('transaction_read_only', 'off', false)",
        "select nextval('s')",
        "select setval('s', 1)",
        "select pg_notify('a', 'b')",
        "select pg_terminate_backend(1)",
        "select pg_cancel_backend(pid) from x",
        "select pg_reload_conf()",
        "select pg_switch_wal()",
        "select pg_create_physical_replication_slot('x')",
        "select * from pg_logical_slot_get_changes('x', null, null)",
        "select pg_drop_replication_slot('x')",
        "select pg_advisory_lock(1)",
        "select pg_try_advisory_xact_lock(1)",
        "select pg_stat_reset()",
        "select query_to_xml('delete from t', true, true, '')",
        "select table_to_xml('t', true, true, '')",
        "select database_to_xml(true, true, '')",
        "select * from crosstab('select 1') as (a int)",
        "select * from connectby('t', 'a', 'b', 'c', 0) as x(a int)",
        "select * from ts_stat('select x from t')",
        "select txid_current()",
        "explain select pg_sleep(1)",
        "values (pg_sleep(1))",
        "select * from t limit (select pg_advisory_lock(1))",
    ],
    "secret_table": [
        "select * from pg_authid",
        "select rolpassword from pg_catalog.pg_authid",
        "table pg_shadow",
        'select * from "pg_shadow"',
        'select * from U&"pg_\\0061uthid"',
        "select umoptions from pg_user_mappings",
        "select srvoptions from pg_foreign_server",
        "select query from pg_stat_activity",
        "select subconninfo from pg_subscription",
        "explain select * from pg_authid",
    ],
    "unparsable": [
        "select from where",
        "select 'a",
        'select "a',
        "select /* a",
        "select $a$ b",
        "select 1 +",
        'select U&"\\zz"',
        "select \x00",
    ],
    "too_deep": [
        "select " + "(" * 5000 + "1" + ")" * 5000,
        "select " + "not " * 4000 + "true",
    ],
    "too_long": ["select '" + "x" * 200_000 + "'"],
}  # fmt: skip

HONEST = [
    "select 1",
    "select 1;",
    "select 1; -- done",
    "SELECT * FROM orders",
    'select "Id", "نام" from "public"."سفارش‌ها"',
    "select نام from مشتری where شهر = 'تهران'",
    "select a, count(*) from t group by 1 having count(*) > 1 order by 2 desc nulls last limit 10 offset 5",
    "select distinct on (a) a, b from t order by a, b desc",
    "values (1, 'a'), (2, 'b')",
    "table public.orders",
    "show server_version",
    "show all",
    "explain select * from t",
    "explain (format json, costs off) select * from t",
    "explain verbose table t",
    "with a as (select 1 as x), b as (select * from a) select * from a join b using (x)",
    "with recursive t(n) as (values (1) union all select n + 1 from t where n < 5) select * from t",
    "with x as materialized (select 1) select * from x",
    "(select 1) union all (select 2) except select 3 intersect select 4",
    "select * from a left join b on a.id = b.a_id full outer join c using (id) cross join d natural join e",
    "select * from a, lateral (select * from b where b.x = a.x limit 1) l",
    "select sum(x) over (partition by y order by z rows between 1 preceding and current row) from t",
    "select rank() over w from t window w as (order by a)",
    "select count(*) filter (where x > 1), percentile_cont(0.5) within group (order by x) from t",
    "select date_trunc('month', created_at) as m, to_char(created_at, 'YYYY-MM') from t",
    "select now() - interval '7 days', current_date, extract(epoch from now()), age(now())",
    "select x::timestamptz at time zone 'Asia/Tehran' from t",
    "select a->>'b', a #>> '{c,d}', a @> '{\"x\": 1}', jsonb_array_elements(a), jsonb_path_query(a, '$.x') from t",
    "select * from json_to_recordset('[]') as x(a int, b text)",
    "select array_agg(x order by x), string_agg(y, ', '), a[1:2], array[1, 2] || 3 from t",
    "select * from unnest(array[1, 2]) with ordinality as u(v, n)",
    "select * from generate_series('2024-01-01'::date, '2024-02-01', '1 day')",
    "select case when a > 1 then 'x' else 'y' end, coalesce(a, 0), nullif(a, b), greatest(a, b) from t",
    "select * from t where a ilike '%x%' and b ~* '^y' and c similar to 'z%' and d is distinct from e",
    "select * from t where (a, b) in (select c, d from s) and exists (select from u where u.id = t.id)",
    "select * from t where id = any($1) and name = $2",
    "select * from t tablesample system (1)",
    "select a, grouping(a) from t group by rollup (a)",
    "select a, b, sum(c) from t group by grouping sets ((a), (b), ())",
    "select 'it''s', E'a\\'b;c', $$ ; drop table t $$, $x$ pg_sleep(1) $x$, U&'\\0633'",
    "select 'pg_sleep(1); delete from t' as note -- pg_sleep(1)",
    "select /* pg_authid /* nested */ */ 1",
    "select nextval, lo_revenue, http, update_at, \"delete\" from lineorder",
    "select table_name, column_name from information_schema.columns where table_schema = 'public'",
    "select relname, reltuples from pg_class join pg_namespace n on n.oid = relnamespace",
    "select pg_size_pretty(pg_total_relation_size('public.orders')), current_user, version()",
    "select current_setting('timezone'), pg_typeof(1), pg_get_viewdef('v'::regclass)",
    "select pg_catalog.current_setting('app.tenant', true), current_setting from t as current_setting",
    "select * from public.http",
    "table app.raw_query",
    "select count(*) from only public.dblink_hosts where id = 1",
    "select j.status from cron.job_run_details j join public.pg_file_list using (id)",
    "select a from t where exists (select from logs.http_get h where h.a = t.a) union select x from b.fopen",
    "with a as (select * from net.http) select trim(from b) from a",
    "select * from pg_stat_user_tables",
    "select md5(x), encode(sha256(x::bytea), 'hex'), random(), gen_random_uuid() from t",
    "select (select max(x) from t) as m, row(1, 2), (r).f1, t.* from t",
    "select from t",
    "select * from only t fetch first 5 rows with ties",
    "select a collate \"C\", 1 operator(pg_catalog.+) 2 from t",
    "select " + "(" * 15 + "1" + ")" * 15,
    "select * from t where a = 1" + " or a = 1" * 150,
    "select * from t where a in (" + ", ".join(map(str, range(3000))) + ")",  # noqa: S608 - only judged
]  # fmt: skip

PIECES = [
    "select",
    "from",
    "where",
    "(",
    ")",
    ",",
    ";",
    "'",
    '"',
    "$$",
    "$a$",
    "--",
    "/*",
    "*/",
    "E'",
    'U&"',
    "\\",
    "1",
    "a",
    ".",
]

ATTEMPTS = [(rule, sql) for rule, statements in REFUSED.items() for sql in statements]


@pytest.mark.parametrize(("rule", "sql"), ATTEMPTS, ids=[f"{r}: {s[:50]}" for r, s in ATTEMPTS])
def test_a_statement_that_could_do_more_than_read_is_refused_by_its_rule(rule: str, sql: str) -> None:
    with pytest.raises(QueryRefused) as caught:
        check_statement(sql)
    assert caught.value.reason == rule
    assert caught.value.arguments["rule"].split(".")[0] == rule
    assert len(caught.value.arguments["part"]) <= 80


@pytest.mark.parametrize("sql", HONEST, ids=[s[:60] for s in HONEST])
def test_an_honest_query_passes(sql: str) -> None:
    check_statement(sql)


@settings(deadline=None)
@given(st.sampled_from(sorted(name for names in DENIED.values() for name in names)), st.data())
def test_no_spelling_of_a_denied_function_passes(name: str, data: st.DataObject) -> None:
    word = "".join(data.draw(st.sampled_from([c, c.upper()])) for c in name)
    escaped = "".join(data.draw(st.sampled_from([c, f"\\{ord(c):04x}", f"\\+{ord(c):06X}"])) for c in name)
    spelling = data.draw(st.sampled_from([word, f'"{name}"', f'U&"{escaped}"', f'u&"{escaped}"']))
    schema = data.draw(st.sampled_from(["", "pg_catalog.", '"pg_catalog" . ', "/* a */ public./**/"]))
    gap = data.draw(st.sampled_from(["", " ", "\n", "/* ( */", "-- x\n"]))
    with pytest.raises(QueryRefused):
        check_statement(f"select {schema}{spelling}{gap}()")


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_passes_or_is_refused(text: str) -> None:
    for check in (check_statement, check_where):
        try:
            check(text)
        except QueryRefused as refusal:
            assert refusal.reason  # noqa: PT017 - either end is right; nothing else may be raised


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES)))
def test_any_heap_of_pieces_passes_or_is_refused(pieces: list[str]) -> None:
    try:
        check_statement(" ".join(pieces))
    except QueryRefused as refusal:
        assert refusal.reason  # noqa: PT017 - either end is right; nothing else may be raised


@pytest.mark.parametrize(
    "expression",
    ["a = 1", "a = 1 -- x", "a is null and b like 'x%'", "x in (select id from t)", "exists (select from t)",
     "(a or b) and not c", "a between 1 and 2", "نام = 'علی'"],
)  # fmt: skip
def test_one_expression_may_stand_in_where(expression: str) -> None:
    check_where(expression)


@pytest.mark.parametrize(
    "expression",
    ["", "a) or (b", "true) union select (1", "1=1 /*", "true; drop table t", "true;", "true order by 1",
     "true limit 1",
     "true group by a", "true for update", "true into x", "true returning 1", "select 1", "a, b",
     "true) for update --",
     "pg_sleep(1) is null", "x in (select oid from pg_authid)", "exists (select from t for update)",
     "x in (with d as (delete from t returning 1) select 1 from d)", "'a", "$$", "true window w as ()"],
)  # fmt: skip
def test_whatever_leaves_the_brackets_of_where_is_refused(expression: str) -> None:
    with pytest.raises(QueryRefused):
        check_where(expression)
