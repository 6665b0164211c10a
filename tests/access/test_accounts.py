"""One's own account, and everybody's for server administrators."""

from uuid import uuid4

import pytest

from core.access.throttle import FREE
from core.errors import Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests, Unauthenticated
from core.models import Actor, Role, Visitor
from core.services.accounts import Membership
from tests.access.conftest import FakeClock, Owner

pytestmark = pytest.mark.anyio
PASSWORD, OTHER = "correct horse", "battery staple"
HOME, WORK = Visitor("10.0.0.7", "Firefox"), Visitor("192.0.2.1", "Chromium")


@pytest.fixture
async def mina(owner: Owner) -> str:
    await owner.add_user("mina", PASSWORD)
    return "mina"


async def entered(owner: Owner, came_from: Visitor = HOME, password: str = PASSWORD) -> tuple[str, Actor]:
    token = await owner.access.sign_in("mina", password, came_from)
    actor = await owner.access.actor_of_session(token, came_from.address)
    assert actor is not None
    return token, actor


async def test_one_sees_oneself(owner: Owner, mina: str) -> None:
    await owner.add_organisation("acme", "Acme")
    await owner.add_member("acme", mina, Role.EDITOR)
    _, actor = await entered(owner)
    me = await owner.accounts.me(actor)
    assert (me.name, me.server_admin, me.has_password) == ("mina", False, True)
    assert me.memberships == (Membership("acme", "Acme", Role.EDITOR),)


async def test_sessions_are_told_apart_and_the_present_one_is_marked(owner: Owner, mina: str, clock: FakeClock) -> None:
    await entered(owner, HOME)
    clock.advance(minutes=5)
    _, actor = await entered(owner, WORK)
    here, there = await owner.accounts.sessions(actor)
    assert (here.address, here.agent, here.current) == ("192.0.2.1", "Chromium", True)
    assert (there.address, there.agent, there.current) == ("10.0.0.7", "Firefox", False)
    assert here.id == actor.session_id
    assert (here.created_at, here.seen_at) == (clock.now, clock.now)


async def test_a_password_change_ends_the_other_sessions(owner: Owner, mina: str) -> None:
    (gone, _), (stays, actor) = await entered(owner), await entered(owner)
    await owner.accounts.change_password(actor, PASSWORD, OTHER, actor.session_id)
    assert await owner.access.actor_of_session(gone) is None
    assert await owner.access.actor_of_session(stays) is not None
    with pytest.raises(Unauthenticated):
        await owner.access.sign_in(mina, PASSWORD)
    assert await owner.access.sign_in(mina, OTHER)


async def test_a_password_change_takes_the_old_one_and_keeps_the_rules(owner: Owner, mina: str) -> None:
    _, actor = await entered(owner)
    for old, new, field in (("wrong", OTHER, "old_password"), (PASSWORD, "password123", "password")):
        with pytest.raises(InvalidInput) as refusal:
            await owner.accounts.change_password(actor, old, new, actor.session_id)
        assert [wrong.field for wrong in refusal.value.fields] == [field]
    assert await owner.access.sign_in(mina, PASSWORD)


async def test_guessing_the_old_password_is_held_up_like_signing_in(owner: Owner, mina: str) -> None:
    _, actor = await entered(owner)
    for _ in range(FREE + 1):
        with pytest.raises(InvalidInput):
            await owner.accounts.change_password(actor, "wrong", OTHER, None)
    with pytest.raises(TooManyRequests):
        await owner.accounts.change_password(actor, PASSWORD, OTHER, None)


async def test_a_session_is_ended_from_another(owner: Owner, mina: str) -> None:
    (token, gone), (_, actor) = await entered(owner), await entered(owner)
    assert gone.session_id is not None
    await owner.accounts.end_session(actor, gone.session_id)
    assert await owner.access.actor_of_session(token) is None
    with pytest.raises(NotFound):
        await owner.accounts.end_session(actor, gone.session_id)


