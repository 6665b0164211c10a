"""PostgreSQL through psycopg 3: sessions of our own, extended protocol only, READ ONLY always rolled back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from weakref import WeakSet

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from core.connectors import forms
from core.connectors.base import Connector, ConnectorConfig, Environment, Limits, SampleParams
from core.connectors.checkout import Checkout
from core.connectors.detached import Detached
from core.connectors.first_look import first_look
from core.connectors.http.tls import certificates
from core.connectors.network import Host
from core.connectors.postgres import catalogue, failures, reading, rungs, session, superuser
from core.connectors.postgres.encryption import looked_at_again
from core.connectors.postgres.names import names_of, quoted
from core.connectors.postgres.values import as_arguments
from core.connectors.registry import register
from core.diagnosis.ladder import Found
from core.errors import CertificateInvalid, QueryRefused
from core.models import CatalogEntry, Check, FieldError, Sample
from core.resilience.deadline import remaining
from core.row_builder import RowBuilder

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.sql import Composed

    Judge = Callable[[AsyncConnection[Any], str, list[Any] | None], Awaitable[None]]

NAME_PARTS_MAX = 2
SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]


class PostgresConfig(ConnectorConfig):
    """Where the server is and who asks. One host: libpq's lists and sockets are refused."""

    host: str = Field(min_length=1, max_length=253, json_schema_extra={"example": "db.example.ir"})
    port: int = Field(5432, ge=1, le=65535)
    database: str = Field(min_length=1, max_length=63, json_schema_extra={"example": "orders"})
    user: str = Field(min_length=1, max_length=63, json_schema_extra={"example": "reader"})
    password: SecretStr | None = Field(None)
    sslmode: SslMode = Field("prefer", json_schema_extra={"section": "security"})
    ca_pem: str | None = Field(None, max_length=65536, json_schema_extra={"section": "security", "multiline": True})
    schema_name: str | None = Field(None, alias="schema", min_length=1, max_length=63)

    @field_validator("host")
    @classmethod
    def _one_host(cls, host: str) -> str:
        if any(letter in host for letter in ",/@\\") or any(letter.isspace() or letter == "\0" for letter in host):
            raise PydanticCustomError("one_host", "one host name or address")
        return host

    @field_validator("ca_pem")
    @classmethod
    def _certificates(cls, ca_pem: str | None) -> str | None:
        return certificates(ca_pem)

    @field_validator("database", "user", "schema_name")
    @classmethod
    def _no_nul(cls, name: str | None) -> str | None:
        if name and "\0" in name:
            raise PydanticCustomError("no_nul", "no NUL character")
        return name


class PostgresParams(SampleParams):
    """Either a table, with columns and a condition, or one SELECT with arguments."""

    table: str | None = Field(None, min_length=1, max_length=200)
    columns: list[str] | None = Field(None, min_length=1, max_length=1600)
    where: str | None = Field(None, min_length=1, max_length=10_000)
    sql: str | None = Field(None, min_length=1, max_length=100_000)
    args: list[Any] | None = Field(None, max_length=1000)

    @field_validator("table")
    @classmethod
    def _a_name(cls, table: str | None) -> str | None:
        if table is not None and not 1 <= len(names_of(table)) <= NAME_PARTS_MAX:
            raise PydanticCustomError("table_name", "a table, or schema.table")
        return table

    @model_validator(mode="after")
    def _one_of(self) -> "PostgresParams":
        if (self.table is None) == (self.sql is None):
            raise PydanticCustomError("table_or_sql", "either table or sql")
        if (self.sql is not None and (self.columns or self.where)) or (self.table is not None and self.args):
            raise PydanticCustomError("table_or_sql", "either table or sql")
        return self


