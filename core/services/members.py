"""Who belongs to an organisation, and as what."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.access.withdrawal import withdraw
from core.errors import Conflict, NotFound
from core.folding import fold
from core.i18n.collation import name_key
from core.models import Actor, Organisation, Role
from core.services.audit import Audit
from core.services.named import organisation_named, user_named
from core.services.rights import require
from core.storage.people import OIDC, MemberRecord
from core.storage.people_records import PeopleRecords


@dataclass(frozen=True, slots=True)
class Member:
    """`origin` is `local`, or `oidc` where an identity provider's groups decide."""

    name: str
    role: Role
    origin: str = "local"
    disabled: bool = False


class Members:
    """Every method raises NotFound for a foreign organisation and Forbidden for anyone but its administrators.

    A server administrator may make somebody the first administrator of an organisation that has none.
    """

    def __init__(
        self, records: PeopleRecords, audit: Audit, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._people, self._invitations = records.people, records.invitations
        self._audit, self._clock = audit, clock

    async def list(self, actor: Actor, org: str) -> tuple[Member, ...]:
        """By name."""
        require(actor, org, Role.ADMIN)
        organisation = await organisation_named(self._people, org)
        members = map(_member, await self._people.members(organisation.id))
        return tuple(sorted(members, key=lambda member: name_key(member.name)))

    async def add(self, actor: Actor, org: str, user: str, role: Role) -> None:
        """Raises NotFound for an unknown person, Conflict (`member_taken`) for one who is a member."""
        organisation = await self._organisation(actor, org, role)
        person = await user_named(self._people, user)
        async with self._audit.change(actor, org, "member.add", person.name) as entry:
            members = await self._people.members_to_change(organisation.id)
            if any(member.user_id == person.id for member in members):
                raise Conflict("member_taken", name=person.name)
            await self._people.set_member(person.id, organisation.id, role)
            entry.after = {"role": role.label}

    async def set_role(self, actor: Actor, org: str, user: str, role: Role) -> None:
        """Raises NotFound for somebody who is no member; Conflict: `last_admin`, `member_of_provider` for one whose
        role an identity provider decides. Who is no administrator any more has nobody invited."""
        organisation = await self._organisation(actor, org, role)
        async with self._audit.change(actor, org, "member.role", user) as entry:
            member, others = await self._found(organisation, user)
            if member.origin == OIDC:
                raise Conflict("member_of_provider", name=member.name)
            if role is not Role.ADMIN:
                _keep_an_admin(member, others)
                await withdraw(self._invitations, self._audit, actor, member.name, self._clock(), org)
            await self._people.set_member(member.user_id, organisation.id, role)
            entry.target = member.name
            entry.changed({"role": member.role.label}, {"role": role.label})

    async def remove(self, actor: Actor, org: str, user: str) -> None:
        """Acts at the person's next request, and takes their open invitations back.

        Raises NotFound for somebody who is no member, Conflict (`last_admin`).
        """
        organisation = await self._organisation(actor, org)
        async with self._audit.change(actor, org, "member.remove", user) as entry:
            member, others = await self._found(organisation, user)
            _keep_an_admin(member, others)
            await withdraw(self._invitations, self._audit, actor, member.name, self._clock(), org)
            await self._people.remove_member(member.user_id, organisation.id)
            entry.target, entry.before = member.name, {"role": member.role.label}

    async def _organisation(self, actor: Actor, org: str, appointed: Role | None = None) -> Organisation:
        if actor.server_admin and appointed is Role.ADMIN:
            organisation = await self._people.organisation(org)
            if organisation and not _any_admin(await self._people.members(organisation.id)):
                return organisation
        require(actor, org, Role.ADMIN)
        return await organisation_named(self._people, org)

    async def _found(self, organisation: Organisation, user: str) -> tuple[MemberRecord, tuple[MemberRecord, ...]]:
        members = await self._people.members_to_change(organisation.id)
        for member in members:
            if fold(member.name) == fold(user):
                return member, tuple(other for other in members if other is not member)
        raise NotFound("user", name=user)


def _any_admin(members: Iterable[MemberRecord]) -> bool:
    return any(member.counts_as_admin for member in members)


def _keep_an_admin(member: MemberRecord, others: Iterable[MemberRecord]) -> None:
    """A disabled administrator is none: nobody could go on with only that one."""
    if member.counts_as_admin and not _any_admin(others):
        raise Conflict("last_admin", name=member.name)


def _member(record: MemberRecord) -> Member:
    return Member(record.name, record.role, record.origin, record.disabled)
