"""What a database holds: schemas, their tables and views with their sizes, the columns of those."""

from typing import TYPE_CHECKING, Any

from core.connectors.postgres.names import names_of, path_of
from core.models import LEVEL_MAX, CatalogEntry

if TYPE_CHECKING:
    from psycopg import AsyncConnection

SIZES_MS = 1000
"""What sizes may take: the server looks at every file; a thousand tables on a local disk take 40 to 150 ms."""
LOCK_MS = 50
_SCHEMAS = """select nspname, 'schema', null from pg_catalog.pg_namespace
where nspname !~ '^pg_' and nspname <> 'information_schema' and has_schema_privilege(oid, 'usage')
order by 1 limit %s"""
# Before version 14 a table that was never analysed has 0 rows, since then -1.
_TABLES = """select c.relname, case when c.relkind in ('v', 'm') then 'view' else 'table' end,
obj_description(c.oid, 'pg_class'), c.oid, c.relkind::text,
case when c.reltuples > 0 or c.reltuples = 0 and current_setting('server_version_num')::int >= 140000
then c.reltuples::bigint end
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = %s and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1 limit %s"""
_COLUMNS = """select a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum),
exists (select from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisprimary and a.attnum = any (i.indkey)),
a.attnotnull
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = %s and c.relname = %s order by a.attnum limit %s"""
_SIZES = """select oid, case when relkind = 'p'
then (select sum(pg_total_relation_size(relid))::bigint from pg_partition_tree(oid) where isleaf)
else pg_total_relation_size(oid) end from pg_catalog.pg_class where oid = any (%s::oid[])"""
_IMPATIENT = "select set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)"
_STORED = frozenset("rpm")


async def entries(connection: "AsyncConnection[Any]", path: str) -> list[CatalogEntry]:
    """Below "" the schemas, below `schema` its tables, below `schema.table` its columns."""
    names = names_of(path)[:2]
    query = (_SCHEMAS, _TABLES, _COLUMNS)[len(names)]
    rows = await (await connection.execute(query, (*names, LEVEL_MAX))).fetchall()
    if not names:
        return [CatalogEntry(name, path_of(name), type_, detail, True) for name, type_, detail in rows]
    if len(names) == 1:
        sizes = await _sizes(connection, [row[3] for row in rows if row[4] in _STORED])
        return [_table(names, row, sizes.get(row[3])) for row in rows]
    return [_column(names, row) for row in rows]


def _table(above: tuple[str, ...], row: tuple[Any, ...], size: int | None) -> CatalogEntry:
    name, type_, comment, _, _, count = row
    return CatalogEntry(name, path_of(*above, name), type_, comment, True, rows=count, bytes=size)


def _column(above: tuple[str, ...], row: tuple[Any, ...]) -> CatalogEntry:
    name, type_, comment, key, filled = row
    marks = ("primary_key",) if key else ("not_null",) if filled else ()
    return CatalogEntry(name, path_of(*above, name), type_, comment, marks=marks)


async def _sizes(connection: "AsyncConnection[Any]", tables: list[int]) -> dict[int, int | None]:
    """With indexes and TOAST; none where a lock, the time or a server of another make forbids."""
    from psycopg import Error

    try:
        async with connection.transaction():
            await connection.execute(_IMPATIENT, (str(LOCK_MS), str(SIZES_MS)))
            return dict(await (await connection.execute(_SIZES, (tables,))).fetchall())
    except Error:
        if connection.closed:
            raise
        return {}
