"""Signing in and out, organisations and members."""

from datetime import timedelta

import pytest

from core.access.identity import Access
from core.errors import Conflict, InvalidInput, NotFound, TooManyRequests, Unauthenticated
from core.models import Role, Visitor
from core.services.tokens import TokenState
from tests.access.conftest import FakeClock, Owner

pytestmark = pytest.mark.anyio
PASSWORD = "correct horse"
METRICS = frozenset({"metrics"})


async def test_a_session_says_who_asks_and_what_they_may(access: Access, owner: Owner) -> None:
    await owner.add_user("mina", PASSWORD)
    await owner.add_organisation("acme", "Acme")
    await owner.add_member("acme", "mina", Role.EDITOR)
    actor = await access.actor_of_session(await access.sign_in("MINA ", PASSWORD))
    assert actor is not None
    assert (actor.name, actor.roles, actor.server_admin) == ("mina", {"acme": Role.EDITOR}, False)
    assert actor.user_id is not None
    assert [org.slug for org in await access.organisations_of(actor)] == ["acme"]


@pytest.mark.parametrize("name", ["nobody", "mina", "invited", "", "\ud800"])
async def test_every_failed_sign_in_says_the_same(access: Access, owner: Owner, name: str) -> None:
    await owner.add_user("mina", PASSWORD)
    await owner.add_user("invited", None)
    with pytest.raises(Unauthenticated) as refusal:
        await access.sign_in(name, "wrong password")
    assert (str(refusal.value), refusal.value.arguments) == ("unauthenticated.sign_in_failed", {})


async def test_a_user_without_a_password_cannot_sign_in_with_none(access: Access, owner: Owner) -> None:
    await owner.add_user("invited", None)
    for guess in ("", "nobody's password"):
        with pytest.raises(Unauthenticated):
            await access.sign_in("invited", guess)


async def test_sessions_are_each_their_own(access: Access, owner: Owner) -> None:
    await owner.add_user("mina", PASSWORD)
    first, second = await access.sign_in("mina", PASSWORD), await access.sign_in("mina", PASSWORD)
    assert first != second
    await access.sign_out(first)
    assert await access.actor_of_session(first) is None
    assert await access.actor_of_session(second) is not None


async def test_a_session_ends_after_its_hours(access: Access, owner: Owner, clock: FakeClock) -> None:
    await owner.add_user("mina", PASSWORD)
    token = await access.sign_in("mina", PASSWORD)
    clock.advance(hours=11.99)
    assert await access.actor_of_session(token) is not None
    clock.advance(hours=0.01)
    assert await access.actor_of_session(token) is None


@pytest.mark.parametrize("token", [None, "", "made up", "\ud800"])
async def test_no_session_is_nobody(access: Access, token: str | None) -> None:
    assert await access.actor_of_session(token) is None
    await access.sign_out(token)


async def test_a_role_that_changes_counts_at_once(access: Access, owner: Owner) -> None:
    await owner.add_user("mina", PASSWORD)
    await owner.add_organisation("acme", "Acme")
    token = await access.sign_in("mina", PASSWORD)
    await owner.add_member("acme", "mina", Role.VIEWER)
    await owner.members.set_role(await owner.actor(), "acme", "mina", Role.EDITOR)
    actor = await access.actor_of_session(token)
    assert actor is not None
    assert actor.roles == {"acme": Role.EDITOR}


async def test_a_server_administrator_holds_no_role_by_that(access: Access, owner: Owner) -> None:
    await owner.add_user("root", PASSWORD, admin=True)
    await owner.add_organisation("acme", "Acme")
    actor = await access.actor_of_session(await access.sign_in("root", PASSWORD))
    assert actor is not None
    assert (actor.server_admin, actor.roles) == (True, {})
    assert await access.organisations_of(actor) == ()


@pytest.mark.parametrize("slug", ["a", "acme-1", "0", "a" * 63])
async def test_a_slug_of_the_right_form_is_taken(access: Access, owner: Owner, slug: str) -> None:
    assert (await owner.add_organisation(slug, "شرکت نرم‌افزاری")).slug == slug
    assert [org.name for org in await owner.accounts.organisations(await owner.actor())] == ["شرکت نرم‌افزاری"]


