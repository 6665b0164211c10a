"""Tokens as administrators see them."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core.errors import Conflict, NotFound
from core.models import Actor, Role
from core.services.tokens import TokenState
from tests.access.conftest import FakeClock, Owner

pytestmark = pytest.mark.anyio
ADMIN = Actor("mina", {"acme": Role.ADMIN}, 1)
NO_SCOPE: frozenset[str] = frozenset()


@pytest.fixture
async def acme(owner: Owner) -> Owner:
    for slug in ("acme", "other"):
        await owner.add_organisation(slug, slug)
    return owner


async def test_tokens_are_the_organisations_own_the_newest_first(acme: Owner) -> None:
    for org, name in (("acme", "first"), ("other", "theirs"), ("acme", "second"), (None, "everywhere")):
        await acme.add_token(org, Role.VIEWER if org else None, NO_SCOPE, 30, name)
    assert [token.name for token in await acme.tokens.list(ADMIN, "acme")] == ["second", "first"]
    assert [token.name for token in await acme.tokens.list(await acme.actor(), None)] == ["everywhere"]


async def test_a_token_says_by_whom_it_was_made_and_whether_it_works(acme: Owner, clock: FakeClock) -> None:
    names = {"one": 1, "two": 30, "three": 30}
    made = [await acme.tokens.create(ADMIN, "acme", name, Role.EDITOR, NO_SCOPE, names[name]) for name in names]
    await acme.tokens.revoke(ADMIN, "acme", made[1].id)
    clock.advance(days=1)
    newest, revoked, expired = await acme.tokens.list(ADMIN, "acme")
    assert [t.state for t in (newest, revoked, expired)] == [TokenState.VALID, TokenState.REVOKED, TokenState.EXPIRED]
    assert (newest.created_by, newest.role, newest.last_used_at) == ("mina", Role.EDITOR, None)
    assert newest.expires_at - newest.created_at == timedelta(days=30)
    assert made[2].token not in repr((newest, made))


async def test_only_a_token_of_ones_own_is_revoked_and_once(acme: Owner) -> None:
    theirs = await acme.add_token("other", Role.VIEWER, NO_SCOPE, 1)
    for token in (theirs.id, uuid4()):
        with pytest.raises(NotFound):
            await acme.tokens.revoke(ADMIN, "acme", token)
    assert await acme.access.actor_of_token(theirs.token) is not None
    mine = await acme.add_token("acme", Role.VIEWER, NO_SCOPE, 1)
    for _ in range(2):
        await acme.tokens.revoke(ADMIN, "acme", mine.id)
    assert [line.action for line in await acme.lines("acme")] == ["token.create", "token.revoke"]


async def test_the_life_of_a_token_is_written_down_without_its_secret(acme: Owner) -> None:
    made = await acme.tokens.create(ADMIN, "acme", "ci", Role.EDITOR, frozenset({"metrics"}), 30)
    [line] = await acme.lines("acme")
    assert (line.action, line.actor, line.target, line.target_id) == ("token.create", "mina", "ci", str(made.id))
    assert line.after == {"role": "editor", "scopes": ["metrics"], "expires_at": made.expires_at.isoformat()}
    assert made.token.removeprefix("chsh_") not in repr(line)


async def test_no_two_valid_tokens_of_an_organisation_have_one_name(acme: Owner, clock: FakeClock) -> None:
    made = await acme.add_token("acme", Role.ANALYST, NO_SCOPE, 1, "ci")
    for taken in ("ci", " CI "):
        with pytest.raises(Conflict) as refused:
            await acme.add_token("acme", Role.ANALYST, NO_SCOPE, 1, taken)
        assert (refused.value.reason, refused.value.fields[0].field) == ("token_taken", "name")
    assert len(await acme.tokens.list(ADMIN, "acme")) == 1
    await acme.add_token("other", Role.ANALYST, NO_SCOPE, 1, "ci")
    await acme.tokens.revoke(ADMIN, "acme", made.id)
    await acme.add_token("acme", Role.ANALYST, NO_SCOPE, 1, "ci")
    clock.advance(days=1)
    await acme.add_token("acme", Role.ANALYST, NO_SCOPE, 1, "ci")


async def test_programs_without_a_name_are_told_apart(acme: Owner) -> None:
    made = [await acme.add_token("acme", Role.ANALYST, NO_SCOPE, 1) for _ in range(2)]
    actors = [await acme.access.actor_of_token(token.token) for token in made]
    assert [actor and actor.name for actor in actors] == [f"token:token-{token.id.hex[:8]}" for token in made]
