"""What people may have defined in a database that does harm when a superuser runs it, and what asks for it."""

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
