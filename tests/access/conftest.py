"""Access over a real database, with a clock that tests turn."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from core.access.identity import Access
from core.access.passwords import Passwords
from core.storage.database import Database
from core.storage.people import PeopleRepository


class FakeClock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **units: float) -> None:
        self.now += timedelta(**units)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def people(database_url: str, anyio_backend: str) -> AsyncIterator[PeopleRepository]:
    database = Database(database_url)
    await database.upgrade()
    yield PeopleRepository(database)
    await database.close()


@pytest.fixture
def access(people: PeopleRepository, clock: FakeClock) -> Access:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return Access(people, session_hours=12, clock=clock, passwords=Passwords(cheap))
