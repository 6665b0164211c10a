"""Where an organisation's traffic may go: kept by its administrators, obeyed by every process."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import structlog

from core.connectors.catalog import KindCatalog
from core.errors import InvalidInput, PreconditionFailed, SourceError
from core.models import Actor, FieldError, Message, Role
from core.resilience.deadline import within
from core.safety.allow_list import AlwaysDenied, NotAnEntry, canonical, listed
from core.safety.egress import EgressPolicy, look_up
from core.safety.names import plain_name
from core.services.audit import Audit
from core.services.periodic import Following
from core.services.rights import require
from core.storage.egress import EgressRepository, Revision
from core.storage.encryption import SealBroken
from core.storage.sources import SourceRecord, SourceRepository

log = structlog.get_logger(__name__)

ENTRIES_MAX = 500
FOLLOW_S = 1.0
"""Between two looks at what other processes set: a changed list is obeyed everywhere within 2 s."""
LOOK_UP_S = 2.0
"""For the names of all sources that a list is tried on."""
LOOK_UPS = 2
"""At once: the threads that look names up serve every source."""


class EgressLists(Following):
    """One for a process. Lives on the background loop.

    Every method with an actor raises NotFound for a foreign organisation and Forbidden for anyone but its
    administrators.
    """

    def __init__(
        self,
        kept: EgressRepository,
        sources: SourceRepository,
        kinds: KindCatalog,
        audit: Audit,
        follow_s: float = FOLLOW_S,
    ) -> None:
        self._kept, self._sources, self._kinds, self._audit = kept, sources, kinds, audit
        self._known: dict[str, Revision] = {}
        self._order = asyncio.Lock()
        super().__init__("egress", follow_s)

    async def entries(self, actor: Actor, org: str) -> tuple[str, ...]:
        """Host names, addresses and networks in canonical form, sorted; none: everything that is not denied."""
        require(actor, org, Role.ADMIN)
        return (await self._kept.lists((org,))).get(org, ())

    async def set(
        self, actor: Actor, org: str, entries: Sequence[str], *, instead_of: Sequence[str] | None = None
    ) -> tuple[str, ...]:
        """Replaces the whole list, and gives it as it is kept. This process obeys at once, every other one within 2 s.

        Raises InvalidInput naming `entries` or `entries[i]`, and PreconditionFailed where the list is no longer the
        one that it was to be set `instead_of`.
        """
        require(actor, org, Role.ADMIN)
        wanted = _canonical(entries)
        async with self._order:
            async with self._audit.change(actor, org, "egress.update", org) as entry:
                before = await self._kept.replace(org, wanted)
                if instead_of is not None and set(instead_of) != set(before):
                    raise PreconditionFailed()
                entry.before, entry.after = {"entries": before}, {"entries": wanted}
            self._kinds.egress.allow(org, wanted)
        return wanted

    async def shut_out(self, actor: Actor, org: str, entries: Sequence[str]) -> tuple[str, ...]:
        """The names of the sources that such a list would shut out, by the hosts in their configurations.

        Names that are not listed are looked up for at most 2 s all together; one that is not found is out. What a
        source leads to by itself, members of a cluster or a bucket's own host, is judged only when it is called.
        Raises InvalidInput as `set` does.
        """
        require(actor, org, Role.ADMIN)
        allow = _canonical(entries)
        if not allow:
            return ()
        hosts = await asyncio.to_thread(self._hosts, await self._sources.of_org(org))
        inside = await _inside(allow, {host for _, found in hosts for host in found})
        return tuple(name for name, found in hosts if found and inside.isdisjoint(found))

    async def follow(self) -> None:
        """One look at what anybody set, in this process or another."""
        async with self._order:
            present = await self._kept.revisions()
            changed = {slug for slug, _ in present.items() ^ self._known.items()}
            lists = await self._kept.lists(changed) if changed else {}
            for slug in changed:
                self._kinds.egress.allow(slug, lists.get(slug, ()))
            self._known = present

    def _hosts(self, records: Sequence[SourceRecord]) -> list[tuple[str, tuple[str, ...]]]:
        return [(record.name, self._hosts_of(record)) for record in records]

    def _hosts_of(self, record: SourceRecord) -> tuple[str, ...]:
        try:
            host = self._kinds.host(record.kind, self._sources.config(record))
        except (SealBroken, InvalidInput):  # it leads nowhere, and its next call says so
            return ()
        return tuple(each.strip() for each in host.split(",") if each)


async def _inside(allow: tuple[str, ...], hosts: set[str]) -> set[str]:
    """Those of the hosts that a list admits by name, or by one of their addresses."""
    inside = {host for host in hosts if plain_name(host) in listed(allow).names}
    places = asyncio.Semaphore(LOOK_UPS)

    async def look(host: str) -> None:
        async with places:
            if await _admitted(EgressPolicy(allow=allow), host):
                inside.add(host)

    with suppress(TimeoutError):
        async with within(LOOK_UP_S):
            await asyncio.gather(*map(look, hosts - inside))
    return inside


async def _admitted(policy: EgressPolicy, host: str) -> bool:
    try:
        found = await look_up(host, 0)
    except SourceError:
        return False
    return any(policy.refusal(address, 0) != "not_allowed" for address in found)


def _canonical(entries: Sequence[str]) -> tuple[str, ...]:
    if len(entries) > ENTRIES_MAX:
        raise _wrong({"entries": Message("field.too_long", {"max_length": ENTRIES_MAX})})
    found, wrong = set(), {}
    for index, entry in enumerate(entries):
        try:
            found.add(canonical(entry))
        except NotAnEntry:
            wrong[f"entries[{index}]"] = Message("field.egress_entry")
        except AlwaysDenied:
            wrong[f"entries[{index}]"] = Message("field.egress_always_denied")
    if wrong:
        raise _wrong(wrong)
    return tuple(sorted(found))


def _wrong(fields: dict[str, Message]) -> InvalidInput:
    return InvalidInput(fields=tuple(FieldError(name, message) for name, message in fields.items()))
