"""The ladder for PostgreSQL: what can be told apart so far, each rung on a connection of its own."""

from collections.abc import AsyncIterator
from typing import Any

from core.connectors.base import Environment, Limits
from core.connectors.network import Host
from core.connectors.postgres import session
from core.diagnosis.ladder import Found, climb
from core.models import Check, Message

UNVERIFIED = frozenset({"allow", "prefer", "require"})


def ladder(config: Any, environment: Environment, limits: Limits) -> AsyncIterator[Check]:
    """`config`, `dns`, `egress`, `tcp`, `auth`: a failed rung skips those above it."""
    host = Host(config.host, config.port, environment.egress, limits.connect)

    async def signs_in() -> Found:
        version = await _sign_in(config, (host.open,), limits.connect)
        evidence = Message("check.signed_in", {"user": config.user, "version": version})
        if config.sslmode in UNVERIFIED:
            return Found(evidence, Message("check.unverified"), ("config.sslmode",))
        return Found(evidence)

    return climb(*host.rungs(), ("auth", signs_in))


async def _sign_in(config: Any, addresses: tuple[str, ...], limit_s: float) -> str:
    connection = await session.connect(config, addresses, limit_s)
    try:
        status: bytes | None = connection.pgconn.parameter_status(b"server_version")
        return (status or b"").decode()
    finally:
        await session.end(connection)