@pytest.mark.parametrize("slug", ["", "-a", "A", "a_b", "a b", "a" * 64, "ب", "a\n", "../a", "²"])
async def test_a_slug_of_another_form_is_refused(access: Access, owner: Owner, slug: str) -> None:
    assert await _refused(owner.add_organisation(slug, "Acme")) == "slug"


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x00b", "a\x1bb", "\u200c", "\ud800", "\u202ea"])
async def test_a_name_that_cannot_be_shown_is_refused(access: Access, owner: Owner, name: str) -> None:
    assert await _refused(owner.add_organisation("acme", name)) == "name"
    assert await _refused(owner.add_user(name, PASSWORD)) == "username"
    if name:
        assert await _refused(owner.add_token(None, None, frozenset(), 90, name)) == "name"


async def test_what_is_taken_is_named(access: Access, owner: Owner) -> None:
    await owner.add_organisation("acme", "Acme")
    await owner.add_user("علي", PASSWORD)
    with pytest.raises(Conflict) as organisation:
        await owner.add_organisation("acme", "Acme")
    with pytest.raises(Conflict) as user:
        await owner.add_user("علی", PASSWORD)
    assert (organisation.value.reason, organisation.value.arguments) == ("slug_taken", {"name": "acme"})
    assert (user.value.reason, user.value.arguments) == ("user_taken", {"name": "علی"})


async def test_an_organisation_is_ensured_once(access: Access) -> None:
    first = await access.ensure_organisation("demo", "Demo")
    assert await access.ensure_organisation("demo", "Another name") == first


async def test_the_local_command_line_is_admin_everywhere(access: Access, owner: Owner) -> None:
    await owner.add_organisation("acme", "Acme")
    actor = await access.local_actor()
    assert (actor.roles, actor.server_admin, actor.user_id) == ({"acme": Role.ADMIN}, True, None)


async def test_one_organisations_token_is_an_actor_of_it_alone(access: Access, owner: Owner, clock: FakeClock) -> None:
    await owner.add_organisation("acme", "Acme")
    await owner.add_organisation("other", "Other")
    token = await owner.add_token("acme", Role.ANALYST, frozenset({"metrics"}), 90, "ci")
    assert token.expires_at == clock.now + timedelta(days=90)
    actor = await access.actor_of_token(token.token)
    assert actor is not None
    assert (actor.roles, actor.scopes) == ({"acme": Role.ANALYST}, METRICS)
    assert (actor.user_id, actor.server_admin) == (None, False)


async def test_a_token_over_all_organisations_reads_metrics_and_holds_no_role(access: Access, owner: Owner) -> None:
    await owner.add_organisation("acme", "Acme")
    token = await owner.add_token(None, None, frozenset(), 90)
    actor = await access.actor_of_token(token.token)
    assert actor is not None
    assert (actor.roles, actor.scopes, token.scopes) == ({}, METRICS, METRICS)


async def test_a_token_of_one_organisation_may_have_a_scope_and_no_role(access: Access, owner: Owner) -> None:
    await owner.add_organisation("acme", "Acme")
    token = await owner.add_token("acme", None, METRICS, 90)
    actor = await access.actor_of_token(token.token)
    assert actor is not None
    assert (actor.roles, actor.scopes, actor.scoped_to) == ({}, METRICS, "acme")


async def test_a_token_can_be_recognised_and_is_long_enough(access: Access, owner: Owner) -> None:
    token = await owner.add_token(None, None, frozenset(), 1)
    assert token.token.startswith("chsh_")
    assert len(token.token) >= len("chsh_") + 43  # 256 bits in base64
    assert token.token not in repr(token)


