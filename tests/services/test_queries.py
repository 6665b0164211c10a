"""Saved queries, their approval, and the policy that lets nothing else run."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from core.errors import Conflict, Forbidden, InvalidInput, NotFound, PreconditionFailed, QueryRefused
from core.models import Actor, QueryStatus, Role, SamplePolicy, SavedQuery, SourceDraft
from core.storage.runs import RunRepository
from tests.services.assembly import Product, product

ADMIN = Actor("نگار", {"main": Role.ADMIN, "other": Role.ADMIN}, address="10.1.2.3")
SARA, REZA = Actor("سارا", {"main": Role.ANALYST}), Actor("رضا", {"main": Role.ANALYST})
TABLE = {"table": "orders"}


@dataclass(frozen=True)
class House:
    made: Product
    source: UUID

    def run(self, coroutine: Any) -> Any:
        return self.made.runtime.run(coroutine)

    @property
    def queries(self) -> Any:
        return self.made.runtime.queries

    def save(self, actor: Actor = SARA, name: str = "orders", **changes: Any) -> SavedQuery:
        draft = {"name": name, "source_id": str(self.source), "params": TABLE, "shared": True, **changes}
        found: SavedQuery = self.run(self.queries.save(actor, "main", draft))
        return found

    def sample(self, params: Any, actor: Actor = SARA) -> bool:
        """Whether it was let through."""
        try:
            self.run(self.made.runtime.sources.sample(actor, "main", self.source, params))
        except QueryRefused as err:
            if err.reason != "approved_only":
                raise
            return False
        return True

    def only_approved(self) -> None:
        self.run(self.queries.set_policy(ADMIN, "main", "approved_only"))


@pytest.fixture
def house(tmp_path: Path, database_url: str) -> Iterator[House]:
    """On each backend in turn."""
    with product(tmp_path, database_url=database_url) as made:
        for slug in ("main", "other"):
            made.runtime.run(made.runtime.access.ensure_organisation(slug, slug))
        draft = SourceDraft("fake", "shop", {"host": "there", "password": "Zq7-never-shown"})
        source = made.runtime.run(made.runtime.sources.create(ADMIN, "main", draft))
        yield House(made, source.id)


def test_a_query_is_saved_with_who_and_what(house: House) -> None:
    saved = house.save()
    assert (saved.name, saved.owner, saved.status, saved.version) == ("orders", "سارا", QueryStatus.DRAFT, 1)
    assert (saved.source_id, saved.source_name, saved.kind, saved.params) == (house.source, "shop", "fake", TABLE)
    assert house.run(house.queries.get(REZA, "main", saved.id)) == saved


def test_a_name_is_taken_however_it_is_spelled(house: House) -> None:
    house.save(name="فروش يك")
    with pytest.raises(Conflict, match="query_taken"):
        house.save(REZA, name="فروش  یک")


def test_a_private_query_is_nobody_elses_until_it_is_handed_in(house: House) -> None:
    saved, run, queries = house.save(shared=False), house.run, house.queries
    for actor in (REZA, ADMIN):
        assert run(queries.list(actor, "main")) == ()
    with pytest.raises(NotFound):
        run(queries.get(REZA, "main", saved.id))
    assert run(queries.get(ADMIN, "main", saved.id)).id == saved.id  # whoever was given the id of it
    run(queries.request(SARA, "main", saved.id))
    assert [query.id for query in run(queries.list(ADMIN, "main"))] == [saved.id]
    assert run(queries.list(REZA, "main")) == ()


def test_the_approved_ones_come_first_and_those_of_one_source_alone(house: House) -> None:
    for name in ("تهران", "آب", "پرواز", "یزد"):  # in their alphabet, where پ stands before ت
        saved = house.save(name=name)
    house.run(house.queries.approve(ADMIN, "main", saved.id))
    named = [query.name for query in house.run(house.queries.list(SARA, "main"))]
    assert named == ["یزد", "آب", "پرواز", "تهران"]
    assert house.run(house.queries.list(SARA, "main", uuid4())) == ()


def test_only_whoever_saved_it_or_an_administrator_changes_and_deletes(house: House) -> None:
    saved, run, queries = house.save(), house.run, house.queries
    with pytest.raises(Forbidden):
        run(queries.update(REZA, "main", saved.id, {"name": "mine"}))
    with pytest.raises(Forbidden):
        run(queries.delete(REZA, "main", saved.id))
    assert run(queries.update(ADMIN, "main", saved.id, {"name": "ours"})).name == "ours"
    run(queries.delete(SARA, "main", saved.id))
    assert run(queries.list(SARA, "main")) == ()


def test_another_text_or_type_makes_a_draft_of_it_and_another_name_does_not(house: House) -> None:
    saved, run, queries = house.save(), house.run, house.queries

    def after(**changes: Any) -> QueryStatus:
        run(queries.approve(ADMIN, "main", saved.id))
        status: QueryStatus = run(queries.update(SARA, "main", saved.id, changes)).status
        return status

    assert after(name="renamed", shared=False) is QueryStatus.APPROVED
    assert after(params={"table": "invoices"}) is QueryStatus.DRAFT
    changed = run(queries.get(SARA, "main", saved.id))
    assert (changed.decided_by, changed.decided_at) == (None, None)


def test_only_what_was_read_is_approved(house: House) -> None:
    saved, run, queries = house.save(), house.run, house.queries
    run(queries.update(SARA, "main", saved.id, {"params": {"table": "salaries"}}))
    with pytest.raises(PreconditionFailed):
        run(queries.approve(ADMIN, "main", saved.id, saved.version))
    assert run(queries.get(SARA, "main", saved.id)).status is QueryStatus.DRAFT


def test_what_is_approved_needs_no_request(house: House) -> None:
    saved, run, queries = house.save(), house.run, house.queries
    run(queries.approve(ADMIN, "main", saved.id))
    with pytest.raises(Conflict, match="query_approved"):
        run(queries.request(SARA, "main", saved.id))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"source_id": str(uuid4())}, "source_id"),
        ({"source_id": "one"}, "source_id"),
        ({"params": {"tables": "orders"}}, "params.tables"),
        ({"params": {"table": {"$param": "t"}}, "parameters": {"t": "string"}}, "params.table"),
        ({"parameters": {"t": "string"}}, "parameters.t"),
        ({"parameters": {"t": "text"}}, "parameters.t"),
        ({"params": {"table": "Zq7-never-shown"}}, "params"),
        ({"params": {"table": "x" * 200_001}}, "params"),
        ({"owner": "me"}, "owner"),
    ],
)
def test_what_is_wrong_is_named_and_not_kept(house: House, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        house.save(**changes)
    assert [each.field for each in refused.value.fields] == [field]
    assert house.run(house.queries.list(SARA, "main")) == ()


def test_under_the_policy_only_what_is_approved_runs_whoever_asks(house: House) -> None:
    run, queries = house.run, house.queries
    assert house.sample({"table": "anything"})
    house.only_approved()
    saved = house.save()
    assert [house.sample(TABLE, who) for who in (SARA, ADMIN)] == [False, False]
    run(queries.request(SARA, "main", saved.id))
    assert not house.sample(TABLE)
    run(queries.approve(ADMIN, "main", saved.id))
    assert (house.sample({**TABLE, "limit": 7}), house.sample({"table": "Orders"})) == (True, False)
    run(queries.revoke(ADMIN, "main", saved.id))
    assert not house.sample(TABLE)
    run(queries.set_policy(ADMIN, "main", "open"))
    assert house.sample({"table": "anything"})


def test_a_refused_request_never_reaches_the_source(house: House) -> None:
    house.only_approved()
    assert not house.sample(TABLE)
    with pytest.raises(QueryRefused):
        house.run(house.made.runtime.sources.check_sample(SARA, "main", house.source, TABLE))
    assert house.made.other_end.requests == []


def test_what_was_seen_before_is_not_shown_when_it_was_not_approved(house: House) -> None:
    sources = house.made.runtime.sources
    assert house.sample(TABLE)
    assert house.run(sources.last_sample(SARA, "main", house.source)) is not None
    house.only_approved()
    assert house.run(sources.last_sample(SARA, "main", house.source)) is None
    house.run(house.queries.approve(ADMIN, "main", house.save().id))
    assert house.run(sources.last_sample(SARA, "main", house.source)) is not None


def test_approval_is_of_one_source(house: House) -> None:
    draft = SourceDraft("fake", "second", {"host": "elsewhere"})
    second = house.run(house.made.runtime.sources.create(ADMIN, "main", draft))
    house.only_approved()
    saved = house.save(source_id=str(second.id))
    house.run(house.queries.approve(ADMIN, "main", saved.id))
    assert not house.sample(TABLE)


def test_a_query_goes_with_its_source(house: House) -> None:
    saved = house.save()
    house.run(house.made.runtime.sources.delete(ADMIN, "main", house.source))
    assert house.run(house.queries.list(ADMIN, "main")) == ()
    with pytest.raises(NotFound):
        house.run(house.queries.get(SARA, "main", saved.id))


def test_the_policy_is_each_organisations_own(house: House) -> None:
    run, queries = house.run, house.queries
    house.only_approved()
    found = [run(queries.policy(ADMIN, slug)) for slug in ("main", "other")]
    assert found == [SamplePolicy.APPROVED_ONLY, SamplePolicy.OPEN]
    with pytest.raises(InvalidInput):
        run(queries.set_policy(ADMIN, "main", "closed"))


def test_ones_own_runs_are_kept_with_what_came_of_them_and_without_the_answer(house: House) -> None:
    sources = house.made.runtime.sources
    house.made.other_end.cell = "Zq9-never-stored"
    house.sample({"table": "first"})
    house.sample({"table": "Zq7-never-shown"})
    house.only_approved()
    house.sample({"table": "refused"})
    house.sample({"table": "theirs"}, REZA)
    runs = house.run(sources.runs(SARA, "main", house.source))
    assert [(run.params, run.code, run.rows) for run in runs] == [
        ({"table": "refused"}, "query_refused", None),
        ({"table": "•••"}, None, 1),
        ({"table": "first"}, None, 1),
    ]
    assert len(house.run(sources.runs(REZA, "main", house.source))) == 1
    assert "never-stored" not in str(runs)


def test_what_is_too_long_is_kept_without_its_request_and_runs_go_with_their_source(house: House) -> None:
    sources = house.made.runtime.sources
    house.sample({"table": "x" * 5000})
    (run,) = house.run(sources.runs(SARA, "main", house.source))
    assert (run.params, run.rows) == (None, 1)
    house.run(sources.delete(ADMIN, "main", house.source))
    with pytest.raises(NotFound):
        house.run(sources.runs(SARA, "main", house.source))


def test_an_answer_waits_for_no_run_to_be_written_and_who_reads_runs_does(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, answered = RunRepository.add, asyncio.Event()

    async def late(self: RunRepository, *run: Any) -> None:
        await answered.wait()
        await write(self, *run)

    async def reads() -> Any:
        reading = asyncio.create_task(house.made.runtime.sources.runs(SARA, "main", house.source))
        done, _ = await asyncio.wait([reading], timeout=0.1)
        answered.set()
        return done, await reading

    monkeypatch.setattr(RunRepository, "add", late)
    house.sample(TABLE)
    before, runs = house.run(reads())
    assert (before, [run.params for run in runs]) == (set(), [TABLE])


def test_who_stops_waiting_for_runs_takes_none_away_from_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    write, go_on = RunRepository.add, asyncio.Event()

    async def late(self: RunRepository, *run: Any) -> None:
        await go_on.wait()
        await write(self, *run)

    async def reads() -> Any:
        left, other = (asyncio.create_task(house.made.runtime.sources.runs(SARA, "main", house.source)) for _ in "ab")
        await asyncio.wait([left, other], timeout=0.1)
        left.cancel()
        await asyncio.wait([left])
        go_on.set()
        return await other

    monkeypatch.setattr(RunRepository, "add", late)
    house.sample(TABLE)
    assert [run.params for run in house.run(reads())] == [TABLE]


def test_a_run_that_cannot_be_kept_takes_no_answer_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_run: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("disk is full"))

    monkeypatch.setattr(RunRepository, "add", away)
    with capture_logs() as logs:
        assert house.sample(TABLE)
        assert house.run(house.made.runtime.sources.runs(SARA, "main", house.source)) == ()
    assert [(line["event"], line["error"]) for line in logs] == [("run_not_kept", "OperationalError")]


def test_a_run_outlives_the_end_of_the_process_that_comes_at_once(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        made.runtime.run(made.runtime.access.ensure_organisation("main", "main"))
        source = made.runtime.run(
            made.runtime.sources.create(ADMIN, "main", SourceDraft("fake", "shop", {"host": "h"}))
        )
        House(made, source.id).sample(TABLE)
    with product(tmp_path) as made:
        assert len(made.runtime.run(made.runtime.sources.runs(SARA, "main", source.id))) == 1


def test_everything_that_was_done_is_in_the_trail(house: House) -> None:
    run, queries, saved = house.run, house.queries, house.save()
    run(queries.update(SARA, "main", saved.id, {"name": "renamed"}))
    run(queries.request(SARA, "main", saved.id))
    run(queries.approve(ADMIN, "main", saved.id))
    run(queries.revoke(ADMIN, "main", saved.id))
    run(queries.delete(ADMIN, "main", saved.id))
    house.only_approved()
    lines = run(house.made.runtime.audit.lines(ADMIN, "main")).items[:7]
    assert [(line.action, line.actor) for line in lines] == [
        ("policy.update", "نگار"),
        ("query.delete", "نگار"),
        ("query.revoke", "نگار"),
        ("query.approve", "نگار"),
        ("query.request", "سارا"),
        ("query.update", "سارا"),
        ("query.create", "سارا"),
    ]
    assert (lines[0].before, lines[0].after) == ({"samples": "open"}, {"samples": "approved_only"})
    assert (lines[3].before, lines[3].after) == ({"status": "requested"}, {"status": "approved"})
    assert lines[6].after is not None
    assert (lines[6].target_id, lines[6].after["params"]) == (str(saved.id), TABLE)
