"""Access over a real database, with a clock that tests turn, and the services of the owner of the installation."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from core.access.identity import Access
from core.access.passwords import Passwords
from core.access.throttle import Throttle
from core.models import Actor, AuditLine, Organisation, Role
from core.services.accounts import Accounts
from core.services.audit import Audit
from core.services.invitations import Invitations
from core.services.members import Members
from core.services.tokens import NewToken, Tokens
from core.storage.audit import AuditRepository
from core.storage.database import Database
from core.storage.people_records import PeopleRecords


class FakeClock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def advance(self, **units: float) -> None:
        self.now += timedelta(**units)


@dataclass(frozen=True)
class Owner:
    """Whoever owns the data directory, at every service that is about people."""

    access: Access
    accounts: Accounts
    members: Members
    invitations: Invitations
    tokens: Tokens
    audit: Audit

    async def actor(self) -> Actor:
        return await self.access.local_actor()

    async def add_user(self, name: str, password: str | None, *, admin: bool = False) -> None:
        await self.accounts.add_user(await self.actor(), name, password, admin=admin)

    async def add_organisation(self, slug: str, name: str) -> Organisation:
        return await self.accounts.add_organisation(await self.actor(), slug, name)

    async def add_member(self, org: str, user: str, role: Role) -> None:
        await self.members.add(await self.actor(), org, user, role)

    async def add_token(
        self, org: str | None, role: Role | None, scopes: frozenset[str], days: int, name: str = ""
    ) -> NewToken:
        return await self.tokens.create(await self.actor(), org, name, role, scopes, days)

    async def lines(self, org: str | None) -> tuple[AuditLine, ...]:
        """What was written down, the oldest first."""
        return (await self.audit.lines(await self.actor(), org)).items[::-1]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def database(database_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.upgrade()
    yield database
    await database.close()


@pytest.fixture
def owner(database: Database, clock: FakeClock) -> Owner:
    return owner_of(database, clock)


def owner_of(database: Database, clock: FakeClock) -> Owner:
    """Of one process; another one on the same database has services of its own."""
    records, audit = PeopleRecords.of(database), Audit(AuditRepository(database), clock)
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    throttle = Throttle(clock.seconds)
    access = Access(records, audit, session_hours=12, clock=clock, passwords=passwords, throttle=throttle)
    return Owner(
        access,
        Accounts(records, access, passwords, throttle, audit, clock),
        Members(records, audit, clock),
        Invitations(records, access, passwords, audit, clock),
        Tokens(records, audit, clock),
        audit,
    )


@pytest.fixture
def access(owner: Owner) -> Access:
    return owner.access
