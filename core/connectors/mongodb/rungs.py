"""The ladder for MongoDB: every member's name and port, one certificate, the sign-in, the right to list."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from core.connectors.base import Environment, Limits
from core.connectors.http.rungs import tls_rung
from core.connectors.mongodb import greeting, rights
from core.connectors.mongodb.link import Link
from core.connectors.mongodb.opening import Client
from core.connectors.mongodb.requests import run
from core.connectors.mongodb.target import Target
from core.connectors.network import Host
from core.diagnosis.ladder import Found, climb, skipped
from core.errors import SourceError
from core.models import Check, Message

_ALL = {"cursor": {"batchSize": 1000}}

Step = Callable[[Host], Awaitable[Found]]
Look = Callable[[], Awaitable[Found]]


@dataclass(slots=True)
class Ladder:
    """One climb, on a client of its own."""

    config: Any
    link: Link
    environment: Environment
    limits: Limits
    look: Look
    members: list[Host] = field(default_factory=list)

    async def climb(self) -> AsyncIterator[Check]:
        network = ("dns", self._dns), ("egress", self._egress), ("tcp", self._tcp), ("tls", self._tls)
        may = ("auth", self._auth), ("permission", self._permission), ("read_only", self._read_only)
        try:
            async for check in climb(*network, *may, ("sample", self.look)):
                yield check
        finally:
            await self.link.close()

    @property
    def _place(self) -> str:
        return self.link.target.place_field

    async def _dns(self) -> Found:
        target = await self.link.expanded()
        egress, limit = self.environment.egress, self.limits.connect
        self.members = [Host(name, port, egress, limit, (self._place,)) for name, port in target.hosts]
        return await self._each(Host.dns, lambda _host: True)

    async def _egress(self) -> Found:
        return await self._each(Host.judge, lambda host: bool(host.found))

    async def _tcp(self) -> Found:
        return await self._each(Host.dial, lambda host: bool(host.allowed))

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
        found = sorted({address for host in self.members for address in host.found})
        facts = {"addresses": found} if step is Host.dns else {}
        return Found(evidence, warning, (f"config.{self._place}",) if failed else (), facts)

    async def _tls(self) -> Found:
        if not self.link.target.tls:
            return skipped("check.no_tls")
        host = next(host for host in self.members if host.open)
        return await tls_rung(host, self.config, self._place)

    async def _auth(self) -> Found:
        target = self.link.target
        said = await self.link.call(lambda client: greeting.signed_in(client, target))
        evidence = Message("check.signed_in_at" if target.user else "check.let_in", said)
        facts = {"server": said["version"], "command": "hello, ping, buildInfo"}
        if crosses_in_clear(target, self.members):
            return Found(evidence, Message("check.password_in_clear"), ("config.tls",), facts)
        return Found(evidence, facts=facts)

    async def _permission(self) -> Found:
        target = self.link.target
        command = {"listCollections": 1, "nameOnly": True, "authorizedCollections": bool(target.user), **_ALL}

        async def listed(client: Client) -> int:
            return len((await run(client, target.database, command))["cursor"]["firstBatch"])

        count = await self.link.call(listed)
        told = {"count": count, "database": target.database}
        return Found(Message("check.collections", told), facts={"command": "listCollections"})

    async def _read_only(self) -> Found:
        target = self.link.target
        return await self.link.call(lambda client: rights.writable(client, target))


def ladder(config: Any, target: Target, environment: Environment, limits: Limits, look: Look) -> AsyncIterator[Check]:
    """Every rung; see `core.models.STEPS`."""
    return Ladder(config, Link(target, environment, limits), environment, limits, look).climb()


async def _tried(step: Step, host: Host) -> Found | SourceError:
    try:
        return await step(host)
    except SourceError as err:
        return err


def crosses_in_clear(target: Target, members: Sequence[Host]) -> bool:
    """Whether a password goes through a network without encryption. SCRAM hides it, but not from who guesses."""
    local = all(host.open and ip_address(host.open).is_loopback for host in members)
    return bool(target.user) and not target.tls and not local
