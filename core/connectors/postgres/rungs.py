"""The ladder for PostgreSQL: what can be told apart so far, each rung on a connection of its own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from core.connectors.base import Environment, Limits
from core.connectors.postgres import session
from core.diagnosis.ladder import RungFailed, skipped, timed
from core.errors import SourceError, SourceTimeout, Unreachable
from core.models import Check, CheckStatus, Message
from core.resilience.deadline import within
from core.safety.egress import look_up

UNVERIFIED = frozenset({"allow", "prefer", "require"})
STEPS = ("dns", "egress", "tcp", "auth")


async def climb(config: Any, environment: Environment, limits: Limits) -> AsyncIterator[Check]:
    """`config`, `dns`, `egress`, `tcp`, `auth`: a failed rung skips those above it."""
    yield Check("config", CheckStatus.OK)
    done = 0
    try:
        found, ms = await timed("dns", look_up(config.host, config.port))
        done = 1
        yield Check("dns", CheckStatus.OK, ms, Message("check.addresses", {"addresses": ", ".join(found)}))
        addresses, ms = await timed("egress", environment.egress.resolve(config.host, config.port))
        done = 2
        yield Check("egress", CheckStatus.OK, ms)
        address, ms = await timed("tcp", _first_open(config, addresses, limits.connect))
        done = 3
        yield Check("tcp", CheckStatus.OK, ms, Message("check.connected", {"host": address, "port": config.port}))
        version, ms = await timed("auth", _sign_in(config, (address,), limits.connect))
        done = 4
        yield _signed_in(config, version, ms)
    except RungFailed as failure:
        yield failure.check
        for step in STEPS[done + 1 :]:
            yield skipped(step)


async def _first_open(config: Any, addresses: tuple[str, ...], limit_s: float) -> str:
    where = {"host": config.host, "port": config.port}
    last: SourceError = SourceTimeout("connect", seconds=limit_s, **where)
    try:
        async with within(limit_s):
            for address in addresses:
                try:
                    _, writer = await asyncio.open_connection(address, config.port)
                except OSError as err:
                    reason = "refused" if isinstance(err, ConnectionRefusedError) else "no_route"
                    last = Unreachable(reason, fields=session.fields_of("host", "port"), **where)
                else:
                    writer.close()
                    return address
    except TimeoutError:
        raise last from None
    raise last


async def _sign_in(config: Any, addresses: tuple[str, ...], limit_s: float) -> str:
    connection = await session.connect(config, addresses, limit_s)
    try:
        status: bytes | None = connection.pgconn.parameter_status(b"server_version")
        return (status or b"").decode()
    finally:
        await session.end(connection)


def _signed_in(config: Any, version: str, ms: float) -> Check:
    evidence = Message("check.signed_in", {"user": config.user, "version": version})
    if config.sslmode in UNVERIFIED:
        return Check("auth", CheckStatus.WARNING, ms, evidence, Message("check.unverified"), ("config.sslmode",))
    return Check("auth", CheckStatus.OK, ms, evidence)
