"""Invitations: who gets in by one, once."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from core.errors import Conflict, Forbidden, InvalidInput, NotFound
from core.models import Actor, Role, Visitor
from core.services.invitations import InvitationState, InvitationView
from core.storage.database import Database
from tests.access.conftest import FakeClock, Owner, owner_of

pytestmark = pytest.mark.anyio
ADMIN = Actor("mina", {"acme": Role.ADMIN}, 1)
PASSWORD = "correct horse"
VISITOR = Visitor("192.0.2.7", "Firefox\x00 on ink")


@pytest.fixture
async def acme(owner: Owner) -> Owner:
    await owner.add_organisation("acme", "شرکت نمونه")
    await owner.add_user("sara", PASSWORD)
    return owner


@pytest.fixture
async def beside(acme: Owner, database_url: str, clock: FakeClock) -> AsyncIterator[Owner]:
    """Another process on the same database."""
    database = Database(database_url)
    yield owner_of(database, clock)
    await database.close()


async def invite(owner: Owner, role: Role = Role.EDITOR, days: int = 7) -> str:
    return (await owner.invitations.create(ADMIN, "acme", role, "برای علی", days)).code


async def person(owner: Owner, name: str) -> Actor:
    actor = await owner.access.actor_of_session(await owner.access.sign_in(name, PASSWORD))
    assert actor is not None
    return actor


async def test_the_invited_are_told_where_to_and_as_what(acme: Owner) -> None:
    code = await invite(acme)
    for _ in range(3):
        assert await acme.invitations.look(code) == InvitationView("شرکت نمونه", Role.EDITOR)
    assert await acme.invitations.look("made up") is None


async def test_somebody_new_makes_an_account_and_is_in(acme: Owner) -> None:
    token = await acme.invitations.accept_as_new(await invite(acme), " Ali  Rezaei ", PASSWORD, VISITOR)
    actor = await acme.access.actor_of_session(token)
    assert actor is not None
    assert (actor.name, actor.roles, actor.server_admin) == ("Ali Rezaei", {"acme": Role.EDITOR}, False)
    [session] = await acme.accounts.sessions(actor)
    assert (session.address, session.agent) == ("192.0.2.7", "Firefox on ink")


async def test_somebody_with_an_account_joins_with_it(acme: Owner) -> None:
    await acme.invitations.accept(await person(acme, "sara"), await invite(acme, Role.ADMIN))
    assert (await person(acme, "sara")).roles == {"acme": Role.ADMIN}


async def test_only_a_person_accepts(acme: Owner) -> None:
    code = await invite(acme)
    for actor in (await acme.actor(), Actor("token:ci", {"acme": Role.ADMIN})):
        with pytest.raises(Forbidden, match="person"):
            await acme.invitations.accept(actor, code)


async def test_used_revoked_expired_and_unknown_are_refused_alike(acme: Owner, clock: FakeClock) -> None:
    used, revoked, expired = [await invite(acme) for _ in range(3)]
    await acme.invitations.accept_as_new(used, "ali", PASSWORD)
    _, kept, _ = await acme.invitations.list(ADMIN, "acme")
    await acme.invitations.revoke(ADMIN, "acme", kept.id)
    sara = await person(acme, "sara")
    for code in (used, revoked, "made up", "\ud800"):
        await refused(acme, sara, code)
    clock.advance(days=7)
    await refused(acme, sara, expired)
    states = [invitation.state for invitation in await acme.invitations.list(ADMIN, "acme")]
    assert states == [InvitationState.EXPIRED, InvitationState.REVOKED, InvitationState.USED]


async def refused(owner: Owner, actor: Actor, code: str) -> None:
    assert await owner.invitations.look(code) is None
    for call in (owner.invitations.accept(actor, code), owner.invitations.accept_as_new(code, "new", PASSWORD)):
        with pytest.raises(Forbidden) as refusal:
            await call
        assert (str(refusal.value), refusal.value.arguments) == ("forbidden.invitation", {})


async def test_what_is_wrong_uses_nothing_up(acme: Owner) -> None:
    code = await invite(acme)
    for name, password, error in (
        ("SARA", PASSWORD, Conflict),
        ("", PASSWORD, InvalidInput),
        ("ali", "short", InvalidInput),
        ("zarrintaj", "zarrintaj 1402", InvalidInput),
    ):
        with pytest.raises(error):
            await acme.invitations.accept_as_new(code, name, password)
    sara = await person(acme, "sara")
    await acme.invitations.accept(sara, await invite(acme, Role.VIEWER))
    with pytest.raises(Conflict, match="member_taken"):
        await acme.invitations.accept(sara, code)
    assert await acme.invitations.accept_as_new(code, "ali", PASSWORD)


async def test_of_several_at_once_one_gets_in(acme: Owner, beside: Owner) -> None:
    code = await invite(acme)
    tries = [
        process.invitations.accept_as_new(code, f"new {n}", PASSWORD) for n, process in enumerate([acme, beside] * 2)
    ]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Forbidden"] * 3 + ["str"]
    users = await acme.accounts.users(await acme.actor())
    assert len(users) == 2  # sara and the one: the others' accounts were undone
    assert len(await acme.members.list(ADMIN, "acme")) == 1


async def test_what_an_invitation_cannot_be_is_named(acme: Owner) -> None:
    for days in (0, 31):
        with pytest.raises(InvalidInput):
            await acme.invitations.create(ADMIN, "acme", Role.VIEWER, "", days)
    with pytest.raises(InvalidInput):
        await acme.invitations.create(ADMIN, "acme", Role.VIEWER, "a\x00b")
    with pytest.raises(NotFound):
        await acme.invitations.revoke(ADMIN, "acme", uuid4())


async def test_another_organisations_invitation_is_not_revoked(acme: Owner) -> None:
    code = await invite(acme)
    [kept] = await acme.invitations.list(ADMIN, "acme")
    await acme.add_organisation("other", "Other")
    with pytest.raises(NotFound):
        await acme.invitations.revoke(Actor("x", {"other": Role.ADMIN}), "other", kept.id)
    assert await acme.invitations.look(code) is not None


async def test_the_life_of_an_invitation_is_written_down_without_its_code(acme: Owner) -> None:
    code = await invite(acme)
    token = await acme.invitations.accept_as_new(code, "ali", PASSWORD, VISITOR)
    found = [*await acme.lines("acme"), *(await acme.lines(None))[-2:]]
    assert [(line.action, line.actor, line.address) for line in found] == [
        ("invitation.create", "mina", None),
        ("invitation.accept", "ali", "192.0.2.7"),
        ("user.create", "ali", "192.0.2.7"),
        ("session.open", "ali", "192.0.2.7"),
    ]
    assert not [secret for secret in (code, PASSWORD, token) if secret in repr(found)]