async def test_nobody_ends_somebody_elses_session(owner: Owner, mina: str) -> None:
    token, actor = await entered(owner)
    assert actor.session_id is not None
    await owner.add_user("ali", OTHER)
    ali = await owner.access.actor_of_session(await owner.access.sign_in("ali", OTHER))
    assert ali is not None
    for session in (actor.session_id, uuid4()):
        with pytest.raises(NotFound):
            await owner.accounts.end_session(ali, session)
    assert await owner.accounts.end_other_sessions(ali, ali.session_id) == 0
    assert await owner.access.actor_of_session(token) is not None


async def test_all_other_sessions_end_at_once(owner: Owner, mina: str) -> None:
    tokens = [(await entered(owner))[0] for _ in range(3)]
    _, actor = await entered(owner)
    assert await owner.accounts.end_other_sessions(actor, actor.session_id) == 3
    assert [await owner.access.actor_of_session(token) for token in tokens] == [None] * 3
    assert len(await owner.accounts.sessions(actor)) == 1


async def test_a_disabled_person_is_out_at_once_and_refused_like_a_wrong_password(owner: Owner, mina: str) -> None:
    token, _ = await entered(owner)
    await owner.accounts.disable(await owner.actor(), "MINA")
    assert await owner.access.actor_of_session(token) is None
    with pytest.raises(Unauthenticated) as refusal:
        await owner.access.sign_in(mina, PASSWORD)
    assert (str(refusal.value), refusal.value.arguments) == ("unauthenticated.sign_in_failed", {})
    await owner.accounts.enable(await owner.actor(), mina)
    assert await owner.access.actor_of_session(token) is None
    assert await owner.access.sign_in(mina, PASSWORD)


async def test_the_last_server_administrator_is_not_disabled(owner: Owner) -> None:
    for name in ("root", "admin"):
        await owner.add_user(name, PASSWORD, admin=True)
    await owner.add_user("nobody yet", None, admin=True)
    await owner.accounts.disable(await owner.actor(), "root")
    with pytest.raises(Conflict, match="last_server_admin"):
        await owner.accounts.disable(await owner.actor(), "admin")
    assert await owner.access.sign_in("admin", PASSWORD)


async def test_a_link_sets_a_new_password_once_and_ends_the_sessions(owner: Owner, mina: str) -> None:
    old, _ = await entered(owner)
    link = await owner.accounts.new_password_link(await owner.actor(), mina)
    assert link.code not in repr(link)
    for _ in range(2):
        assert await owner.accounts.look_at_link(link.code) == "mina"
    with pytest.raises(InvalidInput):
        await owner.accounts.use_link(link.code, "short")
    token = await owner.accounts.use_link(link.code, OTHER, WORK)
    actor = await owner.access.actor_of_session(token)
    assert actor is not None
    assert await owner.access.actor_of_session(old) is None
    assert await owner.access.sign_in(mina, OTHER)
    await refused(owner, link.code)


async def test_a_link_that_is_old_replaced_or_a_disabled_persons_is_refused(
    owner: Owner, mina: str, clock: FakeClock
) -> None:
    who = await owner.actor()
    replaced, newest = [(await owner.accounts.new_password_link(who, mina)).code for _ in range(2)]
    await refused(owner, replaced)
    await owner.accounts.disable(who, mina)
    await refused(owner, newest)
    await owner.accounts.enable(who, mina)
    await refused(owner, newest)
    newest = (await owner.accounts.new_password_link(who, mina)).code
    assert await owner.accounts.look_at_link(newest) == mina
    clock.advance(hours=24)
    await refused(owner, newest)


async def refused(owner: Owner, code: str) -> None:
    assert await owner.accounts.look_at_link(code) is None
    with pytest.raises(Forbidden, match="password_code"):
        await owner.accounts.use_link(code, OTHER)


