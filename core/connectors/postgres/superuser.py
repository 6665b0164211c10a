"""The strict rule for superusers: nothing that somebody else defined may run with their rights.

READ ONLY stops a superuser from little, so a function, an operator, a cast or a foreign table of the user's own could
do anything. Their names in the text tell too little: overloads, casts, views and policies are the server's to resolve.
So the server is asked: PREPARE analyses a statement without planning or running it, and `debug_print_parse` sends the
analysed tree back, in which every function, operator and relation stands as an oid.
"""

import asyncio
from typing import TYPE_CHECKING, Any, NoReturn

from core.connectors.postgres import understood
from core.connectors.postgres.session import fetched
from core.connectors.postgres.understood import Mentioned
from core.errors import QueryRefused
from core.models import Outcome

if TYPE_CHECKING:
    from psycopg import AsyncConnection

HARMLESS = frozenset(
    (
        *("random", "random_normal", "gen_random_uuid", "uuidv4", "uuidv7", "clock_timestamp", "timeofday"),
        *("pg_column_size", "pg_relation_size", "pg_table_size", "pg_indexes_size", "pg_total_relation_size"),
        *("pg_database_size", "pg_tablespace_size"),
    )
)
"""Volatile functions of PostgreSQL that answer something else each time and change nothing."""

_PARTS = """select part.oid, below.name from below cross join lateral (
  select unnest(array[t.typelem, t.typbasetype]) from pg_catalog.pg_type t where t.oid = below.oid
  union all select r.rngsubtype from pg_catalog.pg_range r
   where below.oid in (r.rngtypid, (to_jsonb(r) ->> 'rngmultitypid')::oid)
  union all select a.atttypid from pg_catalog.pg_type t
   join pg_catalog.pg_attribute a on a.attrelid = t.typrelid and a.attnum > 0 where t.oid = below.oid
 ) part(oid) where part.oid >= 16384"""
# Names of types that the statement writes, and relations of that name: what lies below them may be a domain whose CHECK
# runs while a literal is read, that is before there is a tree. A column of a plain domain is read without its CHECK.
_CHECKED_TYPES = f"""with recursive below(oid, name) as (
 (select t.oid, t.typname::text from pg_catalog.pg_type t where t.oid >= 16384 and t.typname::text = any(%s)
 union select case t.typtype when 'd' then t.typbasetype else t.oid end, c.relname::text
  from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0
  join pg_catalog.pg_type t on t.oid = a.atttypid and t.oid >= 16384 where c.relname::text = any(%s))
 union {_PARTS})
select below.name from below join pg_catalog.pg_constraint c on c.contypid = below.oid
join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_constraint'::regclass and d.objid = c.oid
 and d.refclassid in ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_operator'::regclass) and d.refobjid >= 16384
limit 1"""  # noqa: S608 - our own texts
_TELL = """with was as materialized (
 select current_setting('role') as role, current_setting('log_min_messages') as logged)
select set_config('role', 'none', true), set_config('log_min_messages', 'panic', true),
 set_config('client_min_messages', 'log', true), set_config('debug_print_parse', 'on', true),
 set_config('debug_pretty_print', 'off', true), set_config('role', was.role, true), was.logged from was"""
_TELL_NO_MORE = """with was as materialized (select current_setting('role') as role)
select set_config('debug_print_parse', 'off', true), set_config('client_min_messages', 'notice', true),
 set_config('role', 'none', true), set_config('log_min_messages', %s, true),
 set_config('role', was.role, true) from was"""
_TYPES = "select pg_catalog.format_type(oid, null) from unnest(%s::oid[]) with ordinality as t(oid, n) order by n"
_CODE = """with recursive family(oid) as (select unnest(%s::oid[])
 union select i.inhrelid from family f join pg_catalog.pg_inherits i on i.inhparent = f.oid)
select c.oid, c.relkind::text, n.nspname || '.' || c.relname,
 array(select r.ev_action::text from pg_catalog.pg_rewrite r where r.ev_class = c.oid and c.relkind = 'v'
  union all select p.polqual::text from pg_catalog.pg_policy p where p.polrelid = c.oid and c.relrowsecurity
  and p.polqual is not null),
 array(select i.indexprs::text from pg_catalog.pg_index i where i.indrelid = c.oid and i.indexprs is not null
  union all select i.indpred::text from pg_catalog.pg_index i where i.indrelid = c.oid and i.indpred is not null
  union all select k.conbin::text from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype = 'c'
  union all select s.stxexprs::text from pg_catalog.pg_statistic_ext s where s.stxrelid = c.oid
  and s.stxexprs is not null)
from family join pg_catalog.pg_class c on c.oid = family.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace"""
_DOMAINS = """with recursive below(oid) as (select unnest(%s::oid[])
 union select t.typbasetype from below join pg_catalog.pg_type t on t.oid = below.oid and t.typtype = 'd')
select c.conbin::text from below join pg_catalog.pg_constraint c on c.contypid = below.oid where c.contype = 'c'"""
_FUNCTIONS = """select p.oid, n.nspname || '.' || p.proname, p.proname::text, p.provolatile::text = 'v'
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace where p.oid = any(%s::oid[])"""
_OPERATORS = """select n.nspname || '.' || o.oprname from pg_catalog.pg_operator o
join pg_catalog.pg_namespace n on n.oid = o.oprnamespace where o.oid = any(%s::oid[]) and o.oid >= 16384 limit 1"""
# JSON takes values of other types through their own casts, which stand in no tree. C is for superusers to define.
_JSON_CASTS = f"""with recursive below(oid, name) as (select unnest(%s::oid[]), null::text union {_PARTS})
select p.proname::text from pg_catalog.pg_cast c join pg_catalog.pg_proc p on p.oid = c.castfunc
join pg_catalog.pg_language l on l.oid = p.prolang join below on below.oid = c.castsource
where c.casttarget = 'pg_catalog.json'::regtype and p.oid >= 16384 and l.lanname not in ('c', 'internal')
limit 1"""  # noqa: S608 - our own texts


