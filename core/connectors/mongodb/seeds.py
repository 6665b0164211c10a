"""The members that SRV records name, looked up by us: what the driver looks up by itself, nobody has judged."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from core.connectors.mongodb.target import Target
from core.connectors.mongodb.uri import HOSTS_MAX, Address, Malformed, OptionRefused, address, options_of
from core.connectors.network import fields_of
from core.errors import SourceError, Unreachable
from core.safety.dialling import unjudged

LookUp = Callable[[str, str, float], Awaitable[list[Any]]]
"""Records of a name and a type within so many seconds: `host:port` for SRV, the text for TXT."""


@dataclass(frozen=True, slots=True)
class Records:
    """Looks records up with the name servers of this machine. Raises Unreachable."""

    look_up: LookUp

    async def expand(self, target: Target, limit_s: float) -> Target:
        """The target with its members in the place of the SRV name; itself when it has no such name."""
        if not target.srv:
            return target
        name = target.hosts[0][0]
        found = await self._find(f"_mongodb._tcp.{name}", "SRV", target, limit_s)
        members = tuple(member for text in found[:HOSTS_MAX] if (member := _member(text, name)))
        if not members:
            raise _nobody(target)
        expanded = replace(target, hosts=members)
        return _with_options(expanded, await self._texts(name, target, limit_s))

    async def _texts(self, name: str, target: Target, limit_s: float) -> list[Any]:
        try:
            return await self._find(name, "TXT", target, limit_s)
        except SourceError:
            return []

    async def _find(self, name: str, kind: str, target: Target, limit_s: float) -> list[Any]:
        try:
            return await self.look_up(name, kind, limit_s)
        except LookupError:
            raise _nobody(target) from None
        except OSError:
            raise Unreachable("name_lookup", fields=fields_of(target.place_field), **target.where()) from None


async def look_up(name: str, kind: str, limit_s: float) -> list[Any]:
    """Raises LookupError when there is no such record, OSError when the name service did not answer."""
    from dns.asyncresolver import resolve
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN, NoAnswer

    try:
        with unjudged():
            answer = await resolve(name, kind, lifetime=limit_s)
    except (NXDOMAIN, NoAnswer):
        raise LookupError from None
    except DNSException:
        raise OSError from None
    if kind == "TXT":
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
    return [f"{record.target.to_text(omit_final_dot=True)}:{record.port}" for record in answer]


def _member(text: str, name: str) -> Address | None:
    """A member, if it is in the domain of the name that led to it: the rule of the specification against hijacking."""
    try:
        host, port = address(text.lower())
    except Malformed:
        return None
    parts = name.lower().split(".")
    domain = ".".join(parts[1:] if len(parts) > 2 else parts)
    return (host, port) if host.endswith(f".{domain}") else None


def _with_options(target: Target, texts: list[Any]) -> Target:
    """A TXT record may name these two; what the source says itself stands above ("Initial DNS Seedlist Discovery")."""
    try:
        options = options_of(texts[0]) if len(texts) == 1 else {}
    except (Malformed, OptionRefused):
        return target
    if target.auth_source == "admin" and "authsource" in options:
        target = replace(target, auth_source=options["authsource"])
    if target.replica_set is None and "replicaset" in options:
        target = replace(target, replica_set=options["replicaset"])
    return target


def _nobody(target: Target) -> Unreachable:
    return Unreachable("no_members", fields=fields_of(target.place_field), **target.where())
