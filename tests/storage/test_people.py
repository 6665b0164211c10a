"""Rows about people: what is unique, what ends with what."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from core.errors import Conflict
from core.models import Organisation, Role
from core.storage import tables
from core.storage.database import Database
from core.storage.people import PeopleRepository, TokenRecord
from tests.storage.conftest import NOW

pytestmark = pytest.mark.anyio
LATER = NOW + timedelta(hours=1)


async def test_a_user_is_found_in_every_spelling_of_the_name(people: PeopleRepository) -> None:
    user = await people.add_user("علي", "hash", admin=False, now=NOW)
    assert await people.user("علی ") == user
    assert await people.user("\ud800") is None
    with pytest.raises(Conflict, match="user_taken"):
        await people.add_user("علی", None, admin=False, now=NOW)


async def test_a_slug_is_taken_once(people: PeopleRepository, org: Organisation) -> None:
    with pytest.raises(Conflict, match="slug_taken"):
        await people.add_organisation("acme", "Another", NOW)
    assert await people.organisation("acme") == org
    assert await people.organisation("none") is None
    assert await people.organisations() == (org,)


async def test_a_membership_holds_one_role(people: PeopleRepository, org: Organisation) -> None:
    user = await people.add_user("mina", None, admin=False, now=NOW)
    await people.set_member(user.id, org.id, Role.VIEWER)
    await people.set_member(user.id, org.id, Role.EDITOR)
    assert await people.roles_of(user.id) == {"acme": Role.EDITOR}
    assert await people.members(org.id) == (("mina", Role.EDITOR),)


async def test_a_session_lives_until_it_expires_or_is_ended(people: PeopleRepository) -> None:
    user = await people.add_user("mina", None, admin=False, now=NOW)
    await people.add_session("a" * 64, user.id, NOW, LATER)
    await people.add_session("b" * 64, user.id, NOW, LATER)
    assert await people.session_user("a" * 64, LATER - timedelta(microseconds=1)) == user
    assert await people.session_user("a" * 64, LATER) is None
    await people.end_session("a" * 64)
    assert await people.session_user("a" * 64, NOW) is None
    assert await people.session_user("b" * 64, NOW) == user


async def test_expired_sessions_are_cleared_away(people: PeopleRepository, database: Database) -> None:
    user = await people.add_user("mina", None, admin=False, now=NOW)
    await people.add_session("a" * 64, user.id, NOW, LATER)
    await people.add_session("b" * 64, user.id, LATER + timedelta(seconds=1), LATER + timedelta(hours=1))
    async with database.read() as connection:
        left = (await connection.execute(sa.select(tables.browser_sessions.c.token_hash))).scalars().all()
    assert left == ["b" * 64]


async def test_a_setup_link_is_used_once(people: PeopleRepository) -> None:
    await people.add_setup_link("c" * 64, NOW, LATER)
    assert await people.setup_link_open("c" * 64, NOW)
    assert await people.use_setup_link("c" * 64, NOW)
    assert not await people.use_setup_link("c" * 64, NOW)
    assert not await people.setup_link_open("c" * 64, NOW)


async def test_a_user_does_not_show_the_hash(people: PeopleRepository) -> None:
    assert "the-hash" not in repr(await people.add_user("mina", "the-hash", admin=False, now=NOW))


async def test_with_an_organisation_go_memberships_and_tokens_but_no_user(
    people: PeopleRepository, org: Organisation, database: Database
) -> None:
    user = await people.add_user("mina", None, admin=False, now=NOW)
    await people.set_member(user.id, org.id, Role.VIEWER)
    record = TokenRecord(uuid4(), "ci", "acme", Role.VIEWER, frozenset({"metrics"}), NOW, LATER, None)
    await people.add_token("d" * 64, org.id, record)
    assert await people.tokens() == (record,)
    async with database.write() as connection:
        await connection.execute(sa.delete(tables.organisations))
    # A token that outlived its organisation would be one over all organisations.
    assert await people.tokens() == ()
    assert await people.roles_of(user.id) == {}
    assert await people.user("mina") == user
