"""Bearer tokens of programs: made, listed and revoked by administrators."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from core.access.names import checked_name, wrong
from core.access.secrets_once import TOKEN_PREFIX, digest, new_secret
from core.errors import Conflict, NotFound
from core.folding import fold
from core.models import Actor, FieldError, Message, Role
from core.services.audit import Audit
from core.services.named import organisation_named
from core.services.rights import require, require_server_admin
from core.storage.people_records import PeopleRecords
from core.storage.tokens import TokenRecord

DAYS_MAX = 3650
METRICS = "metrics"
"""The scope of a token that a monitoring system reads figures with."""
SCOPES = frozenset({METRICS})


class TokenState(StrEnum):
    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token without its secret, which nobody can look up; `role` is None where it only has scopes.

    `last_used_at` may be a minute behind; `created_by` is None for one of before that was kept.
    """

    id: UUID
    name: str
    role: Role | None
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    state: TokenState
    created_by: str | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token at the only moment at which its secret is known."""

    id: UUID
    token: str = field(repr=False)
    org: str | None
    role: Role | None
    scopes: frozenset[str]
    expires_at: datetime


class Tokens:
    """Every method raises NotFound for a foreign organisation and Forbidden for anyone but its administrators.

    `org` None means tokens over all organisations, which read metrics: server administrators keep those.
    """

    def __init__(
        self, records: PeopleRecords, audit: Audit, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._people, self._tokens = records.people, records.tokens
        self._audit, self._clock = audit, clock

    async def list(self, actor: Actor, org: str | None) -> tuple[Token, ...]:
        """The newest first; ended ones too."""
        _require(actor, org)
        return tuple(map(self._token, await self._tokens.of_org(org)))

    async def create(
        self, actor: Actor, org: str | None, name: str, role: Role | None, scopes: frozenset[str], days: int
    ) -> NewToken:
        """For one organisation with a role or a scope there, or without either for the metrics of all of them.

        Raises InvalidInput naming `days`, `scope`, `role` or `name`, Conflict (`token_taken`) for a valid one's name:
        what a program keeps, its drafts and runs for instance, is kept for the name.
        """
        _require(actor, org)
        uid, scopes = uuid4(), _scopes(org, role, scopes, days)
        name = checked_name("name", name) if name else f"token-{uid.hex[:8]}"
        organisation = await organisation_named(self._people, org) if org is not None else None
        secret, now = new_secret(TOKEN_PREFIX), self._clock()
        record = TokenRecord(uid, name, org, role, scopes, now, now + timedelta(days=days), created_by=actor.name)
        async with self._audit.change(actor, org, "token.create", name, record.uid) as entry:
            await self._refuse_taken(org, name)
            await self._tokens.add(digest(secret), organisation.id if organisation else None, record)
            held = {"role": role.label} if role else {}
            entry.after = {**held, "scopes": sorted(scopes), "expires_at": record.expires_at.isoformat()}
        return NewToken(record.uid, secret, org, role, scopes, record.expires_at)

    async def revoke(self, actor: Actor, org: str | None, token_id: UUID) -> None:
        """Acts at the token's next request. Raises NotFound for one that is not the organisation's."""
        _require(actor, org)
        found = [record for record in await self._tokens.of_org(org) if record.uid == token_id]
        if not found:
            raise NotFound("token")
        if found[0].revoked_at is None:
            async with self._audit.change(actor, org, "token.revoke", found[0].name, token_id):
                await self._tokens.revoke(token_id, self._clock())

    async def _refuse_taken(self, org: str | None, name: str) -> None:
        others = map(self._token, await self._tokens.of_org(org))
        if any(other.state is TokenState.VALID and fold(other.name) == fold(name) for other in others):
            taken = FieldError("name", Message("error.conflict.token_taken", {"name": name}))
            raise Conflict("token_taken", name=name, fields=(taken,))

    def _token(self, record: TokenRecord) -> Token:
        ended = record.expires_at <= self._clock()
        state = TokenState.REVOKED if record.revoked_at else TokenState.EXPIRED if ended else TokenState.VALID
        moments = record.created_at, record.expires_at
        held = record.name, record.role, tuple(sorted(record.scopes))
        return Token(record.uid, *held, *moments, state, record.created_by, record.last_used_at)


def _require(actor: Actor, org: str | None) -> None:
    if org is None:
        require_server_admin(actor)
    else:
        require(actor, org, Role.ADMIN)


def _scopes(org: str | None, role: Role | None, scopes: frozenset[str], days: int) -> frozenset[str]:
    if not 1 <= days <= DAYS_MAX:
        raise wrong("days", "field.range", min=1, max=DAYS_MAX)
    if scopes - SCOPES:
        raise wrong("scope", "field.choice", choices=", ".join(sorted(SCOPES)))
    if (role is not None) if org is None else not (role or scopes):
        raise wrong("role", "field.token_role")
    return scopes if org is not None else frozenset({METRICS})