async def test_people_are_listed_with_what_they_are(owner: Owner, mina: str) -> None:
    await owner.add_user("ali", None, admin=True)
    await owner.accounts.disable(await owner.actor(), mina)
    ali, disabled = await owner.accounts.users(await owner.actor())
    assert (ali.name, ali.server_admin, ali.has_password, ali.disabled_at) == ("ali", True, False, None)
    assert (disabled.name, disabled.server_admin, disabled.has_password) == ("mina", False, True)
    assert disabled.disabled_at is not None


async def test_what_people_do_about_accounts_is_written_down_without_secrets(owner: Owner, mina: str) -> None:
    token, actor = await entered(owner)
    await owner.accounts.change_password(actor, PASSWORD, OTHER, actor.session_id)
    link = await owner.accounts.new_password_link(await owner.actor(), mina)
    await owner.access.sign_out(token, HOME.address)
    await owner.accounts.use_link(link.code, PASSWORD, WORK)
    lines = await owner.lines(None)
    assert [(line.action, line.actor, line.target, line.address) for line in lines] == [
        ("user.create", "command line", "mina", None),
        ("session.open", "mina", "mina", "10.0.0.7"),
        ("password.change", "mina", "mina", "10.0.0.7"),
        ("password.link", "command line", "mina", None),
        ("session.end", "mina", "mina", "10.0.0.7"),
        ("password.set", "mina", "mina", "192.0.2.1"),
        ("session.open", "mina", "mina", "192.0.2.1"),
    ]
    assert not [secret for secret in (PASSWORD, OTHER, token, link.code) if secret in repr(lines)]


async def test_a_refused_sign_in_tells_a_name_only_when_somebody_has_it(owner: Owner, mina: str) -> None:
    for name in ("MINA", "hunter2 typed in the wrong place"):
        with pytest.raises(Unauthenticated):
            await owner.access.sign_in(name, "wrong", WORK)
    refused = [line for line in await owner.lines(None) if line.action == "session.refused"]
    assert [(line.actor, line.target, line.address) for line in refused] == [
        ("mina", "mina", "192.0.2.1"),
        ("", "", "192.0.2.1"),
    ]


async def test_a_flood_is_held_up_and_leaves_few_lines(owner: Owner, mina: str) -> None:
    for n in range(30):
        with pytest.raises((Unauthenticated, TooManyRequests)):
            await owner.access.sign_in(f"guess {n}", "wrong", WORK)
    for _ in range(FREE + 2):
        with pytest.raises((Unauthenticated, TooManyRequests)) as refusal:
            await owner.access.sign_in(mina, "wrong", WORK)
    assert isinstance(refusal.value, TooManyRequests)
    assert len([line for line in await owner.lines(None) if line.action == "session.refused"]) == 10


async def test_a_disabled_administrator_does_not_come_back_by_a_link_made_for_another(owner: Owner) -> None:
    for name in ("boss", "mallory"):
        await owner.add_user(name, PASSWORD, admin=True)
    await owner.add_user("mina", PASSWORD)
    actor = await owner.access.actor_of_session(await owner.access.sign_in("mallory", PASSWORD))
    assert actor is not None
    codes = [(await owner.accounts.new_password_link(actor, name)).code for name in ("boss", "mina")]
    await owner.accounts.disable(await owner.actor(), "mallory")
    assert [await owner.accounts.look_at_link(code) for code in codes] == [None, None]


async def test_a_link_ends_with_the_password_it_was_for(owner: Owner, mina: str) -> None:
    code = (await owner.accounts.new_password_link(await owner.actor(), mina)).code
    other = (await owner.accounts.new_password_link(await owner.actor(), (await _another(owner)))).code
    _, actor = await entered(owner)
    await owner.accounts.change_password(actor, PASSWORD, OTHER)
    assert await owner.accounts.look_at_link(code) is None
    assert await owner.accounts.look_at_link(other) == "ali"


async def _another(owner: Owner) -> str:
    await owner.add_user("ali", PASSWORD)
    return "ali"
