"""When sessions and tokens were last used: written beside the request, at most once a minute, and at the end."""

from datetime import datetime

import pytest

from core.access.identity import Access
from core.models import Actor, Role
from core.services.audit import Audit
from core.services.last_uses import LastUses
from core.storage.audit import AuditRepository
from core.storage.database import Database
from core.storage.people_records import PeopleRecords
from tests.access.conftest import FakeClock, Owner

pytestmark = pytest.mark.anyio
ADMIN = Actor("mina", {"acme": Role.ADMIN}, 1)


@pytest.fixture
def uses(database: Database, clock: FakeClock) -> LastUses:
    records = PeopleRecords.of(database)
    return LastUses(records.sessions, records.tokens, clock)


@pytest.fixture
def entrance(database: Database, clock: FakeClock, uses: LastUses) -> Access:
    """Where uses are noted."""
    return Access(PeopleRecords.of(database), Audit(AuditRepository(database)), clock=clock, uses=uses)


@pytest.fixture
async def token(owner: Owner) -> str:
    await owner.add_organisation("acme", "Acme")
    return (await owner.add_token("acme", Role.VIEWER, frozenset(), 90)).token


async def last_used(owner: Owner) -> datetime | None:
    [token] = await owner.tokens.list(ADMIN, "acme")
    return token.last_used_at


async def test_a_use_is_written_once_and_then_no_sooner_than_a_minute_later(
    owner: Owner, entrance: Access, uses: LastUses, token: str, clock: FakeClock
) -> None:
    assert await last_used(owner) is None
    await entrance.actor_of_token(token)
    first = clock.now
    assert await last_used(owner) is None  # a request does not wait for it
    await uses._work()
    assert await last_used(owner) == first
    clock.advance(seconds=30)
    await entrance.actor_of_token(token)
    await uses._work()
    assert await last_used(owner) == first
    clock.advance(seconds=30)
    await uses._work()
    assert await last_used(owner) == first + (clock.now - first) / 2


async def test_what_waits_is_written_at_the_end(
    owner: Owner, entrance: Access, uses: LastUses, token: str, clock: FakeClock
) -> None:
    uses.start()
    await entrance.actor_of_token(token)
    await uses._work()
    clock.advance(seconds=10)
    await entrance.actor_of_token(token)
    await uses.close()
    assert await last_used(owner) == clock.now
    await uses.close()


async def test_a_token_that_is_refused_was_not_used(
    owner: Owner, entrance: Access, uses: LastUses, token: str, clock: FakeClock
) -> None:
    clock.advance(days=90)
    assert await entrance.actor_of_token(token) is None
    await uses.close()
    assert await last_used(owner) is None


async def test_a_session_that_has_ended_meanwhile_is_no_trouble(
    owner: Owner, entrance: Access, uses: LastUses, clock: FakeClock
) -> None:
    await owner.add_user("mina", "correct horse")
    gone, stays = [await owner.access.sign_in("mina", "correct horse") for _ in range(2)]
    clock.advance(minutes=3)
    for session in (gone, stays):
        await entrance.actor_of_session(session)
    await owner.access.sign_out(gone)
    await uses.close()
    actor = await owner.access.actor_of_session(stays)
    assert actor is not None
    assert [session.seen_at for session in await owner.accounts.sessions(actor)] == [clock.now]


async def test_an_error_keeps_what_waits(owner: Owner, token: str, database: Database, clock: FakeClock) -> None:
    records, failing = PeopleRecords.of(database), True

    class Tokens:
        async def used(self, moments: object) -> None:
            if failing:
                raise OSError
            await records.tokens.used(moments)  # type: ignore[arg-type]  # what it was handed

    uses = LastUses(records.sessions, Tokens(), clock)  # type: ignore[arg-type]  # the one method that is asked for
    entrance = Access(records, Audit(AuditRepository(database)), clock=clock, uses=uses)
    await entrance.actor_of_token(token)
    with pytest.raises(OSError):  # noqa: PT011 - raised above
        await uses._work()
    failing = False
    await uses.close()
    assert await last_used(owner) == clock.now
