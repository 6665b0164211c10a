"""Who comes in by an identity provider, and what they may do here: what its groups say, each time anew."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from core.access.identity import NOWHERE, Access
from core.access.names import HALF_SPACE, NAME_MAX, checked_username
from core.access.oidc import OidcProvider, is_answer
from core.access.oidc_claims import ProviderClaims
from core.access.oidc_link import ProviderLink
from core.access.oidc_metadata import Discovery
from core.access.oidc_settings import OidcSettings, oidc_settings
from core.access.ports import Trail
from core.access.secrets_once import digest
from core.access.withdrawal import withdraw
from core.errors import Conflict, Forbidden, InvalidInput, RequestError, Unauthenticated
from core.models import Actor, Organisation, Role, Visitor
from core.safety.egress import EgressPolicy
from core.safety.names import ascii_name
from core.settings import Settings
from core.storage.database import Database
from core.storage.people import LOCAL, OIDC, UserRecord
from core.storage.people_records import PeopleRecords
from core.storage.sign_on import Membership, SignOnRepository

log = structlog.get_logger(__name__)

ATTEMPT = timedelta(minutes=10)
"""How long somebody may take at the provider."""
NAMESAKES_MAX = 9
NAMELESS = "user"


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a browser goes, and the secret by which it is known when it comes back."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedOn:
    """A new session's token, and where the person wanted to go."""

    token: str = field(repr=False)
    target: str


