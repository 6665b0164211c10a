"""People's own accounts and sessions, and for server administrators everybody's, and the organisations."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from core.access.identity import NOWHERE, Access
from core.access.names import checked_name, checked_slug, checked_username, wrong
from core.access.passwords import Passwords
from core.access.secrets_once import digest, new_secret
from core.access.throttle import Throttle
from core.access.withdrawal import withdraw
from core.errors import Conflict, Forbidden, NotFound, Unauthenticated
from core.i18n.collation import name_key
from core.models import Actor, Organisation, Role, Visitor
from core.services.audit import Audit
from core.services.named import user_named
from core.services.rights import require_person, require_server_admin
from core.storage.people import UserRecord
from core.storage.people_records import PeopleRecords
from core.storage.sessions import SessionRecord

LINK_HOURS = 24
PASSWORD_PATH = "/session/password"  # noqa: S105 - an address


@dataclass(frozen=True, slots=True)
class Membership:
    org: str
    org_name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Account:
    """Oneself. Without a password one comes in by an identity provider alone."""

    name: str
    server_admin: bool
    has_password: bool
    memberships: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that lasts. `address` and `agent` are those of the sign-in; `seen_at` may be a minute behind.

    `method` is `password`, or `oidc` for an identity provider.
    """

    id: UUID
    created_at: datetime
    expires_at: datetime
    seen_at: datetime
    address: str | None
    agent: str | None
    current: bool
    method: str = "password"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody as server administrators see them: no organisation is told."""

    name: str
    server_admin: bool
    has_password: bool
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """A link to a new password at the only moment at which its code is known."""

    name: str
    code: str = field(repr=False)
    expires_at: datetime

    @property
    def path(self) -> str:
        """What follows the dashboard's origin in the link."""
        return f"{PASSWORD_PATH}?code={self.code}"


