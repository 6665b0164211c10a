"""Who belongs to an organisation: the rules that keep it in somebody's hands."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.errors import Conflict, Forbidden, NotFound
from core.models import Actor, Role
from core.services.members import Member
from core.storage.database import Database
from core.storage.people import OIDC, PeopleRepository
from tests.access.conftest import FakeClock, Owner, owner_of
from tests.storage.conftest import ON_POSTGRES
from tests.storage.waiting import until_somebody_waits

pytestmark = pytest.mark.anyio
ADMIN = Actor("mina", {"acme": Role.ADMIN}, 1, address="10.1.2.3")


@pytest.fixture
async def acme(owner: Owner) -> Owner:
    """With the organisation `acme`: mina its admin, ali its viewer, and sara, who is no member."""
    await owner.add_organisation("acme", "Acme")
    for name in ("mina", "ali", "sara"):
        await owner.add_user(name, None)
    await owner.add_member("acme", "mina", Role.ADMIN)
    await owner.add_member("acme", "ali", Role.VIEWER)
    return owner


@pytest.fixture
async def beside(acme: Owner, database_url: str, clock: FakeClock) -> AsyncIterator[Owner]:
    """Another process on the same database."""
    database = Database(database_url)
    yield owner_of(database, clock)
    await database.close()


async def roles(owner: Owner) -> dict[str, Role]:
    return {member.name: member.role for member in await owner.members.list(ADMIN, "acme")}


async def test_members_are_listed_by_name(acme: Owner) -> None:
    found = await acme.members.list(ADMIN, "acme")
    assert found == (Member("ali", Role.VIEWER), Member("mina", Role.ADMIN))


async def test_a_member_is_added_changed_and_removed(acme: Owner) -> None:
    await acme.members.add(ADMIN, "acme", "SARA", Role.EDITOR)
    await acme.members.set_role(ADMIN, "acme", "Sara", Role.ANALYST)
    assert (await roles(acme))["sara"] is Role.ANALYST
    await acme.members.remove(ADMIN, "acme", "sara")
    assert "sara" not in await roles(acme)


async def test_who_is_a_member_is_not_added_again(acme: Owner) -> None:
    with pytest.raises(Conflict, match="member_taken"):
        await acme.members.add(ADMIN, "acme", "ali", Role.ADMIN)
    assert (await roles(acme))["ali"] is Role.VIEWER


async def test_people_who_are_not_there_are_named(acme: Owner) -> None:
    for call in (
        acme.members.add(ADMIN, "acme", "nobody", Role.VIEWER),
        acme.members.set_role(ADMIN, "acme", "sara", Role.VIEWER),
        acme.members.remove(ADMIN, "acme", "sara"),
    ):
        with pytest.raises(NotFound):
            await call


async def test_the_last_administrator_stays(acme: Owner) -> None:
    for call in (
        acme.members.remove(ADMIN, "acme", "mina"),
        acme.members.set_role(ADMIN, "acme", "mina", Role.EDITOR),
    ):
        with pytest.raises(Conflict, match="last_admin"):
            await call
    assert (await roles(acme))["mina"] is Role.ADMIN


async def test_one_of_two_administrators_may_go(acme: Owner) -> None:
    await acme.members.set_role(ADMIN, "acme", "ali", Role.ADMIN)
    await acme.members.remove(ADMIN, "acme", "mina")
    assert await roles(acme) == {"ali": Role.ADMIN}


async def test_a_disabled_administrator_does_not_count(acme: Owner) -> None:
    await acme.members.set_role(ADMIN, "acme", "ali", Role.ADMIN)
    await acme.accounts.disable(await acme.actor(), "ali")
    with pytest.raises(Conflict, match="last_admin"):
        await acme.members.remove(ADMIN, "acme", "mina")
    assert [member.disabled for member in await acme.members.list(ADMIN, "acme")] == [True, False]
    await acme.members.remove(ADMIN, "acme", "ali")


@ON_POSTGRES
async def test_of_two_administrators_who_remove_each_other_at_once_one_stays(
    acme: Owner, beside: Owner, database_url: str
) -> None:
    await acme.members.set_role(ADMIN, "acme", "ali", Role.ADMIN)
    third, theirs = Database(database_url), beside.audit.change(ADMIN, "acme", "member.role")
    async with theirs:  # a transaction that is not at its end yet
        await beside.members.set_role(ADMIN, "acme", "ali", Role.VIEWER)
        other = asyncio.create_task(acme.members.remove(ADMIN, "acme", "mina"))
        await until_somebody_waits(third, other)
    with pytest.raises(Conflict, match="last_admin"):
        await other
    assert list((await roles(acme)).values()).count(Role.ADMIN) == 1
    await third.close()


async def test_a_role_that_a_provider_gave_is_not_changed_here_but_taken(acme: Owner, database: Database) -> None:
    people = PeopleRepository(database)
    [sara, org] = [await people.user("sara"), await people.organisation("acme")]
    assert sara is not None
    assert org is not None
    await people.set_member(sara.id, org.id, Role.VIEWER, OIDC)
    with pytest.raises(Conflict, match="member_of_provider"):
        await acme.members.set_role(ADMIN, "acme", "sara", Role.ADMIN)
    assert Member("sara", Role.VIEWER, "oidc") in await acme.members.list(ADMIN, "acme")
    await acme.members.remove(ADMIN, "acme", "sara")


async def test_a_server_administrator_appoints_the_first_administrator_and_no_more(owner: Owner) -> None:
    root = Actor("root", {}, 9, server_admin=True)
    await owner.add_organisation("acme", "Acme")
    for name in ("mina", "ali"):
        await owner.add_user(name, None)
    for call in (
        owner.members.add(root, "acme", "mina", Role.EDITOR),
        owner.members.list(root, "acme"),
        owner.members.add(root, "none", "mina", Role.ADMIN),
    ):
        with pytest.raises(NotFound):
            await call
    await owner.members.add(root, "acme", "mina", Role.ADMIN)
    for call in (
        owner.members.add(root, "acme", "ali", Role.ADMIN),
        owner.members.set_role(root, "acme", "mina", Role.ADMIN),
        owner.members.remove(root, "acme", "mina"),
    ):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(Forbidden):
        await owner.members.add(Actor("e", {"acme": Role.EDITOR}, 8), "acme", "ali", Role.VIEWER)


async def test_every_change_is_written_down(acme: Owner) -> None:
    await acme.members.add(ADMIN, "acme", "sara", Role.EDITOR)
    await acme.members.set_role(ADMIN, "acme", "sara", Role.VIEWER)
    await acme.members.remove(ADMIN, "acme", "SARA")
    lines = (await acme.lines("acme"))[-3:]
    assert [(line.action, line.target, line.before, line.after) for line in lines] == [
        ("member.add", "sara", None, {"role": "editor"}),
        ("member.role", "sara", {"role": "editor"}, {"role": "viewer"}),
        ("member.remove", "sara", {"role": "viewer"}, None),
    ]
    assert {(line.actor, line.address) for line in lines} == {("mina", "10.1.2.3")}


@pytest.mark.parametrize("end", ["remove", "set_role", "disable"])
async def test_who_is_no_administrator_any_more_comes_back_by_no_invitation_of_their_own(acme: Owner, end: str) -> None:
    for name in ("first", "leaving"):
        await acme.add_user(name, None)
        await acme.add_member("acme", name, Role.ADMIN)
    leaving, staying = (Actor(name, {"acme": Role.ADMIN}) for name in ("leaving", "first"))
    own = await acme.invitations.create(leaving, "acme", Role.ADMIN)
    others = await acme.invitations.create(staying, "acme", Role.VIEWER)
    if end == "remove":
        await acme.members.remove(staying, "acme", "leaving")
    elif end == "set_role":
        await acme.members.set_role(staying, "acme", "leaving", Role.EDITOR)
    else:
        await acme.accounts.disable(await acme.actor(), "leaving")
    assert await acme.invitations.look(own.code) is None
    assert await acme.invitations.look(others.code) is not None
    assert "invitation.revoke" in [line.action for line in await acme.lines("acme")]