class SignOn:
    """Signing in and out by the provider that the settings name.

    A person is known by the provider's name for them (issuer and subject), never by a user name or an e-mail address:
    those may be chosen there, or be given on, and would hand a local account to whoever has them.
    """

    def __init__(
        self,
        settings: OidcSettings,
        provider: OidcProvider,
        records: SignOnRepository,
        people: PeopleRecords,
        access: Access,
        trail: Trail,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings, self._provider, self._records = settings, provider, records
        self._people, self._invitations = people.people, people.invitations
        self._access, self._trail, self._clock = access, trail, clock

    @property
    def host(self) -> str:
        """What people know the provider by."""
        return self._settings.host

    async def begin(self, target: str) -> Begun:
        """Raises ProviderUnavailable within a few seconds."""
        secret, url = await self._provider.begin()
        now = self._clock()
        await self._records.add_attempt(digest(secret), target, now, now + ATTEMPT)
        return Begun(url, secret)

    async def finish(self, secret: str | None, answer: Mapping[str, str], came_from: Visitor = NOWHERE) -> SignedOn:
        """Signs in whoever comes back with `answer`. `secret` is that of the browser, and good once.

        Raises Unauthenticated, Forbidden and ProviderUnavailable, with the sentence that says why.
        """
        if secret is None or not is_answer(secret, answer):
            raise Unauthenticated("sign_on_state")
        target = await self._records.use_attempt(digest(secret), self._clock())
        if target is None:
            raise Unauthenticated("sign_on_state")
        claims = await self._provider.finish(secret, answer)
        return SignedOn(await self._admitted(claims, came_from), target)

    async def leave(self, token: str | None, address: str | None = None) -> str | None:
        """Ends the session; where the browser goes to be signed out at the provider too, if it came from there."""
        method = await self._records.method_of(digest(token)) if token else None
        await self._access.sign_out(token, address)
        return await self._provider.farewell() if method == OIDC else None

    async def _admitted(self, claims: ProviderClaims, came_from: Visitor) -> str:
        user = await self._known(claims)
        try:
            self._require_domain(claims)
            user = await self._with_roles(user, claims, came_from)
        except RequestError as err:
            log.warning("oidc_sign_in_refused", reason=str(err))
            if user is not None:
                who = Actor(user.name, address=came_from.address)
                await self._trail.note(who, None, "session.refused", user.name, method=OIDC)
            raise
        return await self._access.open_session(user, came_from, OIDC)

    def _require_domain(self, claims: ProviderClaims) -> None:
        if not self._settings.domains:
            return
        if claims.email is None:
            raise Forbidden("sign_on_email")
        if _domain_of(claims.email) not in self._settings.domains:
            raise Forbidden("sign_on_domain")

    async def _with_roles(self, user: UserRecord | None, claims: ProviderClaims, came_from: Visitor) -> UserRecord:
        """Nobody without a role is let in, and of a stranger without one nothing is kept."""
        given = await self._given(claims)
        if user is None and not given:
            raise Forbidden("sign_on_no_role")
        user = user or await self._made(claims, came_from)
        if user.disabled_at is not None:
            raise Forbidden("sign_on_disabled")
        await self._bring(user, given, came_from)
        if not user.server_admin and not await self._people.roles_of(user.id):
            raise Forbidden("sign_on_no_role")
        return user

    async def _known(self, claims: ProviderClaims) -> UserRecord | None:
        user_id = await self._records.user_of(claims.issuer, claims.subject)
        return None if user_id is None else await self._people.user_of_id(user_id)

    async def _given(self, claims: ProviderClaims) -> dict[str, Role]:
        """The highest role that the groups give in each organisation there is."""
        present = {organisation.slug for organisation in await self._people.organisations()}
        given: dict[str, Role] = {}
        for rule in self._settings.roles:
            if rule.group in claims.groups and rule.org in present:
                given[rule.org] = max(rule.role, given.get(rule.org, rule.role))
        return given

    async def _made(self, claims: ProviderClaims, came_from: Visitor) -> UserRecord:
        for name in _names(claims.name):
            who = Actor(name, address=came_from.address)
            try:
                async with self._trail.change(who, None, "user.create", name) as entry:
                    user = await self._people.add_user(name, None, admin=False, now=self._clock())
                    await self._records.add_identity(claims.issuer, claims.subject, user.id, self._clock())
                    entry.after = {"server_admin": False, "issuer": claims.issuer}
                return user
            except Conflict:
                # A namesake, or the same person in another tab at this very moment.
                if (known := await self._known(claims)) is not None:
                    return known
        raise Conflict("user_taken", name=claims.name)

    async def _bring(self, user: UserRecord, given: Mapping[str, Role], came_from: Visitor) -> None:
        """Memberships that came from groups become what the groups say now; those given here stay."""
        who = Actor(user.name, user_id=user.id, address=came_from.address)
        async with self._records.together():
            slugs = given.keys() | (await self._people.roles_of(user.id)).keys()
            touched = [each for each in await self._people.organisations() if each.slug in slugs]
            held = await self._records.memberships_to_change(user.id, [each.id for each in touched])
            for organisation in touched:
                await self._bring_one(who, organisation, held.get(organisation.id), given.get(organisation.slug))

    async def _bring_one(
        self, who: Actor, organisation: Organisation, held: Membership | None, given: Role | None
    ) -> None:
        before = None if held is None else held.role
        if before == given or who.user_id is None or (held is not None and held.origin == LOCAL):
            return
        action = "member.add" if before is None else "member.remove" if given is None else "member.role"
        async with self._trail.change(who, organisation.slug, action, who.name) as entry:
            if given is not Role.ADMIN:
                await withdraw(self._invitations, self._trail, who, who.name, self._clock(), organisation.slug)
            if given is None:
                await self._people.remove_member(who.user_id, organisation.id)
            else:
                await self._people.set_member(who.user_id, organisation.id, given, OIDC)
            entry.before, entry.after = _told(before), _told(given)


def sign_on_of(
    settings: Settings, database: Database, access: Access, trail: Trail, egress: EgressPolicy
) -> SignOn | None:
    """None where no provider is configured. Asks nobody, and imports no library of its own."""
    found = oidc_settings(settings)
    if found is None:
        return None
    link = ProviderLink(egress)
    provider = OidcProvider(found, link, Discovery(link, found.issuer))
    return SignOn(found, provider, SignOnRepository(database), PeopleRecords.of(database), access, trail)


def _told(role: Role | None) -> dict[str, str] | None:
    return None if role is None else {"role": role.label, "origin": OIDC}


def _domain_of(email: str) -> str:
    try:
        return ascii_name(email.rpartition("@")[2]).lower()
    except UnicodeError:
        return ""


def _names(wanted: str) -> Iterator[str]:
    """As the provider has it, made fit to be shown; with a number behind it where somebody else is called so."""
    shown = "".join(letter for letter in wanted if letter.isprintable() or letter == HALF_SPACE)
    try:
        name = checked_username(shown[: NAME_MAX - 10])
    except (InvalidInput, Conflict):
        name = NAMELESS
    yield name
    yield from (f"{name} ({number})" for number in range(2, NAMESAKES_MAX + 1))
    yield f"{name} ({secrets.token_hex(3)})"
