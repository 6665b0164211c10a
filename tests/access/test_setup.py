"""The first administrator: by the one-time link, or by a container's password file."""

import asyncio

import pytest
import sqlalchemy as sa

from core.access.identity import Access
from core.errors import CheshmehError, Conflict, Forbidden, InvalidInput, Unauthenticated
from core.models import Actor, Role
from core.storage.database import Database
from core.storage.tables import users
from tests.access.conftest import FakeClock, Owner

pytestmark = pytest.mark.anyio
PASSWORD, OTHER = "correct horse", "battery staple"


async def test_the_link_makes_an_administrator_with_an_organisation_and_a_session(access: Access, owner: Owner) -> None:
    assert not await access.has_administrator_password()
    token = await access.complete_setup(await access.new_setup_code(), "Mina", PASSWORD, "شرکت نمونه‌ی ما")
    actor = await _actor(access, token)
    assert (actor.name, actor.server_admin, actor.roles) == ("Mina", True, {"main": Role.ADMIN})
    assert [org.name for org in await owner.accounts.organisations(await owner.actor())] == ["شرکت نمونه‌ی ما"]
    assert await access.has_administrator_password()
    assert await access.sign_in("mina", PASSWORD)


async def test_without_a_name_the_organisation_is_called_main(access: Access, owner: Owner) -> None:
    await access.complete_setup(await access.new_setup_code(), "admin", PASSWORD, None)
    assert [(org.slug, org.name) for org in await owner.accounts.organisations(await owner.actor())] == [
        ("main", "main")
    ]


async def test_in_the_demo_the_administrator_belongs_to_the_demo(access: Access, owner: Owner) -> None:
    await owner.add_organisation("demo", "Demo")
    await owner.add_organisation("acme", "Acme")
    token = await access.complete_setup(await access.new_setup_code(), "admin", PASSWORD, None)
    assert (await _actor(access, token)).roles == {"demo": Role.ADMIN}
    assert [org.slug for org in await owner.accounts.organisations(await owner.actor())] == ["demo", "acme"]


async def test_among_organisations_of_others_there_is_one_for_the_administrator(access: Access, owner: Owner) -> None:
    await owner.add_organisation("acme", "Acme")
    token = await access.complete_setup(await access.new_setup_code(), "admin", PASSWORD, "Ours")
    assert (await _actor(access, token)).roles == {"main": Role.ADMIN}
    names = [org.name for org in await owner.accounts.organisations(await owner.actor())]
    assert names == ["Acme", "Ours"]


async def test_looking_at_the_link_does_not_use_it_up(access: Access) -> None:
    code = await access.new_setup_code()
    for _ in range(3):
        assert await access.setup_code_valid(code)
    await access.complete_setup(code, "admin", PASSWORD, None)
    assert not await access.setup_code_valid(code)


async def test_the_link_works_once(access: Access) -> None:
    code = await access.new_setup_code()
    await access.complete_setup(code, "admin", PASSWORD, None)
    await _assert_forbidden(access, code)
    assert await access.sign_in("admin", PASSWORD)


async def test_of_many_at_once_one_uses_the_link(access: Access) -> None:
    code = await access.new_setup_code()
    tries = (access.complete_setup(code, f"admin{n}", PASSWORD, None) for n in range(5))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Forbidden"] * 4 + ["str"]


async def test_the_link_ends_after_its_hours(access: Access, clock: FakeClock) -> None:
    code = await access.new_setup_code(hours=24)
    clock.advance(hours=24)
    assert not await access.setup_code_valid(code)
    await _assert_forbidden(access, code)


@pytest.mark.parametrize("code", ["", "made up", "\ud800"])
async def test_a_link_that_was_never_given_is_refused(access: Access, code: str) -> None:
    await access.new_setup_code()
    assert not await access.setup_code_valid(code)
    await _assert_forbidden(access, code)


@pytest.mark.parametrize(
    ("username", "password", "org_name", "field"),
    [("", PASSWORD, None, "username"), ("admin", "short", None, "password"), ("admin", PASSWORD, "\x00", "org_name")],
)
async def test_wrong_input_does_not_use_the_link_up(
    access: Access, username: str, password: str, org_name: str | None, field: str
) -> None:
    code = await access.new_setup_code()
    with pytest.raises(InvalidInput) as refusal:
        await access.complete_setup(code, username, password, org_name)
    assert [wrong.field for wrong in refusal.value.fields] == [field]
    assert await access.setup_code_valid(code)
    assert not await access.has_administrator_password()


async def test_the_name_of_an_ordinary_user_cannot_be_taken_over(access: Access, owner: Owner) -> None:
    await owner.add_user("mina", PASSWORD)
    code = await access.new_setup_code()
    with pytest.raises(Conflict, match="user_taken"):
        await access.complete_setup(code, "MINA", OTHER, None)
    assert await access.setup_code_valid(code)
    assert await access.sign_in("mina", PASSWORD)


