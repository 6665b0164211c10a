"""Signing in, and turning a session's or a token's secret into an actor with roles."""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from uuid import UUID, uuid4

from core.access.passwords import Passwords
from core.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from core.models import Actor, FieldError, Message, Organisation, Role
from core.storage.folding import fold
from core.storage.people import PeopleRepository, TokenRecord, UserRecord

TOKEN_PREFIX = "chsh_"  # noqa: S105 - a prefix that scanners for leaked secrets can recognise
SECRET_BYTES = 32
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
NAME_MAX = 100
HALF_SPACE = "\u200c"
FIRST_ORG = "main"
DEMO_ORG = "demo"
DAYS_MAX = 3650
METRICS = "metrics"
"""The scope of a token that a monitoring system reads figures with."""
SCOPES = frozenset({METRICS})


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token at the only moment at which its secret is known."""

    id: UUID
    token: str = field(repr=False)
    org: str | None
    role: Role | None
    scopes: frozenset[str]
    expires_at: datetime


class Access:
    """People, organisations, sessions and tokens."""

    def __init__(
        self,
        people: PeopleRepository,
        *,
        session_hours: float = 12,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        passwords: Passwords | None = None,
    ) -> None:
        self._people, self._clock = people, clock
        self._session = timedelta(hours=session_hours)
        self._passwords = passwords or Passwords()

    async def sign_in(self, name: str, password: str) -> str:
        """A new session's token. Raises Unauthenticated, the same for an unknown name and a wrong password."""
        user = await self._people.user(name)
        if not await self._passwords.matches(password, user.password_hash if user else None) or user is None:
            raise Unauthenticated("sign_in_failed")
        return await self._open_session(user)

    async def sign_out(self, token: str | None) -> None:
        if token:
            await self._people.end_session(_digest(token))

    async def actor_of_session(self, token: str | None) -> Actor | None:
        """Asked anew at every request: roles and sessions may have ended meanwhile."""
        user = await self._people.session_user(_digest(token), self._clock()) if token else None
        if user is None:
            return None
        roles = await self._people.roles_of(user.id)
        return Actor(user.name, MappingProxyType(roles), user.id, user.server_admin)

    async def actor_of_token(self, bearer: str) -> Actor | None:
        """None for an unknown, expired or revoked token."""
        record = await self._people.token(_digest(bearer)) if bearer.startswith(TOKEN_PREFIX) else None
        if record is None or record.revoked_at or record.expires_at <= self._clock():
            return None
        roles = {record.org: record.role} if record.org and record.role else {}
        name = f"token:{record.name}"
        return Actor(name, MappingProxyType(roles), scopes=record.scopes, scoped_to=record.org)

    async def local_actor(self) -> Actor:
        """The command line of the user who owns the data directory: admin everywhere."""
        roles = {org.slug: Role.ADMIN for org in await self._people.organisations()}
        return Actor("command line", MappingProxyType(roles), server_admin=True)

    async def organisations_of(self, actor: Actor) -> tuple[Organisation, ...]:
        return tuple(org for org in await self._people.organisations() if org.slug in actor.roles)

    async def organisations(self) -> tuple[Organisation, ...]:
        return await self._people.organisations()

    async def add_organisation(self, slug: str, name: str) -> Organisation:
        """Raises InvalidInput naming `slug` or `name`, Conflict for a slug that is taken."""
        if not SLUG.fullmatch(slug):
            raise _wrong("slug", "field.slug")
        return await self._people.add_organisation(slug, _name("name", name), self._clock())

    async def ensure_organisation(self, slug: str, name: str) -> Organisation:
        try:
            return await self._people.organisation(slug) or await self.add_organisation(slug, name)
        except Conflict:  # another process made it in this very moment
            return await self._organisation(slug)

    async def add_user(self, name: str, password: str | None, *, admin: bool = False) -> None:
        """Raises InvalidInput naming `username` or `password`, Conflict for a name that is taken."""
        hashed = await self._passwords.hash(password) if password is not None else None
        await self._people.add_user(_name("username", name), hashed, admin=admin, now=self._clock())

    async def set_member(self, slug: str, name: str, role: Role) -> None:
        """Raises NotFound for an unknown organisation or user."""
        await self._people.set_member((await self._user(name)).id, (await self._organisation(slug)).id, role)

    async def members(self, slug: str) -> tuple[tuple[str, Role], ...]:
        """Names and roles. Raises NotFound for an unknown organisation."""
        return await self._people.members((await self._organisation(slug)).id)

    async def add_token(
        self, org: str | None, role: Role | None, scopes: frozenset[str], days: int, name: str = ""
    ) -> NewToken:
        """A token for one organisation with a role or a scope there, or without either for the metrics of all of them.

        Raises NotFound for an unknown organisation, InvalidInput naming `days`, `scope`, `role` or `name`.
        """
        scopes = _scopes(org, role, scopes, days)
        name = _name("name", name) if name else "token"
        organisation = await self._organisation(org) if org else None
        now, secret = self._clock(), TOKEN_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        record = TokenRecord(uuid4(), name, org, role, scopes, now, now + timedelta(days=days), None)
        await self._people.add_token(_digest(secret), organisation.id if organisation else None, record)
        return NewToken(record.uid, secret, org, role, scopes, record.expires_at)

    async def tokens(self) -> tuple[TokenRecord, ...]:
        return await self._people.tokens()

    async def revoke_token(self, token_id: UUID) -> None:
        """Raises NotFound."""
        if not await self._people.revoke_token(token_id, self._clock()):
            raise NotFound("token")

    async def has_administrator_password(self) -> bool:
        return await self._people.administrators_with_password() > 0

    async def set_administrator_password(self, password: str, name: str = "admin") -> None:
        """For containers: the administrator exists afterwards and has this password. A changed one ends sessions."""
        user = await self._people.user(name)
        # At every start of a container: a password that has not changed must not end the sessions.
        if not (user and user.server_admin and await self._passwords.matches(password, user.password_hash)):
            await self._put_administrator(name, password)

    async def new_setup_code(self, hours: float = 24) -> str:
        code, now = secrets.token_urlsafe(SECRET_BYTES), self._clock()
        await self._people.add_setup_link(_digest(code), now, now + timedelta(hours=hours))
        return code

    async def setup_code_valid(self, code: str) -> bool:
        return await self._people.setup_link_open(_digest(code), self._clock())

    async def complete_setup(self, code: str, username: str, password: str, org_name: str | None) -> str:
        """Uses up the code and signs the administrator in: the session's token.

        Raises Forbidden for a code that is unknown, old or used, InvalidInput and Conflict before using it up.
        """
        if not await self.setup_code_valid(code):
            raise Forbidden("setup_code")
        await self._refuse_ordinary(username)
        hashed = await self._passwords.hash(password)
        username, org_name = _name("username", username), _name("org_name", org_name or FIRST_ORG)
        if not await self._people.use_setup_link(_digest(code), self._clock()):
            raise Forbidden("setup_code")
        user = await self._store_administrator(username, hashed)
        await self._settle_administrator(user, org_name)
        return await self._open_session(user)

    async def _refuse_ordinary(self, username: str) -> None:
        user = await self._people.user(username)
        if user is not None and not user.server_admin:
            raise Conflict("user_taken", name=username)

    async def _put_administrator(self, name: str, password: str) -> None:
        user = await self._store_administrator(_name("username", name), await self._passwords.hash(password))
        await self._settle_administrator(user, FIRST_ORG)

    async def _store_administrator(self, name: str, hashed: str) -> UserRecord:
        user = await self._people.user(name)
        if user is None:
            try:
                return await self._people.add_user(name, hashed, admin=True, now=self._clock())
            except Conflict:  # another process that starts with the same password file
                user = await self._user(name)
        await self._people.make_administrator(user.id, hashed)
        return user

    async def _settle_administrator(self, user: UserRecord, org_name: str) -> None:
        organisations = await self._people.organisations()
        if not organisations:
            organisations = (await self.ensure_organisation(FIRST_ORG, org_name),)
        for organisation in organisations:
            if organisation.slug in (FIRST_ORG, DEMO_ORG):
                await self._people.set_member(user.id, organisation.id, Role.ADMIN)

    async def _open_session(self, user: UserRecord) -> str:
        token, now = secrets.token_urlsafe(SECRET_BYTES), self._clock()
        await self._people.add_session(_digest(token), user.id, now, now + self._session)
        return token

    async def _organisation(self, slug: str) -> Organisation:
        organisation = await self._people.organisation(slug)
        if organisation is None:
            raise NotFound("organisation", name=slug)
        return organisation

    async def _user(self, name: str) -> UserRecord:
        user = await self._people.user(name)
        if user is None:
            raise NotFound("user", name=name)
        return user


def _digest(secret: str) -> str:
    # A fast hash suffices: what is hashed here has 256 random bits, unlike a password.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _scopes(org: str | None, role: Role | None, scopes: frozenset[str], days: int) -> frozenset[str]:
    if not 1 <= days <= DAYS_MAX:
        raise _wrong("days", "field.range", min=1, max=DAYS_MAX)
    if scopes - SCOPES:
        raise _wrong("scope", "field.choice", choices=", ".join(sorted(SCOPES)))
    if (role is not None) if org is None else not (role or scopes):
        raise _wrong("role", "field.token_role")
    return scopes if org else frozenset({METRICS})


def _name(label: str, text: str) -> str:
    name = " ".join(text.split())
    # Persian words hold half-spaces, which count as unprintable.
    if not fold(name) or len(name) > NAME_MAX or not name.replace(HALF_SPACE, "").isprintable():
        raise _wrong(label, "field.name", max=NAME_MAX)
    return name


def _wrong(label: str, key: str, **arguments: object) -> InvalidInput:
    return InvalidInput(fields=(FieldError(label, Message(key, arguments)),))