@register("postgres")
class PostgresConnector(Connector):
    """One database, with up to four idle sessions."""

    config_model = PostgresConfig
    params_model = PostgresParams
    limits = Limits(connect=5, attempt=10, sample=15)
    # The parser of SQL takes as long to import as the driver, and judges nothing before the first sample.
    drivers = ("psycopg", "core.safety.sql")
    placeholder: ClassVar[Mapping[str, Any]] = {"sql": "select * from information_schema.tables", "limit": 50}

    def __init__(self, config: PostgresConfig, environment: Environment) -> None:
        self._config, self._environment = config, environment
        self._limits = self.limits.overridden(config.timeout_s)
        self._sessions: Checkout[AsyncConnection[Any]] = Checkout(self._open, session.end, self._usable)
        self._work = Detached()
        self._clean: WeakSet[AsyncConnection[Any]] = WeakSet()
        """Held sessions that did nothing but answer a ping since they were reset."""

    @classmethod
    def build(cls, config: PostgresConfig, environment: Environment) -> "PostgresConnector":
        return cls(config, environment)

    @classmethod
    def destination(cls, config: PostgresConfig) -> tuple[Any, ...]:
        # From `require` on each mode is sure of more: that it is encrypted, by whom, that it is this host.
        return config.host, config.port, None if config.sslmode in ("disable", "allow", "prefer") else config.sslmode

    @classmethod
    def host(cls, config: PostgresConfig) -> str:
        return config.host.lower()

    @classmethod
    def check_params(cls, params: Mapping[str, Any], environment: Environment) -> None:
        from core.safety import sql

        given: PostgresParams = forms.validate_params(cls.params_model, params, environment.rows_max)
        if given.sql is not None:
            with _refused_at("sql"):
                sql.check_statement(given.sql)
        if given.where is not None:
            with _refused_at("where"):
                sql.check_where(given.where)
        if given.table is not None:
            # The server's secrets have names too: a table is judged as the query that it becomes.
            columns = ", ".join(map(quoted, given.columns or ())) or "*"
            with _refused_at("table"):
                sql.check_statement(f"SELECT {columns} FROM {'.'.join(map(quoted, names_of(given.table)))}")  # noqa: S608 - judged, not sent

    @classmethod
    def params_for(cls, entry: CatalogEntry) -> dict[str, Any]:
        return {"table": entry.path, "limit": 50} if entry.type in ("table", "view") else {}

    @classmethod
    def snippet(cls, config: Mapping[str, Any], params: Mapping[str, Any]) -> str:
        from core.connectors.postgres.snippet import snippet

        return snippet(config, params, declared=reading.declarable(params.get("sql") or ""))

    async def ping(self) -> tuple[bool, str]:
        return await self._work.run(self._ping())

    async def _ping(self) -> tuple[bool, str]:
        async with self._session() as connection:
            await connection.execute("select 1", binary=True)
            self._clean.add(connection)
            # Told when the session began, and again should it ever change.
            version = (connection.info.parameter_status("server_version") or "").partition(" ")[0]
        return True, f"PostgreSQL {version}".strip()

    async def sample(self, params: dict[str, Any]) -> Sample:
        await asyncio.to_thread(self.check_params, params, self._environment)
        given: PostgresParams = forms.validate_params(self.params_model, params, self._environment.rows_max)
        return await self._work.run(self._sample(given, superuser.check))

    async def _sample(self, given: PostgresParams, check: "Judge | None" = None) -> Sample:
        """`check` judges what only the server can tell of a superuser's statement; without it there is no rule here."""
        async with self._read_only() as (connection, might):
            query = given.sql or _selection(given, self._config.schema_name)
            text = query if isinstance(query, str) else query.as_string(connection)
            if check and might.superuser:
                await check(connection, text, as_arguments(given.args))
            elif check and might.settings:
                await asyncio.to_thread(_check_strictly, text)
            return await reading.sample(connection, text, given.args, self._rows(given.limit))

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        return await self._work.run(self._describe(path))

    async def _describe(self, path: str) -> list[CatalogEntry]:
        async with self._read_only() as (connection, _):
            return await catalogue.entries(connection, path)

    async def diagnose(self) -> AsyncIterator[Check]:
        async for check in rungs.ladder(self._config, self._environment, self._limits, self._look):
            yield check

    async def _look(self, table: str | None) -> Found:
        known = CatalogEntry(table, table, "table") if table else None
        return await first_look(self, self._limits.sample, known)

    async def close(self) -> None:
        await self._work.close()
        await self._sessions.close()

    async def _open(self) -> "AsyncConnection[Any]":
        config, egress = self._config, self._environment.egress
        addresses = await egress.resolve(config.host, config.port)
        host = Host(config.host, config.port, egress, min(self._limits.connect, remaining()), allowed=addresses)
        try:
            return await session.connect(config, host)
        except CertificateInvalid as err:
            refused = err.with_traceback(None)
        raise await looked_at_again(refused, host, config)

    async def _usable(self, connection: "AsyncConnection[Any]") -> bool:
        """Whether a held session may be used again: the rules may have changed since it was dialled."""
        if connection.closed:
            return False
        host, port, address = self._config.host, self._config.port, connection.info.hostaddr
        refused = self._environment.egress.refusal(address, port, host)
        if refused:
            return False
        kept = connection in self._clean and session.is_quiet(connection)
        return kept or await session.reset(connection)

    @asynccontextmanager
    async def _session(self) -> "AsyncIterator[AsyncConnection[Any]]":
        import psycopg

        async with self._sessions.connection() as connection:
            try:
                yield connection
            except psycopg.Error as err:
                where = {"host": self._config.host, "port": self._config.port}
                raise failures.in_session(err, self._secrets(), **where) from None

    @asynccontextmanager
    async def _read_only(self) -> "AsyncIterator[tuple[AsyncConnection[Any], session.Might]]":
        """The session in its transaction, and what its credential may do."""
        async with self._session() as connection, connection.transaction(force_rollback=True):
            self._clean.discard(connection)
            yield connection, await session.guard(connection, self._config.schema_name)

    def _rows(self, limit: int) -> "reading.Rows":
        return partial(RowBuilder, limit=limit, bytes_max=self._environment.bytes_max, secrets=self._secrets())

    def _secrets(self) -> tuple[str, ...]:
        return (self._config.password.get_secret_value(),) if self._config.password else ()


@contextmanager
def _refused_at(field: str) -> "Iterator[None]":
    """A refusal says which parameter it means."""
    try:
        yield
    except QueryRefused as err:
        err.fields = (FieldError(f"params.{field}", err.message),)
        raise


def _check_strictly(text: str) -> None:
    from core.safety.sql import check_statement

    check_statement(text, strict=True)


def _selection(given: PostgresParams, schema: str | None) -> "Composed":
    from psycopg.sql import SQL, Identifier

    names = names_of(given.table or "")
    names = (schema, *names) if schema and len(names) == 1 else names
    columns = SQL(", ").join(map(Identifier, given.columns)) if given.columns else SQL("*")
    query = SQL("SELECT {} FROM {}").format(columns, Identifier(*names))
    # Judged as one boolean expression before; the line ends keep a comment in it from swallowing anything.
    return query + SQL(" WHERE (\n" + given.where + "\n)") if given.where else query
