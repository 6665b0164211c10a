"""What an organisation's administrators look up: its people, its tokens, and the system that serves it. Reads only."""

import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from uuid import UUID

from core import __version__
from core.access.identity import Access
from core.models import Actor, Role
from core.services.rights import require
from core.settings import Settings
from core.storage.installation import InstallationRepository
from core.storage.people import TokenRecord

PROGRAM, INTERFACE = "cheshmeh", "streamlit"


class TokenState(StrEnum):
    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token without its secret, which nobody can look up; `role` is None where it only has scopes."""

    id: UUID
    name: str
    role: Role | None
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    state: TokenState


@dataclass(frozen=True, slots=True)
class SystemState:
    """The running process; `database` is the backend's name, `versions` are of programs by name."""

    database: str
    migration: str
    data_dir: str
    versions: dict[str, str]
    kinds: tuple[str, ...]
    started_at: datetime


class Administration:
    """Every method raises NotFound for a foreign organisation and Forbidden for anyone but its administrators."""

    def __init__(
        self,
        access: Access,
        installation: InstallationRepository,
        settings: Settings,
        kinds: Iterable[str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._access, self._installation, self._settings = access, installation, settings
        self._kinds, self._clock = tuple(kinds), clock
        self._started_at = clock()

    async def members(self, actor: Actor, org: str) -> tuple[Member, ...]:
        """By name."""
        require(actor, org, Role.ADMIN)
        return tuple(Member(name, role) for name, role in await self._access.members(org))

    async def tokens(self, actor: Actor, org: str) -> tuple[Token, ...]:
        """The organisation's own, the newest first; ended ones too."""
        require(actor, org, Role.ADMIN)
        found = [self._token(record) for record in await self._access.tokens() if record.org == org]
        return tuple(sorted(found, key=lambda token: token.created_at, reverse=True))

    async def system(self, actor: Actor, org: str) -> SystemState:
        require(actor, org, Role.ADMIN)
        return SystemState(
            # The scheme alone: a database's address may hold a password.
            database=self._settings.database_url_text.partition(":")[0].partition("+")[0],
            migration=await self._installation.revision(),
            data_dir=str(self._settings.data_dir.resolve()),
            versions={PROGRAM: __version__, "python": platform.python_version(), INTERFACE: version(INTERFACE)},
            kinds=self._kinds,
            started_at=self._started_at,
        )

    def _token(self, record: TokenRecord) -> Token:
        ended = record.expires_at <= self._clock()
        state = TokenState.REVOKED if record.revoked_at else TokenState.EXPIRED if ended else TokenState.VALID
        scopes = tuple(sorted(record.scopes))
        return Token(record.uid, record.name, record.role, scopes, record.created_at, record.expires_at, state)
