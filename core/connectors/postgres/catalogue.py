"""What a database holds: schemas, their tables and views, the columns of those."""

from typing import TYPE_CHECKING, Any

from core.connectors.postgres.names import names_of, path_of
from core.models import CatalogEntry

if TYPE_CHECKING:
    from psycopg import AsyncConnection

ENTRIES_MAX = 1000
_SCHEMAS = """select nspname, 'schema', null from pg_catalog.pg_namespace
where nspname !~ '^pg_' and nspname <> 'information_schema' and has_schema_privilege(oid, 'usage')
order by 1 limit %s"""
_TABLES = """select c.relname, case when c.relkind in ('v', 'm') then 'view' else 'table' end,
obj_description(c.oid, 'pg_class')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = %s and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1 limit %s"""
_COLUMNS = """select a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = %s and c.relname = %s order by a.attnum limit %s"""


async def entries(connection: "AsyncConnection[Any]", path: str) -> list[CatalogEntry]:
    """Below "" the schemas, below `schema` its tables, below `schema.table` its columns."""
    names = names_of(path)[:2]
    query = (_SCHEMAS, _TABLES, _COLUMNS)[len(names)]
    rows = await (await connection.execute(query, (*names, ENTRIES_MAX))).fetchall()
    return [CatalogEntry(row[0], path_of(*names, row[0]), row[1], row[2], len(names) < 2) for row in rows]
