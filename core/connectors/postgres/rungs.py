"""The ladder for PostgreSQL: one connection for the port, one for the certificate, one that signs in and asks on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from core.connectors.base import Environment, Limits
from core.connectors.network import Host
from core.connectors.postgres import encryption, failures, session
from core.connectors.postgres.rights import Rights
from core.diagnosis.ladder import Found, climb
from core.errors import QueryTimeout
from core.models import Check, Message
from core.resilience.deadline import server_limit_s, within

if TYPE_CHECKING:
    from psycopg import AsyncConnection

T = TypeVar("T")
Look = Callable[[str | None], Awaitable[Found]]
"""The `sample` rung, at a table that is known to be readable."""


@dataclass(slots=True)
class Ladder:
    """One climb."""

    config: Any
    host: Host
    limits: Limits
    look: Look
    connection: "AsyncConnection[Any] | None" = field(default=None, repr=False)
    table: str | None = None

    async def climb(self) -> AsyncIterator[Check]:
        rights = ("permission", self._permission), ("read_only", self._read_only)
        rungs = (*self.host.rungs(), ("tls", self._tls), ("auth", self._auth), *rights, ("sample", self._sample))
        try:
            async for check in climb(*rungs):
                yield check
        finally:
            if self.connection is not None:
                await session.end(self.connection)

    async def _tls(self) -> Found:
        return await encryption.tls_rung(self.host, self.config)

    async def _auth(self) -> Found:
        self.connection = await session.connect(self.config, replace(self.host, allowed=(self.host.open,)))
        status: bytes | None = self.connection.pgconn.parameter_status(b"server_version")
        version = (status or b"").decode().split(" ")[0]
        facts = {"server": f"PostgreSQL {version}", "user": self.config.user}
        return Found(Message("check.signed_in", {"user": self.config.user, "version": version}), facts=facts)

    async def _permission(self) -> Found:
        found, self.table = await self._asked(lambda rights: rights.readable())
        return found

    async def _read_only(self) -> Found:
        return await self._asked(lambda rights: rights.writable())

    async def _sample(self) -> Found:
        return await self.look(self.table)

    async def _asked(self, ask: Callable[[Rights], Awaitable[T]]) -> T:
        """What the server's catalogue answers. Raises SourceError."""
        import psycopg

        assert self.connection is not None  # noqa: S101 - the rung below opened it
        config = self.config
        try:
            async with within(self.limits.attempt):
                await session.limit(self.connection, server_limit_s())
                return await ask(Rights(self.connection, config.user, config.schema_name, config.database))
        except TimeoutError:
            raise QueryTimeout("server") from None
        except psycopg.Error as err:
            raise failures.in_session(err, (), host=config.host, port=config.port) from None


def ladder(config: Any, environment: Environment, limits: Limits, look: Look) -> AsyncIterator[Check]:
    """Every rung; see `core.models.STEPS`."""
    return Ladder(config, Host(config.host, config.port, environment.egress, limits.connect), limits, look).climb()
