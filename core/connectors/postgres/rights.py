"""What a PostgreSQL role may read, and what it could write: the `permission` and `read_only` rungs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.connectors.network import fields_of
from core.connectors.postgres.session import fetched
from core.diagnosis.ladder import Found
from core.errors import NotFoundInSource, PermissionDenied
from core.models import Message

if TYPE_CHECKING:
    from psycopg import AsyncConnection

READER = "cheshmeh_reader"
"""The role that an advice proposes."""
SHOWN_MAX = 3

_SCHEMA = "select pg_catalog.has_schema_privilege(oid, 'usage') from pg_catalog.pg_namespace where nspname = %s"
# The schema is a parameter; every role sees the catalogue, whatever it may read.
_TABLES = """select n.nspname as schema,
 pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as path,
 pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select') as whole,
 pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_any_column_privilege(c.oid, 'select') as readable,
 pg_catalog.has_schema_privilege(n.oid, 'usage') and (
  pg_catalog.has_table_privilege(c.oid, 'insert, update, delete, truncate')
  or pg_catalog.has_any_column_privilege(c.oid, 'insert, update')) as writable,
 pg_catalog.pg_has_role(c.relowner, 'usage') as owned, c.relacl as acl
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"""
_READABLE = f"""select count(*), count(*) filter (where readable), min(path) filter (where whole), min(schema)
from ({_TABLES}) t where %s::text is null or schema = %s::text"""  # noqa: S608 - our own texts
_WRITABLE = f"""select count(*), count(*) filter (where owned), min(path), min(schema)
from ({_TABLES}) t where writable"""  # noqa: S608 - our own texts
_GRANTS = f"""select distinct schema, coalesce(pg_catalog.quote_ident(r.rolname), 'PUBLIC') from ({_TABLES}) t
 cross join lateral pg_catalog.aclexplode(t.acl) a left join pg_catalog.pg_roles r on r.oid = a.grantee
where writable and a.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
 and (a.grantee = 0 or pg_catalog.pg_has_role(a.grantee, 'usage')) order by 1, 2 limit {SHOWN_MAX}"""  # noqa: S608
_ROLE = """select rolsuper, array(select g.rolname::text from pg_catalog.pg_roles g where g.rolname in
 ('pg_write_all_data', 'pg_write_server_files', 'pg_execute_server_program')
 and pg_catalog.pg_has_role(g.oid, 'usage') order by 1) from pg_catalog.pg_roles where rolname = current_user"""
_CREATE = """select pg_catalog.has_database_privilege(current_database(), 'create'),
 array(select pg_catalog.quote_ident(nspname) from pg_catalog.pg_namespace where nspname !~ '^pg_'
 and nspname <> 'information_schema' and pg_catalog.has_schema_privilege(oid, 'create') order by 1 limit 3)"""


@dataclass(frozen=True, slots=True)
class Rights:
    """Asks on one connection, as the role that signed in. Raises what the driver raises."""

    connection: "AsyncConnection[Any]"
    user: str
    schema: str | None
    database: str

    async def readable(self) -> tuple[Found, str | None]:
        """What the `permission` rung found, and a table that can be read. Raises PermissionDenied, NotFoundInSource."""
        await self._check_schema()
        every, count, path, schema = await self._row(_READABLE, self.schema, self.schema)
        told = {"count": count, "all": every, "database": self.database, "user": self.user}
        if every and not count:
            grant = f"GRANT SELECT ON ALL TABLES IN SCHEMA {quoted(self.schema or schema)} TO {quoted(self.user)};"
            raise PermissionDenied("no_table", fields=fields_of("user"), statement=grant, **told)
        facts = {"command": "has_table_privilege(…, 'select')"}
        if not every:
            return Found(Message("check.no_tables", told), Message("check.no_tables_advice"), facts=facts), None
        return Found(Message("check.tables", told), facts=facts), path

    async def writable(self) -> Found:
        """What the `read_only` rung found: a warning with the statement that would mend it."""
        facts = {"command": "has_table_privilege(…, 'insert, update, delete, truncate')"}
        warned = await self._by_role() or await self._by_tables() or await self._by_creating()
        if warned is None:
            return Found(Message("check.only_reads", {"user": self.user}), facts=facts)
        evidence, advice = warned
        return Found(evidence, advice, ("config.user",), facts)

    async def _check_schema(self) -> None:
        if self.schema is None:
            return
        found = await self._row(_SCHEMA, self.schema)
        told: dict[str, Any] = {"schema": self.schema, "user": self.user, "database": self.database}
        if not found:
            raise NotFoundInSource("schema_missing", fields=fields_of("schema"), **told)
        if not found[0]:
            grant = f"GRANT USAGE ON SCHEMA {quoted(self.schema)} TO {quoted(self.user)};"
            raise PermissionDenied("schema", fields=fields_of("schema", "user"), statement=grant, **told)

    async def _by_role(self) -> tuple[Message, Message] | None:
        superuser, roles = await self._row(_ROLE) or (False, [])
        if superuser:
            return self._said("superuser"), _instead("public" if self.schema is None else self.schema)
        if roles:
            taken = f"REVOKE {', '.join(map(quoted, roles))} FROM {quoted(self.user)};"
            return self._said("role", roles=", ".join(roles)), _mend(taken)
        return None

    async def _by_tables(self) -> tuple[Message, Message] | None:
        count, owned, path, schema = await self._row(_WRITABLE)
        if not count:
            return None
        if owned:
            return self._said("owner", count=owned, table=path), _instead(schema)
        rows = await self._rows(_GRANTS) or [(schema, quoted(self.user))]
        statements = (
            f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA {quoted(name)} FROM {grantee};"
            for name, grantee in rows
        )
        return self._said("tables", count=count, table=path), _mend(" ".join(statements))

    async def _by_creating(self) -> tuple[Message, Message] | None:
        anywhere, schemas = await self._row(_CREATE)
        if anywhere:
            return self._said("create", place=self.database), _instead("public")
        if schemas:
            taken = " ".join(f"REVOKE CREATE ON SCHEMA {name} FROM PUBLIC, {quoted(self.user)};" for name in schemas)
            return self._said("create", place=", ".join(schemas)), _mend(taken)
        return None

    def _said(self, how: str, **more: Any) -> Message:
        return Message(f"check.writes.{how}", {"user": self.user, **more})

    async def _row(self, query: str, *arguments: Any) -> Any:
        rows = await self._rows(query, *arguments)
        return rows[0] if rows else None

    async def _rows(self, query: str, *arguments: Any) -> list[Any]:
        return await fetched(self.connection, query, *arguments)


def quoted(name: str) -> str:
    """As `quote_ident` does: only what must be, so that people read what they know."""
    from core.connectors.postgres.names import path_of

    return path_of(name)


def _mend(statement: str) -> Message:
    return Message("check.mend", {"statement": statement})


def _instead(schema: str) -> Message:
    return Message("check.mend_role", {"statement": " ".join(_reader(quoted(schema)))})


def _reader(schema: str) -> Iterator[str]:
    yield f"CREATE ROLE {READER} LOGIN PASSWORD '…';"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {READER};"
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {READER};"
