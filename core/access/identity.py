"""Signing in, and turning a session's or a token's secret into an actor with roles."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from uuid import uuid4

from core.access.names import COMMAND_LINE, START, TOKEN_MARK, TYPED_MAX, checked_name, checked_slug, checked_username
from core.access.passwords import Passwords
from core.access.ports import AddressLimit, NoAddressLimit, NoUses, Trail, Uses
from core.access.secrets_once import TOKEN_PREFIX, digest, new_secret
from core.access.throttle import Throttle
from core.errors import Conflict, Forbidden, NotFound, Unauthenticated
from core.models import Actor, Organisation, Role, Visitor
from core.storage.people import UserRecord
from core.storage.people_records import PeopleRecords
from core.storage.sessions import SessionRecord

FIRST_ORG = "main"
DEMO_ORG = "demo"
ADDRESS_MAX, AGENT_MAX = 64, 200
NOWHERE = Visitor()


class Access:
    """Who comes in: people with passwords and sessions, programs with tokens, the first administrator by a link."""

    def __init__(
        self,
        records: PeopleRecords,
        trail: Trail,
        *,
        session_hours: float = 12,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        passwords: Passwords | None = None,
        throttle: Throttle | None = None,
        uses: Uses | None = None,
        address_limit: AddressLimit | None = None,
    ) -> None:
        self._people, self._sessions, self._tokens = records.people, records.sessions, records.tokens
        self._links, self._trail, self._clock = records.links, trail, clock
        self._hours = timedelta(hours=session_hours)
        self._passwords, self._throttle = passwords or Passwords(), throttle or Throttle()
        self._uses, self._address_limit = uses or NoUses(), address_limit or NoAddressLimit()

    async def sign_in(self, name: str, password: str, came_from: Visitor = NOWHERE) -> str:
        """A new session's token. Raises Unauthenticated, the same for an unknown name, a wrong password and a disabled
        person; TooManyRequests after many failures."""
        self._address_limit.admit(came_from.address)
        # Cut once for both: else one account would be counted under many names.
        name = name[:TYPED_MAX]
        attempt = self._throttle.attempt(name, came_from.address)
        user = await self._people.user(name)
        right = await self._passwords.matches(password, user.password_hash if user else None)
        if user is None or not right or user.disabled_at is not None:
            self._address_limit.failed(came_from.address)
            await self._note_refusal(user, came_from)
            raise Unauthenticated("sign_in_failed")
        attempt.succeeded()
        return await self.open_session(user, came_from, shown=user.password_hash)

    async def open_session(
        self, user: UserRecord, came_from: Visitor = NOWHERE, method: str = "password", *, shown: str | None = None
    ) -> str:
        """A session's token for somebody who has shown who they are, by `method`.

        Raises Unauthenticated where they were disabled meanwhile, or have another password than the one of the hash
        `shown`: whoever ends a person's sessions ends those that are just beginning too.
        """
        token, now = new_secret(), self._clock()
        address, agent = (came_from.address or "")[:ADDRESS_MAX], _shown(came_from.agent)
        record = SessionRecord(uuid4(), user.id, now, now + self._hours, address or None, agent, now, method)
        who = Actor(user.name, address=came_from.address)
        async with self._trail.change(who, None, "session.open", user.name) as entry:
            entry.after = {"method": method}
            present = await self._people.held(user.id)
            if present is None or present.disabled_at or (shown is not None and present.password_hash != shown):
                raise Unauthenticated("sign_in_failed")
            await self._sessions.add(digest(token), record)
        self._throttle.knows(user.name, came_from.address)
        return token

    async def sign_out(self, token: str | None, address: str | None = None) -> None:
        actor = await self.actor_of_session(token, address)
        if actor is None or actor.user_id is None or actor.session_id is None:
            return
        async with self._trail.change(actor, None, "session.end", actor.name, actor.session_id):
            await self._sessions.end(actor.user_id, actor.session_id)

    async def actor_of_session(self, token: str | None, address: str | None = None) -> Actor | None:
        """Asked anew at every request: roles and sessions may have ended meanwhile. `address` is the request's."""
        found = await self._sessions.user(digest(token), self._clock()) if token else None
        if found is None:
            return None
        session_id, user = found
        self._uses.session(session_id)
        roles = MappingProxyType(await self._people.roles_of(user.id))
        return Actor(user.name, roles, user.id, user.server_admin, address=address, session_id=session_id)

    async def actor_of_token(self, bearer: str, address: str | None = None) -> Actor | None:
        """None for an unknown, expired or revoked token."""
        record = await self._tokens.find(digest(bearer)) if bearer.startswith(TOKEN_PREFIX) else None
        if record is None or record.revoked_at or record.expires_at <= self._clock():
            return None
        self._uses.token(record.uid)
        roles = MappingProxyType({record.org: record.role} if record.org and record.role else {})
        return Actor(f"{TOKEN_MARK}{record.name}", roles, scopes=record.scopes, scoped_to=record.org, address=address)

    async def local_actor(self) -> Actor:
        """The command line of the user who owns the data directory: admin everywhere."""
        roles = {org.slug: Role.ADMIN for org in await self._people.organisations()}
        return Actor(COMMAND_LINE, MappingProxyType(roles), server_admin=True)

    async def organisations_of(self, actor: Actor) -> tuple[Organisation, ...]:
        return tuple(org for org in await self._people.organisations() if org.slug in actor.roles)

    async def ensure_organisation(self, slug: str, name: str) -> Organisation:
        """At a start, before anybody is there: the organisation exists afterwards."""
        found = await self._people.organisation(slug)
        if found is None:
            try:
                name = checked_name("name", name)
                return await self._people.add_organisation(checked_slug(slug), name, self._clock())
            except Conflict:  # another process made it in this very moment
                found = await self._people.organisation(slug)
        assert found is not None  # noqa: S101 - an organisation is never deleted
        return found

    async def has_administrator_password(self) -> bool:
        return await self._people.administrators_with_password() > 0

    async def set_administrator_password(self, password: str, name: str = "admin") -> None:
        """For containers, at every start: the administrator exists afterwards, and has this password if it is news.

        A password that was set here before changes nothing: who has chosen another one since keeps it, and the
        sessions go on. Another one ends them, and lets in who was disabled.
        """
        user = await self._people.user(name)
        set_before = None if user is None else user.file_password_hash or user.password_hash
        if user is None or not (user.server_admin and await self._passwords.matches(password, set_before)):
            await self._put_administrator(name, password)
        elif user.file_password_hash is None and set_before is not None:
            await self._people.remember_file(user.id, set_before)

    async def new_setup_code(self, hours: float = 24) -> str:
        code, now = new_secret(), self._clock()
        await self._links.add_setup(digest(code), now, now + timedelta(hours=hours))
        return code

    async def setup_code_valid(self, code: str) -> bool:
        return await self._links.setup_open(digest(code), self._clock())

    async def complete_setup(
        self, code: str, username: str, password: str, org_name: str | None, came_from: Visitor = NOWHERE
    ) -> str:
        """Uses up the code and signs the administrator in: the session's token.

        Raises Forbidden for a code that is unknown, old or used, InvalidInput and Conflict before using it up.
        """
        if not await self.setup_code_valid(code):
            raise Forbidden("setup_code")
        username, org_name = checked_username(username), checked_name("org_name", org_name or FIRST_ORG)
        await self._refuse_ordinary(username)
        hashed = await self._passwords.hash(password, username)
        who = Actor(username, address=came_from.address)
        async with self._trail.change(who, None, "setup.complete", username):
            if not await self._links.use_setup(digest(code), self._clock()):
                raise Forbidden("setup_code")
            user = await self._store_administrator(username, hashed)
            await self._settle_administrator(user, org_name)
        return await self.open_session(user, came_from)

    async def _refuse_ordinary(self, username: str) -> None:
        user = await self._people.user(username)
        if user is not None and not user.server_admin:
            raise Conflict("user_taken", name=username)

    async def _put_administrator(self, name: str, password: str) -> None:
        name = checked_username(name)
        hashed = await self._passwords.hash(password, name)
        async with self._trail.change(Actor(START), None, "setup.password_file", name):
            user = await self._store_administrator(name, hashed)
            await self._people.remember_file(user.id, hashed)
            await self._settle_administrator(user, FIRST_ORG)

    async def _store_administrator(self, name: str, hashed: str) -> UserRecord:
        await self._links.end_setup()
        user = await self._people.user(name)
        if user is None:
            try:
                return await self._people.add_user(name, hashed, admin=True, now=self._clock())
            except Conflict:  # another process that starts with the same password file
                user = await self._people.user(name)
        if user is None:
            raise NotFound("user", name=name)
        await self._people.make_administrator(user.id, hashed)
        await self._links.end_passwords(user.id)
        return user

    async def _settle_administrator(self, user: UserRecord, org_name: str) -> None:
        """A member of what is there for whoever comes first; with other organisations alone they would see nothing."""
        firsts = [each for each in await self._people.organisations() if each.slug in (FIRST_ORG, DEMO_ORG)]
        for organisation in firsts or [await self.ensure_organisation(FIRST_ORG, org_name)]:
            await self._people.set_member(user.id, organisation.id, Role.ADMIN)

    async def _note_refusal(self, user: UserRecord | None, came_from: Visitor) -> None:
        """Of a name that nobody has nothing is written: it may be a password, typed into the wrong field."""
        if not self._throttle.worth_a_line(came_from.address):
            return
        name = user.name if user else ""
        await self._trail.note(Actor(name, address=came_from.address), None, "session.refused", name)


def _shown(agent: str | None) -> str | None:
    text = "".join(letter for letter in (agent or "")[:AGENT_MAX] if letter.isprintable())
    return text or None