async def test_a_new_link_replaces_the_password_and_ends_the_other_sessions(access: Access) -> None:
    old = await access.complete_setup(await access.new_setup_code(), "admin", PASSWORD, None)
    new = await access.complete_setup(await access.new_setup_code(), "ADMIN", OTHER, None)
    assert await access.actor_of_session(old) is None
    assert (await _actor(access, new)).roles == {"main": Role.ADMIN}
    with pytest.raises(Unauthenticated):
        await access.sign_in("admin", PASSWORD)
    assert await access.sign_in("admin", OTHER)


async def test_a_password_change_leaves_other_peoples_sessions(access: Access, owner: Owner) -> None:
    await owner.add_user("mina", PASSWORD)
    token = await access.sign_in("mina", PASSWORD)
    await access.set_administrator_password(OTHER)
    assert await access.actor_of_session(token) is not None


async def test_the_password_file_makes_an_administrator_with_an_organisation(access: Access) -> None:
    await access.set_administrator_password(PASSWORD)
    actor = await _actor(access, await access.sign_in("admin", PASSWORD))
    assert (actor.server_admin, actor.roles) == (True, {"main": Role.ADMIN})
    assert await access.has_administrator_password()


async def test_the_same_password_file_at_the_next_start_ends_no_session(access: Access) -> None:
    await access.set_administrator_password(PASSWORD)
    token = await access.sign_in("admin", PASSWORD)
    await access.set_administrator_password(PASSWORD)
    assert await access.actor_of_session(token) is not None
    await access.set_administrator_password(OTHER)
    assert await access.actor_of_session(token) is None


async def test_a_password_that_a_person_chose_outlives_the_next_start(access: Access) -> None:
    await access.set_administrator_password(PASSWORD)
    token = await access.sign_in("admin", PASSWORD)
    chosen = await access.complete_setup(await access.new_setup_code(), "admin", OTHER, None)
    for _ in range(2):
        await access.set_administrator_password(PASSWORD)
        assert await access.actor_of_session(chosen) is not None
        assert await access.sign_in("admin", OTHER)
        with pytest.raises(Unauthenticated):
            await access.sign_in("admin", PASSWORD)
    await access.set_administrator_password(f"{PASSWORD} of another file")
    assert await access.actor_of_session(chosen) is None
    assert await access.actor_of_session(token) is None
    assert await access.sign_in("admin", f"{PASSWORD} of another file")


async def test_the_file_of_before_is_remembered_at_the_first_start_that_can(
    access: Access, owner: Owner, database: Database
) -> None:
    await access.set_administrator_password(PASSWORD)
    async with database.write() as connection:
        await connection.execute(sa.update(users).values(file_password_hash=None))
    await access.set_administrator_password(PASSWORD)
    await access.complete_setup(await access.new_setup_code(), "admin", OTHER, None)
    await access.set_administrator_password(PASSWORD)
    assert await access.sign_in("admin", OTHER)


async def test_the_password_file_makes_an_ordinary_admin_a_real_one(access: Access, owner: Owner) -> None:
    await owner.add_user("admin", PASSWORD)
    assert not await access.has_administrator_password()
    await access.set_administrator_password(PASSWORD)
    assert await access.has_administrator_password()


async def test_an_administrator_without_a_password_is_none(access: Access, owner: Owner) -> None:
    await owner.add_user("admin", None, admin=True)
    assert not await access.has_administrator_password()


async def _actor(access: Access, token: str) -> Actor:
    actor = await access.actor_of_session(token)
    assert actor is not None
    return actor


async def _assert_forbidden(access: Access, code: str) -> None:
    with pytest.raises(CheshmehError) as refusal:
        await access.complete_setup(code, "someone", PASSWORD, None)
    assert isinstance(refusal.value, Forbidden)
    assert str(refusal.value) == "forbidden.setup_code"


@pytest.mark.parametrize("how", ["added", "by a link", "from a file"])
async def test_the_printed_link_is_of_no_use_once_there_is_an_administrator(
    access: Access, owner: Owner, how: str
) -> None:
    await owner.add_user("mina", PASSWORD)
    await owner.add_user("later", None, admin=True)
    code = await access.new_setup_code()
    await owner.accounts.change_password(await _actor(access, await access.sign_in("mina", PASSWORD)), PASSWORD, OTHER)
    assert await access.setup_code_valid(code)
    if how == "added":
        await owner.add_user("boss", PASSWORD, admin=True)
    elif how == "by a link":
        link = await owner.accounts.new_password_link(await owner.actor(), "later")
        await owner.accounts.use_link(link.code, PASSWORD)
    else:
        await access.set_administrator_password(PASSWORD)
    assert not await access.setup_code_valid(code)
    with pytest.raises(Forbidden):
        await access.complete_setup(code, "mallory", PASSWORD, None)
