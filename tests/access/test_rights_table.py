"""Every public method of every service, against every role, in one's own organisation and in another's."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_type_hints

import pytest

from core.errors import CheshmehError, Forbidden, NotFound
from core.models import Actor, Role
from core.runtime import Services
from tests.access.rights_table import OVER_ALL, PASSWORD, TABLE, Needs, Row, World
from tests.people import add_member, add_organisation, add_token, add_user
from tests.services.assembly import product

OWN, FOREIGN, THIRD = "main", "second", "third"
ALLOWED = None
SERVER_ADMIN, OUTSIDER, TOKEN = "server admin", "outsider", "token"
PEOPLE = (OUTSIDER, *(role.label for role in Role), SERVER_ADMIN)
EVERYBODY = (*PEOPLE, TOKEN, "command line")
CELLS = [(name, who) for name, row in TABLE.items() if row.needs is not Needs.NOTHING for who in EVERYBODY]


@dataclass(frozen=True)
class Tried:
    """The world and everybody in it, as their sessions or tokens say who they are."""

    world: World
    actors: dict[str, Actor]

    def service(self, name: str) -> Any:
        return getattr(self.world.runtime, name.partition(".")[0])

    def outcome(self, given: Any) -> type[CheshmehError] | None:
        """What a call ends with: None when it was allowed."""
        if inspect.iscoroutine(given):
            try:
                self.world.runtime.run(given)
            except (Forbidden, NotFound) as err:
                return type(err)
            return ALLOWED
        return ALLOWED if given is not None else NotFound

    def call(self, name: str, who: str, org: str, of: str | None = None) -> type[CheshmehError] | None:
        """In `org`, about something of the organisation `of`, mostly the same."""
        row, actor = TABLE[name], self.actors[who]
        if row.of_one is not None and row.with_id is not None:
            return self.outcome(row.with_id(self.service(name), actor, org, row.of_one(self.world, of or org)))
        assert row.call is not None
        return self.outcome(row.call(self.world, self.service(name), actor, org))


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    with product(tmp_path_factory.mktemp("data")) as made:
        runtime = made.runtime
        for slug in (OWN, FOREIGN, THIRD):
            add_organisation(runtime, slug)
        add_user(runtime, "their admin", PASSWORD)
        add_member(runtime, FOREIGN, "their admin", Role.ADMIN)
        actors = {}
        for name in PEOPLE:
            add_user(runtime, name, PASSWORD, admin=name == SERVER_ADMIN)
            if name not in (OUTSIDER, SERVER_ADMIN):
                add_member(runtime, OWN, name, Role.parse(name))
            actors[name] = runtime.run(
                runtime.access.actor_of_session(runtime.run(runtime.access.sign_in(name, PASSWORD)))
            )
        secret = add_token(runtime, OWN, Role.ADMIN, frozenset({"metrics"})).token
        actors[TOKEN] = runtime.run(runtime.access.actor_of_token(secret))
        actors["command line"] = runtime.run(runtime.access.local_actor())
        yield Tried(World(runtime), actors)


def expected(row: Row, actor: Actor, org: str) -> type[CheshmehError] | None:
    held = actor.roles.get(org)
    match row.needs:
        case Role():
            return NotFound if held is None else ALLOWED if held >= row.needs else Forbidden
        case Needs.MEMBER_FINDS:
            return NotFound if held is None else ALLOWED
        case Needs.SERVER_ADMIN:
            return ALLOWED if actor.server_admin else Forbidden
        case Needs.PERSON:
            return ALLOWED if actor.user_id is not None else Forbidden
        case Needs.SCOPE:
            return ALLOWED if "metrics" in actor.scopes else Forbidden
    return ALLOWED


def public_methods() -> set[str]:
    return {
        f"{service}.{name}"
        for service, kind in get_type_hints(Services).items()
        for name, _ in inspect.getmembers(kind, callable)
        if not name.startswith("_")
    }


def test_the_table_holds_every_public_method_and_no_other() -> None:
    assert set(TABLE) == public_methods()
    assert set(OVER_ALL) <= set(TABLE)


def test_what_needs_no_rights_takes_no_actor_or_only_writes_the_audit() -> None:
    for name, row in TABLE.items():
        service, _, method = name.partition(".")
        takes_actor = "actor" in inspect.signature(getattr(get_type_hints(Services)[service], method)).parameters
        if row.needs in (Needs.NOTHING, Needs.CODE):
            assert not takes_actor or service == "audit", name
        else:
            assert takes_actor, name


@pytest.mark.parametrize(("name", "who"), CELLS)
def test_every_cell_is_as_declared(tried: Tried, name: str, who: str) -> None:
    row, actor = TABLE[name], tried.actors[who]
    for org in (OWN, FOREIGN):
        if name == "invitations.accept":
            tried.world.runtime.run(_leave_third(tried, actor))
        assert tried.call(name, who, org) is expected(row, actor, org), org


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.of_one is not None])
def test_what_is_another_organisations_is_not_found_in_ones_own(tried: Tried, name: str) -> None:
    assert tried.call(name, Role.ADMIN.label, OWN, of=FOREIGN) is NotFound


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if isinstance(row.needs, Role) and row.call])
def test_an_organisation_that_is_not_there_is_like_a_foreign_one(tried: Tried, name: str) -> None:
    for who in EVERYBODY:
        assert tried.call(name, who, "no-such") is NotFound


@pytest.mark.parametrize("name", OVER_ALL)
def test_what_concerns_the_whole_installation_is_for_server_administrators(tried: Tried, name: str) -> None:
    for who, actor in tried.actors.items():
        given = OVER_ALL[name](tried.world, tried.service(name), actor, "")
        assert tried.outcome(given) is (ALLOWED if actor.server_admin else Forbidden), who


async def _leave_third(tried: Tried, actor: Actor) -> None:
    """Who has accepted an invitation is a member: the next one would be refused for that."""
    runtime = tried.world.runtime
    owner = await runtime.access.local_actor()
    if actor.name in {member.name for member in await runtime.members.list(owner, THIRD)}:
        await runtime.members.remove(owner, THIRD, actor.name)