async def test_an_expired_or_revoked_token_is_nobody(access: Access, owner: Owner, clock: FakeClock) -> None:
    revoked, expired = [await owner.add_token(None, None, frozenset(), 1) for _ in range(2)]
    await owner.tokens.revoke(await owner.actor(), None, revoked.id)
    assert await access.actor_of_token(revoked.token) is None
    assert await access.actor_of_token(expired.token) is not None
    clock.advance(days=1)
    assert await access.actor_of_token(expired.token) is None
    states = [token.state for token in await owner.tokens.list(await owner.actor(), None)]
    assert states == [TokenState.EXPIRED, TokenState.REVOKED]


@pytest.mark.parametrize("bearer", ["", "chsh_", "chsh_made-up", "made-up", "chsh_\ud800"])
async def test_a_bearer_that_was_never_given_is_nobody(access: Access, bearer: str) -> None:
    assert await access.actor_of_token(bearer) is None


async def test_a_session_is_no_bearer_token_nor_the_other_way_round(access: Access, owner: Owner) -> None:
    await owner.add_user("mina", PASSWORD)
    token = await owner.add_token(None, None, frozenset(), 1)
    assert await access.actor_of_token(await access.sign_in("mina", PASSWORD)) is None
    assert await access.actor_of_session(token.token) is None


async def test_what_a_token_cannot_be_is_named(access: Access, owner: Owner) -> None:
    await owner.add_organisation("acme", "Acme")
    scopes: frozenset[str] = frozenset()
    for days in (0, -1, 3651):
        assert await _refused(owner.add_token("acme", Role.VIEWER, scopes, days)) == "days"
    assert await _refused(owner.add_token("acme", Role.VIEWER, frozenset({"write"}), 1)) == "scope"
    assert await _refused(owner.add_token("acme", None, scopes, 1)) == "role"
    assert await _refused(owner.add_token(None, Role.ADMIN, scopes, 1)) == "role"
    with pytest.raises(NotFound):
        await owner.add_token("none", Role.VIEWER, scopes, 1)


async def _refused(call: "object") -> str:
    with pytest.raises(InvalidInput) as refusal:
        await call  # type: ignore[misc]  # any of the coroutines above
    (field,) = refusal.value.fields
    return field.field


async def test_an_account_is_not_counted_under_many_names(access: Access, owner: Owner) -> None:
    """Invisible signs are no part of a name; enough of them would push the rest out of what is counted."""
    await owner.add_user("sara", "correct horse")
    with pytest.raises(Unauthenticated):
        await access.sign_in("sa" + "\u200d" * 400 + "ra", "correct horse")


@pytest.mark.parametrize("name", ["command line", "Command\u200cLine", "start", "token:ci", "Token:ci"])
async def test_nobody_is_called_as_the_trail_calls_a_program(owner: Owner, name: str) -> None:
    with pytest.raises(Conflict, match="user_taken"):
        await owner.add_user(name, None)


async def test_an_address_where_a_link_let_somebody_in_is_held_up_by_no_stranger(access: Access, owner: Owner) -> None:
    await owner.add_user("Mina", PASSWORD)
    user = await access._people.user("mina")
    assert user is not None
    home, elsewhere = Visitor("10.0.0.7", None), Visitor("192.0.2.1", None)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await access.sign_in("mina", "guessed", elsewhere)
    with pytest.raises(TooManyRequests):
        await access.sign_in("mina", PASSWORD, home)
    await access.open_session(user, home, "link")
    assert await access.sign_in("mina", PASSWORD, home)


@pytest.mark.parametrize("how", ["password", "disabled"])
async def test_a_sign_in_that_was_under_way_is_ended_with_the_sessions(
    access: Access, owner: Owner, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owner.add_user("mina", PASSWORD)
    user = await access._people.user("mina")
    assert user is not None
    matches = access._passwords.matches

    async def late(password: str, password_hash: str | None) -> bool:
        right = await matches(password, password_hash)
        monkeypatch.undo()
        if how == "password":
            await access._people.set_password(user.id, "another hash")
        else:
            await owner.accounts.disable(await owner.actor(), "mina")
        return right

    monkeypatch.setattr(access._passwords, "matches", late)
    with pytest.raises(Unauthenticated):
        await access.sign_in("mina", PASSWORD)
