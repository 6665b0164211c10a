"""What a person of the provider becomes here: found by the provider's name for them, with the roles of their groups."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.access.oidc_settings import GroupRole
from core.access.secrets_once import digest
from core.access.sign_on import SignedOn, SignOn
from core.errors import CheshmehError, Unauthenticated
from core.models import Actor, Role, Visitor
from core.storage.database import Database
from core.storage.people import PeopleRepository
from core.storage.people_records import PeopleRecords
from core.storage.sign_on import SignOnRepository
from tests.access.conftest import FakeClock, Owner
from tests.access.oidc_fake import ISSUER, FakeProviderLink, oidc_settings, provider_of

pytestmark = pytest.mark.anyio
ROLES = (
    GroupRole("data", "acme", Role.EDITOR),
    GroupRole("ops", "acme", Role.ADMIN),
    GroupRole("ops", "other", Role.VIEWER),
    GroupRole("data", "nowhere", Role.ADMIN),
)
HERE = Visitor("192.0.2.7", "a browser")


@dataclass
class Desk:
    """A dashboard with two organisations, and the provider it knows."""

    owner: Owner
    everybody: PeopleRecords
    records: SignOnRepository
    link: FakeProviderLink
    settings: dict[str, Any] = field(default_factory=lambda: {"roles": ROLES})

    @property
    def people(self) -> PeopleRepository:
        return self.everybody.people

    @property
    def sign_on(self) -> SignOn:
        provider, settings = provider_of(self.link, **self.settings), oidc_settings(**self.settings)
        return SignOn(
            settings, provider, self.records, self.everybody, self.owner.access, self.owner.audit, self.link.clock
        )

    def is_in(self, *groups: str, **claims: Any) -> None:
        self.link.claims = {"preferred_username": "mina", "groups": list(groups), **claims}

    async def comes_in(self) -> Actor:
        done = await self.signs_in()
        actor = await self.owner.access.actor_of_session(done.token)
        assert actor is not None
        return actor

    async def signs_in(self) -> SignedOn:
        sign_on = self.sign_on
        begun = await sign_on.begin("/source?source=1")
        return await sign_on.finish(begun.secret, self.link.visited(begun.url), HERE)

    async def refusal(self) -> str:
        with pytest.raises(CheshmehError) as refused:
            await self.signs_in()
        return str(refused.value)

    async def names(self) -> list[str]:
        return [user.name for user in await self.people.users()]

    async def told(self, org: str | None) -> list[tuple[Any, ...]]:
        """Of each line of the trail since the organisations were made: what, before, after."""
        lines = [line for line in await self.owner.lines(org) if line.action != "organisation.create"]
        assert {(line.actor, line.address) for line in lines} <= {("mina", HERE.address)}
        return [(line.action, line.before, line.after) for line in lines]


@pytest.fixture
async def desk(database: Database, owner: Owner, clock: FakeClock) -> Desk:
    for slug in ("acme", "other"):
        await owner.add_organisation(slug, slug)
    return Desk(owner, PeopleRecords.of(database), SignOnRepository(database), FakeProviderLink(clock))


async def test_who_comes_for_the_first_time_gets_the_roles_of_their_groups(desk: Desk) -> None:
    desk.is_in("data", "strangers")
    actor = await desk.comes_in()
    assert (actor.name, actor.roles, actor.server_admin) == ("mina", {"acme": Role.EDITOR}, False)
    held = {"role": "editor", "origin": "oidc"}
    assert await desk.told("acme") == [("member.add", None, held)]
    assert await desk.told(None) == [
        ("user.create", None, {"server_admin": False, "issuer": ISSUER}),
        ("session.open", None, {"method": "oidc"}),
    ]


async def test_of_very_many_that_begin_the_oldest_are_forgotten(
    desk: Desk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.storage.sign_on.ATTEMPTS_MAX", 3)
    begun = []
    for number in range(5):
        begun.append(await desk.sign_on.begin(f"/{number}"))
        desk.link.clock.advance(seconds=1)
    used = [await desk.records.use_attempt(digest(each.secret), desk.link.clock()) for each in begun]
    assert used == [None, None, "/2", "/3", "/4"]


async def test_who_comes_again_is_the_same_whatever_they_are_called_now(desk: Desk) -> None:
    desk.is_in("data")
    first = await desk.comes_in()
    desk.is_in("data", preferred_username="mina of acme", email="other@acme.test")
    assert (await desk.comes_in()).user_id == first.user_id
    assert await desk.names() == ["mina"]
    assert len(await desk.told("acme")) == 1


async def test_another_subject_is_another_person_even_of_the_same_name(desk: Desk) -> None:
    desk.is_in("data")
    first = await desk.comes_in()
    desk.is_in("data", sub="8")
    desk.link.userinfo["sub"] = "8"
    assert (await desk.comes_in()).user_id != first.user_id
    assert await desk.names() == ["mina", "mina (2)"]


@pytest.mark.parametrize("name", ["root", "ROOT ", "root@acme.test"])
async def test_nobody_becomes_a_local_account_by_its_name(desk: Desk, name: str) -> None:
    await desk.owner.add_user("root", "correct horse battery", admin=True)
    await desk.owner.add_member("acme", "root", Role.ADMIN)
    desk.is_in("data", preferred_username=name, email="root@acme.test", email_verified=True, name="root")
    actor = await desk.comes_in()
    assert (actor.name == "root", actor.server_admin, actor.roles) == (False, False, {"acme": Role.EDITOR})


async def test_of_several_groups_the_highest_role_counts(desk: Desk) -> None:
    desk.is_in("ops", "data")
    assert (await desk.comes_in()).roles == {"acme": Role.ADMIN, "other": Role.VIEWER}


async def test_groups_that_change_change_the_roles_and_what_was_given_here_stays(desk: Desk) -> None:
    desk.is_in("ops")
    early = await desk.signs_in()
    desk.is_in("data")
    assert (await desk.comes_in()).roles == {"acme": Role.EDITOR}
    # It acts at once, in the sessions of before as well.
    actor = await desk.owner.access.actor_of_session(early.token)
    assert actor is not None
    assert actor.roles == {"acme": Role.EDITOR}
    [_, changed] = await desk.told("acme")
    told = [{"role": role, "origin": "oidc"} for role in ("admin", "editor")]
    assert changed == ("member.role", *told)
    assert (await desk.told("other"))[1] == ("member.remove", {"role": "viewer", "origin": "oidc"}, None)


async def test_a_role_given_here_is_neither_raised_nor_taken_by_groups(desk: Desk) -> None:
    desk.is_in("data")
    await desk.comes_in()
    await desk.owner.add_member("other", "mina", Role.ANALYST)
    for groups in (["ops"], []):
        desk.is_in(*groups)
        assert (await desk.comes_in()).roles["other"] is Role.ANALYST
    assert (await desk.comes_in()).roles == {"other": Role.ANALYST}


async def test_who_is_in_no_group_any_more_is_refused_and_loses_the_role(desk: Desk) -> None:
    desk.is_in("data")
    early = await desk.signs_in()
    desk.is_in()
    assert await desk.refusal() == "forbidden.sign_on_no_role"
    actor = await desk.owner.access.actor_of_session(early.token)
    assert actor is not None
    assert actor.roles == {}
    assert (await desk.told(None))[-1] == ("session.refused", None, {"method": "oidc"})


@pytest.mark.parametrize("groups", [[], ["strangers"], ["DATA"]])
async def test_of_a_stranger_without_a_role_nothing_is_kept(desk: Desk, groups: list[str]) -> None:
    desk.is_in(*groups)
    assert await desk.refusal() == "forbidden.sign_on_no_role"
    assert (await desk.names(), await desk.told(None)) == ([], [])


async def test_a_server_administrator_needs_no_role(desk: Desk) -> None:
    desk.is_in("data")
    user_id = (await desk.comes_in()).user_id
    assert user_id is not None
    await desk.people.make_administrator(user_id, "no hash")
    desk.is_in()
    assert (await desk.comes_in()).server_admin


async def test_a_disabled_person_is_refused_and_stays_as_they_are(desk: Desk) -> None:
    desk.is_in("data")
    await desk.comes_in()
    await desk.owner.accounts.disable(await desk.owner.actor(), "mina")
    desk.is_in("ops")
    assert await desk.refusal() == "forbidden.sign_on_disabled"
    members = await desk.owner.members.list(await desk.owner.actor(), "acme")
    assert [member.role for member in members] == [Role.EDITOR]


@pytest.mark.parametrize(
    ("email", "verified", "said"),
    [
        ("mina@acme.test", True, None),
        ("Mina@ACME.Test", True, None),
        ("mina@چشمه.ایران", True, None),
        ("mina@xn--zgb8ag3w.xn--mgba3a4f16a", True, None),
        ("mina@acme.test", False, "forbidden.sign_on_email"),
        ("mina@acme.test", None, "forbidden.sign_on_email"),
        (None, True, "forbidden.sign_on_email"),
        ("acme.test", True, "forbidden.sign_on_email"),
        ("mina@evil.test", True, "forbidden.sign_on_domain"),
        ("mina@sub.acme.test", True, "forbidden.sign_on_domain"),
        ("mina@acme.test.evil.test", True, "forbidden.sign_on_domain"),
        ("mina@acme.test@evil.test", True, "forbidden.sign_on_domain"),
        ("mina@acme.test\0", True, "forbidden.sign_on_domain"),
        ("mina@", True, "forbidden.sign_on_domain"),
    ],
)
async def test_only_a_verified_address_of_a_known_domain_comes_in(
    desk: Desk, email: str | None, verified: bool | None, said: str | None
) -> None:
    desk.settings["domains"] = frozenset({"acme.test", "xn--zgb8ag3w.xn--mgba3a4f16a"})
    desk.is_in("data", email=email, email_verified=verified)
    desk.link.userinfo = {"sub": "7"}
    if said is None:
        assert (await desk.comes_in()).roles == {"acme": Role.EDITOR}
    else:
        assert await desk.refusal() == said
        assert await desk.names() == []


async def test_a_sign_in_leads_where_it_began_and_is_good_once(desk: Desk) -> None:
    desk.is_in("data")
    sign_on = desk.sign_on
    begun = await sign_on.begin("/source?source=1")
    answer = desk.link.visited(begun.url)
    assert (await sign_on.finish(begun.secret, answer)).target == "/source?source=1"
    asked = len(desk.link.asked)
    with pytest.raises(Unauthenticated, match="sign_on_state"):
        await sign_on.finish(begun.secret, answer)
    assert len(desk.link.asked) == asked


async def test_two_answers_at_once_are_one(desk: Desk) -> None:
    desk.is_in("data")
    sign_on = desk.sign_on
    begun = await sign_on.begin("/")
    answer = desk.link.visited(begun.url)
    ended = await asyncio.gather(*(sign_on.finish(begun.secret, answer) for _ in range(4)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in ended) == ["SignedOn", *["Unauthenticated"] * 3]


async def test_a_forged_answer_does_not_use_the_sign_in_up(desk: Desk) -> None:
    desk.is_in("data")
    sign_on = desk.sign_on
    begun, other = await sign_on.begin("/"), await sign_on.begin("/")
    answer = desk.link.visited(begun.url)
    for secret, forged in (
        (begun.secret, answer | {"state": "forged"}),
        (begun.secret, {"code": "a code"}),
        (other.secret, answer),
        (None, answer),
        ("", answer | {"state": ""}),
    ):
        with pytest.raises(Unauthenticated, match="sign_on_state"):
            await sign_on.finish(secret, forged)
    assert "token" not in desk.link.asked
    await sign_on.finish(begun.secret, answer)


async def test_a_sign_in_ends_after_ten_minutes(desk: Desk, clock: FakeClock) -> None:
    desk.is_in("data")
    for minutes in (9.9, 10):
        sign_on = desk.sign_on
        begun = await sign_on.begin("/")
        answer = desk.link.visited(begun.url)
        clock.advance(minutes=minutes)
        if minutes < 10:
            await sign_on.finish(begun.secret, answer)
    with pytest.raises(Unauthenticated, match="sign_on_state"):
        await sign_on.finish(begun.secret, answer)


async def test_a_code_that_was_refused_cannot_be_tried_again(desk: Desk) -> None:
    sign_on = desk.sign_on
    begun = await sign_on.begin("/")
    answer = desk.link.visited(begun.url)
    desk.link.status["token"], desk.link.granted = 400, {"error": "invalid_grant"}
    for said in ("sign_on_code", "sign_on_state"):
        with pytest.raises(Unauthenticated, match=said):
            await sign_on.finish(begun.secret, answer)


async def test_who_comes_for_the_first_time_twice_at_once_is_one_person(desk: Desk, clock: FakeClock) -> None:
    windows = [desk, Desk(desk.owner, desk.everybody, desk.records, FakeProviderLink(clock))]
    for window in windows:
        window.is_in("data")
    await asyncio.gather(*(window.signs_in() for window in windows))
    assert await desk.names() == ["mina"]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("  mina\n moradi ", "mina moradi"),
        ("مینا مرادی‌نژاد", "مینا مرادی‌نژاد"),
        ("mi\u202ena\ud800", "mina"),
        ("m" * 500, "m" * 90),
        ("\u200c\u0000", "user"),
    ],
)
async def test_a_name_is_made_fit_to_be_shown(desk: Desk, told: str, shown: str) -> None:
    desk.is_in("data", preferred_username=None)
    desk.link.userinfo["preferred_username"] = told
    assert (await desk.comes_in()).name == shown


async def test_the_tenth_namesake_comes_in_too(desk: Desk) -> None:
    for number in range(11):
        desk.is_in("data", sub=str(number))
        desk.link.userinfo["sub"] = str(number)
        await desk.comes_in()
    assert len(set(await desk.names())) == 11


async def test_signing_out_ends_the_session_and_goes_on_to_the_provider(desk: Desk) -> None:
    desk.is_in("data")
    token = (await desk.signs_in()).token
    assert (await desk.sign_on.leave(token) or "").startswith(f"{ISSUER}/end?")
    assert await desk.owner.access.actor_of_session(token) is None
    assert await desk.sign_on.leave(token) is None


async def test_who_came_with_a_password_is_not_sent_to_the_provider(desk: Desk) -> None:
    await desk.owner.add_user("local", "correct horse battery")
    token = await desk.owner.access.sign_in("local", "correct horse battery")
    assert await desk.sign_on.leave(token) is None
    assert await desk.owner.access.actor_of_session(token) is None
    assert await desk.sign_on.leave(None) is None


async def test_a_provider_that_is_away_keeps_nobody_from_signing_out(desk: Desk) -> None:
    desk.is_in("data")
    token = (await desk.signs_in()).token
    desk.link.gone = True
    assert await desk.sign_on.leave(token) is None
    assert await desk.owner.access.actor_of_session(token) is None


async def test_what_is_kept_of_a_sign_in_under_way_lets_nobody_finish_it(desk: Desk, database_url: str) -> None:
    begun = await desk.sign_on.begin("/")
    async with desk.records._database.read() as connection:
        rows = (await connection.exec_driver_sql("SELECT * FROM sign_on_attempts")).all()
    assert len(rows) == 1
    assert begun.secret not in str(rows)