async def check(connection: "AsyncConnection[Any]", sql: str, args: list[Any] | None) -> None:
    """Judges what `sql` would run on this session, in its transaction and as its role.

    Raises QueryRefused naming the function, operator, type or table, and what the driver raises.
    """
    from core.safety.sql import analysed

    asked = await asyncio.to_thread(analysed, sql)
    if asked is None:
        return
    if rows := await fetched(connection, _CHECKED_TYPES, list(asked.types), list(asked.names)):
        _refuse("superuser_code", "type", rows[0][0])
    found = await _everything(connection, understood.mentioned(await _tree(connection, asked.sql, args)))
    await _judge(connection, found)


async def _tree(connection: "AsyncConnection[Any]", sql: str, args: list[Any] | None) -> str:
    """The server's own analysis of a statement. Its log gets none of it, and is as it was when the sample runs."""
    heard: list[str] = []
    declared = await _declared(connection, args)
    logged = (await fetched(connection, _TELL))[0][-1]

    def listen(notice: Any) -> None:
        heard.append(notice.message_detail or "")

    connection.add_notice_handler(listen)
    try:
        await connection.execute(f"PREPARE cheshmeh_judged{declared} AS {sql}".encode(), binary=True)
    finally:
        connection.remove_notice_handler(listen)
    await fetched(connection, _TELL_NO_MORE, logged)
    await connection.execute("DEALLOCATE cheshmeh_judged", binary=True)
    tree = max(heard, key=len, default="")
    if ":rtable" not in tree:
        _refuse("superuser_untold", "untold", sql)
    return "\n".join(heard)


async def _declared(connection: "AsyncConnection[Any]", args: list[Any] | None) -> str:
    """The types that the driver will give the arguments: another type is another function."""
    if not args:
        return ""
    from psycopg.adapt import PyFormat, Transformer

    transformer = Transformer(connection)
    transformer.dump_sequence(args, [PyFormat.AUTO] * len(args))
    names = await fetched(connection, _TYPES, list(transformer.types or ()))
    return f"({', '.join('unknown' if name == '-' else name for (name,) in names)})"


async def _everything(connection: "AsyncConnection[Any]", found: Mentioned) -> Mentioned:
    """With what views, row policies and domains below it would run, to the last level."""
    todo, seen = found, found
    while todo.relations or todo.domains:
        trees: list[str] = []
        for oid, kind, name, code, stored in await fetched(connection, _CODE, sorted(todo.relations)):
            _check_relation(oid, kind, name)
            if oid >= understood.FIRST_OWN:
                trees += [*code, *understood.folded(stored)]
        trees += [tree for (tree,) in await fetched(connection, _DOMAINS, sorted(todo.domains))]
        more = understood.mentioned("\n".join(trees))
        todo, seen = more.beyond(seen), seen.with_(more)
    return seen


def _check_relation(oid: int, kind: str, name: str) -> None:
    from core.safety.sql_secrets import secret

    if kind == "f":
        _refuse("superuser_foreign_table", "foreign_table", name)
    if oid < understood.FIRST_OWN and secret(name.rpartition(".")[2], strict=True):
        _refuse("secret_table", "secret_table", name)


async def _judge(connection: "AsyncConnection[Any]", found: Mentioned) -> None:
    from core.safety.sql_functions import family

    names: set[str] = set()
    for oid, path, name, volatile in await fetched(connection, _FUNCTIONS, sorted(found.functions)):
        names.add(name)
        if oid >= understood.FIRST_OWN:
            _refuse("superuser_code", "function", path)
        if kind := family(name):
            raise QueryRefused("function", outcome=Outcome.REACHED, rule=f"function.{kind}", part=name)
        if volatile and name not in HARMLESS:
            _refuse("superuser_volatile", "volatile", path)
    if rows := await fetched(connection, _OPERATORS, sorted(found.operators)):
        _refuse("superuser_code", "operator", rows[0][0])
    json = found.types and any("json" in name for name in names)
    if json and (rows := await fetched(connection, _JSON_CASTS, sorted(found.types))):
        _refuse("superuser_code", "cast", rows[0][0])


def _refuse(reason: str, rule: str, part: str) -> NoReturn:
    raise QueryRefused(reason, outcome=Outcome.REACHED, rule=f"strict.{rule}", part=part[:80])
