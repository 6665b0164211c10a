"""The ladder for MongoDB: every member's name and port, one certificate, the sign-in, the right to list."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from core.connectors.base import Environment, Limits
from core.connectors.http.rungs import tls_rung
from core.connectors.mongodb import greeting
from core.connectors.mongodb.link import Link
from core.connectors.mongodb.opening import Client
from core.connectors.mongodb.requests import run
from core.connectors.mongodb.target import Target
from core.connectors.network import Host
from core.diagnosis.ladder import Found, Rung, climb
from core.errors import SourceError
from core.models import Check, Message

_ALL = {"cursor": {"batchSize": 1000}}

Step = Callable[[Host], Awaitable[Found]]


@dataclass(slots=True)
class Ladder:
    """One climb, on a client of its own."""

    config: Any
    link: Link
    environment: Environment
    limits: Limits
    members: list[Host] = field(default_factory=list)

    async def climb(self) -> AsyncIterator[Check]:
        try:
            async for check in climb(*self._rungs()):
                yield check
        finally:
            await self.link.close()

    def _rungs(self) -> tuple[Rung, ...]:
        tls: tuple[Rung, ...] = (("tls", self._tls),) if self.link.target.tls else ()
        return (
            ("dns", self._dns),
            ("egress", lambda: self._each(Host.judge, lambda host: bool(host.found))),
            ("tcp", lambda: self._each(Host.dial, lambda host: bool(host.allowed))),
            *tls,
            ("auth", self._auth),
            ("permission", self._permission),
        )

    @property
    def _place(self) -> str:
        return self.link.target.place_field

    async def _dns(self) -> Found:
        target = await self.link.expanded()
        egress, limit = self.environment.egress, self.limits.connect
        self.members = [Host(name, port, egress, limit, (self._place,)) for name, port in target.hosts]
        return await self._each(Host.dns, lambda _host: True)

    async def _each(self, step: Step, ready: Callable[[Host], bool]) -> Found:
        """A step of every member that came so far: fails when it fails for all, warns when it fails for some."""
        climbing = [host for host in self.members if ready(host)]
        results = await asyncio.gather(*(_tried(step, host) for host in climbing))
        failed = [result for result in results if isinstance(result, SourceError)]
        held = [result for result in results if isinstance(result, Found)]
        if not held:
            raise failed[0].with_traceback(None)
        if len(self.members) == 1:
            return held[0]
        evidence = Message("check.members", {"count": len(held), "all": len(self.members)})
        warning = failed[0].message if failed else None
        return Found(evidence, warning, (f"config.{self._place}",) if failed else ())

    async def _tls(self) -> Found:
        host = next(host for host in self.members if host.open)
        return await tls_rung(host, self.config, self._place)

    async def _auth(self) -> Found:
        target = self.link.target
        said = await self.link.call(lambda client: greeting.signed_in(client, target))
        evidence = Message("check.signed_in_at" if target.user else "check.let_in", said)
        if crosses_in_clear(target, self.members):
            return Found(evidence, Message("check.password_in_clear"), ("config.tls",))
        return Found(evidence)

    async def _permission(self) -> Found:
        target = self.link.target
        command = {"listCollections": 1, "nameOnly": True, "authorizedCollections": bool(target.user), **_ALL}

        async def listed(client: Client) -> int:
            return len((await run(client, target.database, command))["cursor"]["firstBatch"])

        count = await self.link.call(listed)
        return Found(Message("check.collections", {"count": count, "database": target.database}))


def ladder(config: Any, target: Target, environment: Environment, limits: Limits) -> AsyncIterator[Check]:
    """`config`, `dns`, `egress`, `tcp`, `tls` where it is used, `auth`, `permission`."""
    return Ladder(config, Link(target, environment, limits), environment, limits).climb()


async def _tried(step: Step, host: Host) -> Found | SourceError:
    try:
        return await step(host)
    except SourceError as err:
        return err


def crosses_in_clear(target: Target, members: Sequence[Host]) -> bool:
    """Whether a password goes through a network without encryption. SCRAM hides it, but not from who guesses."""
    local = all(host.open and ip_address(host.open).is_loopback for host in members)
    return bool(target.user) and not target.tls and not local