class Accounts:
    """One's own: Forbidden (`person`) for tokens and the command line. Everybody's: Forbidden (`server_admin`)."""

    def __init__(
        self,
        records: PeopleRecords,
        access: Access,
        passwords: Passwords,
        throttle: Throttle,
        audit: Audit,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._people, self._sessions, self._links = records.people, records.sessions, records.links
        self._invitations = records.invitations
        self._access, self._passwords, self._throttle = access, passwords, throttle
        self._audit, self._clock = audit, clock

    async def me(self, actor: Actor) -> Account:
        user = await self._myself(actor)
        organisations = await self._access.organisations_of(actor)
        memberships = tuple(Membership(org.slug, org.name, actor.roles[org.slug]) for org in organisations)
        return Account(user.name, user.server_admin, user.password_hash is not None, memberships)

    async def change_password(self, actor: Actor, old: str, new: str, keep_session: UUID | None = None) -> None:
        """Ends the person's sessions but `keep_session`, mostly the actor's `session_id`.

        Raises InvalidInput naming `old_password` or `password`, TooManyRequests after many wrong old ones.
        """
        user = await self._myself(actor)
        attempt = self._throttle.attempt(user.name, actor.address)
        if not await self._passwords.matches(old, user.password_hash):
            raise wrong("old_password", "field.old_password")
        attempt.succeeded()
        hashed = await self._passwords.hash(new, user.name)
        async with self._audit.change(actor, None, "password.change", user.name):
            await self._replace_password(user, hashed, keep_session)

    async def sessions(self, actor: Actor) -> tuple[Session, ...]:
        """One's own that last, the newest first."""
        found = await self._sessions.of_user(require_person(actor), self._clock())
        return tuple(_session(record, actor) for record in found)

    async def end_session(self, actor: Actor, session_id: UUID) -> None:
        """Acts at that browser's next request. Raises NotFound for one that is not one's own."""
        user_id = require_person(actor)
        async with self._audit.change(actor, None, "session.end", actor.name, session_id):
            if not await self._sessions.end(user_id, session_id):
                raise NotFound("session")

    async def end_other_sessions(self, actor: Actor, keep: UUID | None) -> int:
        """All but `keep`, mostly the actor's `session_id`; how many they were."""
        user_id = require_person(actor)
        async with self._audit.change(actor, None, "session.end_others", actor.name) as entry:
            ended = await self._sessions.end_all(user_id, keep)
            entry.after = {"ended": ended}
        return ended

    async def users(self, actor: Actor) -> tuple[User, ...]:
        """By name."""
        require_server_admin(actor)
        return tuple(sorted(map(_user, await self._people.users()), key=lambda user: name_key(user.name)))

    async def add_user(self, actor: Actor, name: str, password: str | None, admin: bool = False) -> None:
        """Without a password only a link (`new_password_link`) or an identity provider lets the person in.

        Raises InvalidInput naming `username` or `password`, Conflict for a name that is taken.
        """
        require_server_admin(actor)
        name = checked_username(name)
        hashed = await self._passwords.hash(password, name) if password is not None else None
        async with self._audit.change(actor, None, "user.create", name) as entry:
            await self._people.add_user(name, hashed, admin=admin, now=self._clock())
            if admin and hashed is not None:
                await self._links.end_setup()
            entry.after = {"server_admin": admin}

    async def disable(self, actor: Actor, name: str) -> None:
        """Ends the person's sessions and invitations; signing in is refused as if the password were wrong.

        With a server administrator go all links to new passwords: who made one may have kept it, to come back by.
        Raises NotFound, Conflict (`last_server_admin`) for the last one who could sign in.
        """
        require_server_admin(actor)
        user = await user_named(self._people, name)
        async with self._audit.change(actor, None, "user.disable", user.name):
            await self._people.lock_users()
            await self._people.set_disabled(user.id, self._clock())
            await withdraw(self._invitations, self._audit, actor, user.name, self._clock())
            await self._sessions.end_all(user.id)
            await self._links.end_passwords(None if user.server_admin else user.id)
            if user.server_admin and not await self._people.administrators_with_password():
                raise Conflict("last_server_admin", name=user.name)

    async def enable(self, actor: Actor, name: str) -> None:
        """Raises NotFound."""
        require_server_admin(actor)
        user = await user_named(self._people, name)
        async with self._audit.change(actor, None, "user.enable", user.name):
            await self._people.set_disabled(user.id, None)

    async def new_password_link(self, actor: Actor, name: str) -> PasswordLink:
        """Good for 24 hours and once; an earlier one of the person's stops working. Raises NotFound."""
        require_server_admin(actor)
        user, code, now = await user_named(self._people, name), new_secret(), self._clock()
        expires_at = now + timedelta(hours=LINK_HOURS)
        async with self._audit.change(actor, None, "password.link", user.name) as entry:
            await self._links.put_password(user.id, digest(code), now, expires_at)
            entry.after = {"expires_at": expires_at.isoformat()}
        return PasswordLink(user.name, code, expires_at)

    async def organisations(self, actor: Actor) -> tuple[Organisation, ...]:
        """All of them, in the order of their creation."""
        require_server_admin(actor)
        return await self._people.organisations()

    async def add_organisation(self, actor: Actor, slug: str, name: str) -> Organisation:
        """Raises InvalidInput naming `slug` or `name`, Conflict for a slug that is taken."""
        require_server_admin(actor)
        slug, name = checked_slug(slug), checked_name("name", name)
        async with self._audit.change(actor, None, "organisation.create", slug) as entry:
            organisation = await self._people.add_organisation(slug, name, self._clock())
            entry.after = {"name": name}
        return organisation

    async def look_at_link(self, code: str) -> str | None:
        """For whom a link to a new password is. Uses nothing up; None for one that lets nobody in."""
        user = await self._links.password_of(digest(code), self._clock())
        return user.name if user else None

    async def use_link(self, code: str, password: str, came_from: Visitor = NOWHERE) -> str:
        """Sets the password, ends the person's sessions, uses the link up, and signs in: the session's token.

        Raises Forbidden for a code that is unknown, old or used, InvalidInput before using it up.
        """
        user = await self._links.password_of(digest(code), self._clock())
        if user is None:
            raise Forbidden("password_code")
        hashed = await self._passwords.hash(password, user.name)
        async with self._audit.change(Actor(user.name, address=came_from.address), None, "password.set", user.name):
            if not await self._links.use_password(digest(code), self._clock()):
                raise Forbidden("password_code")
            await self._replace_password(user, hashed, None)
        return await self._access.open_session(user, came_from)

    async def _replace_password(self, user: UserRecord, hashed: str, keep_session: UUID | None) -> None:
        await self._people.set_password(user.id, hashed)
        await self._links.end_passwords(user.id)
        if user.server_admin:
            await self._links.end_setup()
        await self._sessions.end_all(user.id, keep_session)

    async def _myself(self, actor: Actor) -> UserRecord:
        user = await self._people.user_of_id(require_person(actor))
        if user is None or user.disabled_at is not None:
            raise Unauthenticated("needed")
        return user


def _session(record: SessionRecord, actor: Actor) -> Session:
    moments = record.created_at, record.expires_at, record.seen_at or record.created_at
    return Session(record.uid, *moments, record.address, record.agent, record.uid == actor.session_id, record.method)


def _user(record: UserRecord) -> User:
    return User(record.name, record.server_admin, record.password_hash is not None, record.disabled_at)
