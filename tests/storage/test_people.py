"""Rows about people: what is unique, what ends with what."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from core.errors import Conflict
from core.models import Organisation, Role
from core.storage import tables
from core.storage.database import Database
from core.storage.links import LinkRepository
from core.storage.people import PeopleRepository, UserRecord
from core.storage.sessions import SessionRecord, SessionRepository
from core.storage.tokens import TokenRecord, TokenRepository
from tests.storage.conftest import NOW

pytestmark = pytest.mark.anyio
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def sessions(database: Database) -> SessionRepository:
    return SessionRepository(database)


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
    assert [(member.name, member.role) for member in await people.members(org.id)] == [("mina", Role.EDITOR)]


async def _add_session(sessions: SessionRepository, user: UserRecord, letter: str, **changes: Any) -> SessionRecord:
    row = {"uid": uuid4(), "user_id": user.id, "created_at": NOW, "expires_at": LATER} | changes
    record = SessionRecord(address="10.0.0.7", agent="Firefox", seen_at=NOW, **row)
    await sessions.add(letter * 64, record)
    return record


async def test_a_session_lives_until_it_expires_or_is_ended(
    people: PeopleRepository, sessions: SessionRepository
) -> None:
    user = await people.add_user("mina", None, admin=False, now=NOW)
    first, second = [await _add_session(sessions, user, letter) for letter in "ab"]
    assert await sessions.user("a" * 64, LATER - timedelta(microseconds=1)) == (first.uid, user)
    assert await sessions.user("a" * 64, LATER) is None
    assert await sessions.end(user.id, first.uid)
    assert not await sessions.end(user.id, first.uid)
    assert await sessions.user("a" * 64, NOW) is None
    assert await sessions.of_user(user.id, NOW) == (second,)


async def test_sessions_end_together_but_the_one_that_is_kept(
    people: PeopleRepository, sessions: SessionRepository
) -> None:
    mina, ali = [await people.add_user(name, None, admin=False, now=NOW) for name in ("mina", "ali")]
    kept, _, _ = [await _add_session(sessions, mina, letter) for letter in "abc"]
    other = await _add_session(sessions, ali, "d")
    assert await sessions.end_all(mina.id, kept.uid) == 2
    assert await sessions.of_user(mina.id, NOW) == (kept,)
    assert await sessions.of_user(ali.id, NOW) == (other,)


async def test_the_session_of_a_disabled_person_is_nobodys(
    people: PeopleRepository, sessions: SessionRepository
) -> None:
    user = await people.add_user("mina", None, admin=False, now=NOW)
    await _add_session(sessions, user, "a")
    await people.set_disabled(user.id, NOW)
    assert await sessions.user("a" * 64, NOW) is None
    await people.set_disabled(user.id, None)
    assert await sessions.user("a" * 64, NOW) is not None


async def test_expired_sessions_are_cleared_away(
    people: PeopleRepository, sessions: SessionRepository, database: Database
) -> None:
    user = await people.add_user("mina", None, admin=False, now=NOW)
    await _add_session(sessions, user, "a")
    moments = {"created_at": LATER + timedelta(seconds=1), "expires_at": LATER + timedelta(hours=1)}
    await _add_session(sessions, user, "b", **moments)
    async with database.read() as connection:
        left = (await connection.execute(sa.select(tables.browser_sessions.c.token_hash))).scalars().all()
    assert left == ["b" * 64]


async def test_a_setup_link_is_used_once(database: Database) -> None:
    links = LinkRepository(database)
    await links.add_setup("c" * 64, NOW, LATER)
    assert await links.setup_open("c" * 64, NOW)
    assert await links.use_setup("c" * 64, NOW)
    assert not await links.use_setup("c" * 64, NOW)
    assert not await links.setup_open("c" * 64, NOW)


async def test_of_a_persons_links_the_newest_is_good_once(people: PeopleRepository, database: Database) -> None:
    user, links = await people.add_user("mina", None, admin=False, now=NOW), LinkRepository(database)
    for letter in "ab":
        await links.put_password(user.id, letter * 64, NOW, LATER)
    assert await links.password_of("a" * 64, NOW) is None
    assert await links.password_of("b" * 64, NOW) == user
    assert await links.password_of("b" * 64, LATER) is None
    assert [await links.use_password("b" * 64, NOW) for _ in range(2)] == [True, False]


async def test_a_user_does_not_show_the_hash(people: PeopleRepository) -> None:
    assert "the-hash" not in repr(await people.add_user("mina", "the-hash", admin=False, now=NOW))


async def test_with_an_organisation_go_memberships_and_tokens_but_no_user(
    people: PeopleRepository, org: Organisation, database: Database
) -> None:
    user = await people.add_user("mina", None, admin=False, now=NOW)
    await people.set_member(user.id, org.id, Role.VIEWER)
    record = TokenRecord(uuid4(), "ci", "acme", Role.VIEWER, frozenset({"metrics"}), NOW, LATER, created_by="mina")
    tokens = TokenRepository(database)
    await tokens.add("d" * 64, org.id, record)
    assert (await tokens.of_org("acme"), await tokens.of_org(None)) == ((record,), ())
    async with database.write() as connection:
        await connection.execute(sa.delete(tables.organisations))
    # A token that outlived its organisation would be one over all organisations.
    assert (await tokens.of_org("acme"), await tokens.of_org(None)) == ((), ())
    assert await people.roles_of(user.id) == {}
    assert await people.user("mina") == user
