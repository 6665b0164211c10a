"""Invitations: a link by which somebody joins an organisation, once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from core.access.identity import NOWHERE, Access
from core.access.names import checked_name, checked_username, wrong
from core.access.passwords import Passwords
from core.access.secrets_once import digest, new_secret
from core.errors import Conflict, Forbidden, NotFound
from core.models import Actor, Role, Visitor
from core.services.audit import Audit
from core.services.named import organisation_named
from core.services.rights import require, require_person
from core.storage.invitations import InvitationRecord
from core.storage.people_records import PeopleRecords

DAYS_MAX = 30
PATH = "/session/invitation"


class InvitationState(StrEnum):
    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation as administrators see it: without its code. `note` says for whom it is."""

    id: UUID
    role: Role
    note: str
    invited_by: str
    created_at: datetime
    expires_at: datetime
    state: InvitationState
    used_at: datetime | None = None
    used_by: str | None = None


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation at the only moment at which its code is known."""

    invitation: Invitation
    code: str = field(repr=False)

    @property
    def path(self) -> str:
        """What follows the dashboard's origin in the link."""
        return f"{PATH}?code={self.code}"


@dataclass(frozen=True, slots=True)
class InvitationView:
    """What an invited person is told before they accept."""

    org_name: str
    role: Role


class Invitations:
    """For administrators, `list`, `create` and `revoke`: NotFound for a foreign organisation, Forbidden for others.

    The rest is for whoever holds a code. One that is unknown, used, old or revoked: the same Forbidden.
    """

    def __init__(
        self,
        records: PeopleRecords,
        access: Access,
        passwords: Passwords,
        audit: Audit,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._people, self._invitations = records.people, records.invitations
        self._access, self._passwords = access, passwords
        self._audit, self._clock = audit, clock

    async def list(self, actor: Actor, org: str) -> tuple[Invitation, ...]:
        """The newest first; ended ones too."""
        require(actor, org, Role.ADMIN)
        return tuple(map(self._shown, await self._invitations.of_org(org)))

    async def create(self, actor: Actor, org: str, role: Role, note: str = "", days: int = 7) -> NewInvitation:
        """Raises InvalidInput naming `days` or `note`."""
        require(actor, org, Role.ADMIN)
        if not 1 <= days <= DAYS_MAX:
            raise wrong("days", "field.range", min=1, max=DAYS_MAX)
        note = checked_name("note", note) if note.strip() else ""
        organisation, code, now = await organisation_named(self._people, org), new_secret(), self._clock()
        place = organisation.id, organisation.slug, organisation.name
        record = InvitationRecord(uuid4(), *place, role, note, actor.name, now, now + timedelta(days=days))
        async with self._audit.change(actor, org, "invitation.create", note, record.uid) as entry:
            await self._invitations.add(digest(code), record)
            entry.after = {"role": role.label, "expires_at": record.expires_at.isoformat()}
        return NewInvitation(self._shown(record), code)

    async def revoke(self, actor: Actor, org: str, invitation_id: UUID) -> None:
        """Raises NotFound for one that is not the organisation's; one that has ended stays as it is."""
        require(actor, org, Role.ADMIN)
        found = [record for record in await self._invitations.of_org(org) if record.uid == invitation_id]
        if not found:
            raise NotFound("invitation")
        async with self._audit.change(actor, org, "invitation.revoke", found[0].note, invitation_id):
            await self._invitations.revoke(invitation_id, self._clock())

    async def look(self, code: str) -> InvitationView | None:
        """Uses nothing up. None for a code that lets nobody in."""
        record = await self._invitations.open(digest(code), self._clock())
        return InvitationView(record.org_name, record.role) if record else None

    async def accept_as_new(self, code: str, username: str, password: str, came_from: Visitor = NOWHERE) -> str:
        """Makes the account and the membership, uses the code up, and signs in: the session's token.

        Raises InvalidInput naming `username` or `password`, and Conflict for a name that is taken, using nothing up.
        """
        record = await self._open(code)
        username = checked_username(username)
        hashed = await self._passwords.hash(password, username)
        who = Actor(username, address=came_from.address)
        async with self._audit.change(who, record.org, "invitation.accept", username, record.uid) as entry:
            user = await self._people.add_user(username, hashed, admin=False, now=self._clock())
            await self._audit.note(who, None, "user.create", username)
            await self._use(record, user.id, username)
            entry.after = {"role": record.role.label}
        return await self._access.open_session(user, came_from)

    async def accept(self, actor: Actor, code: str) -> None:
        """Raises Conflict (`member_taken`) for a member of the organisation, using nothing up."""
        user_id, record = require_person(actor), await self._open(code)
        async with self._audit.change(actor, record.org, "invitation.accept", actor.name, record.uid) as entry:
            members = await self._people.members_to_change(record.org_id)
            if any(member.user_id == user_id for member in members):
                raise Conflict("member_taken", name=actor.name)
            await self._use(record, user_id, actor.name)
            entry.after = {"role": record.role.label}

    async def _open(self, code: str) -> InvitationRecord:
        record = await self._invitations.open(digest(code), self._clock())
        if record is None:
            raise Forbidden("invitation")
        return record

    async def _use(self, record: InvitationRecord, user_id: int, name: str) -> None:
        # Of several at once one finds it open; what the others did in their transactions is undone.
        if not await self._invitations.use(record.uid, name, self._clock()):
            raise Forbidden("invitation")
        await self._people.set_member(user_id, record.org_id, record.role)

    def _shown(self, record: InvitationRecord) -> Invitation:
        moments, ended = (record.created_at, record.expires_at), (record.used_at, record.used_by)
        return Invitation(
            record.uid, record.role, record.note, record.invited_by, *moments, self._state(record), *ended
        )

    def _state(self, record: InvitationRecord) -> InvitationState:
        if record.used_at:
            return InvitationState.USED
        if record.revoked_at:
            return InvitationState.REVOKED
        return InvitationState.EXPIRED if record.expires_at <= self._clock() else InvitationState.OPEN
