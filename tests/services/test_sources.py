"""The service over a real database: what outlives a restart, what a change resets, and who may ask."""

import sqlite3
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.errors import BreakerOpen, Forbidden, InvalidInput, NotFound, SourceError
from core.models import Actor, BreakerConfig, Proof, Role, Source, SourceDraft, Status
from core.storage.sources import SourceRepository
from tests.fakes import Step
from tests.services.assembly import Product, product

PACE_S = 5
ADMIN = Actor("tester", {"main": Role.ADMIN})
DRAFT = SourceDraft("fake", "orders", {"host": "there", "password": "Zq7-never-shown"})


def create(made: Product, draft: SourceDraft = DRAFT) -> Source:
    runtime = made.runtime
    runtime.run(runtime.access.ensure_organisation("main", "Main"))
    return runtime.run(runtime.sources.create(ADMIN, "main", draft))


def ping(made: Product, source: Source) -> Any:
    return made.runtime.run(made.runtime.sources.ping(ADMIN, "main", source.id))


def get(made: Product, source: Source) -> Source:
    return made.runtime.run(made.runtime.sources.get(ADMIN, "main", source.id))


def test_figures_and_evidence_outlive_a_restart(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        ping(made, source)
        made.other_end.will(Step.AUTH)
        ping(made, source)
        before = get(made, source)
    with product(tmp_path) as made:
        after = get(made, source)
        assert (after.figures, after.status, after.message) == (before.figures, Status.ERROR, before.message)
        assert after.diagnosis == before.diagnosis
        assert (after.evidence_ts, after.evidence_by) == (before.evidence_ts, Proof.PING)
        made.other_end.will(Step.OK)
        ping(made, source)
        assert get(made, source).figures.calls_total == 3


def test_the_evidence_says_by_what_it_came(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        assert get(made, source).evidence_by is None
        made.runtime.run(made.runtime.sources.sample(ADMIN, "main", source.id, {}))
        assert get(made, source).evidence_by is Proof.SAMPLE
        ping(made, source)
        assert get(made, source).evidence_by is Proof.PING
        made.other_end.will(Step.AUTH)
        with pytest.raises(SourceError):
            made.runtime.run(made.runtime.sources.sample(ADMIN, "main", source.id, {}))
        assert (get(made, source).status, get(made, source).evidence_by) == (Status.ERROR, Proof.SAMPLE)


def test_a_source_is_what_it_was_after_a_restart(tmp_path: Path) -> None:
    draft = SourceDraft("fake", "نام", {"host": "h"}, "d", ("a", "b"), 300, True, BreakerConfig(2, 9))
    with product(tmp_path) as made:
        before = create(made, draft)
    with product(tmp_path) as made:
        assert get(made, before) == before


def test_what_is_noted_is_told_with_its_author_and_stays_theirs(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)

        def change(who: Actor, note: dict[str, Any] | None) -> Source:
            return made.runtime.run(made.runtime.sources.update(who, "main", source.id, {"note": note}))

        mina, navid = (Actor(name, {"main": Role.EDITOR}) for name in ("mina", "navid"))
        first = change(mina, {"text": "in repair"}).note
        assert change(navid, {"text": "in repair"}).note == first  # nothing new: nobody else's words
        assert change(navid, {"text": "still in repair"}).note is not None
        assert change(mina, None).note is None
        assert change(mina, None).note is None
        events = made.runtime.run(made.runtime.sources.events(ADMIN, "main", source.id))
        assert [(event.type, event.data["actor"], event.data["text"]) for event in events] == [
            ("note", "mina", None),
            ("note", "navid", "still in repair"),
            ("note", "mina", "in repair"),
        ]


def test_another_configuration_closes_the_breaker_and_forgets_the_evidence(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        made.other_end.will(Step.FAIL)
        ping(made, source)
        assert ping(made, source).status is Status.SUSPENDED
        changes = {"config": {"host": "elsewhere", "password": None}}
        changed = made.runtime.run(made.runtime.sources.update(ADMIN, "main", source.id, changes))
        assert (changed.status, changed.state, changed.message) == (Status.UNKNOWN, "closed", None)
        assert changed.figures.calls_total == 2
        assert ping(made, source).ok
        assert made.other_end.requests[-1] == ("ping", "elsewhere")


def test_a_change_of_words_alone_leaves_the_breaker_open(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        made.other_end.will(Step.FAIL)
        ping(made, source)
        ping(made, source)
        made.runtime.run(made.runtime.sources.update(ADMIN, "main", source.id, {"description": "x"}))
        with pytest.raises(BreakerOpen):
            ping(made, source)


def test_a_configuration_sent_back_as_it_is_leaves_evidence_and_connector(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        ping(made, source)
        changes = {"description": "x", "config": dict(get(made, source).config)}
        changed = made.runtime.run(made.runtime.sources.update(ADMIN, "main", source.id, changes))
        assert (changed.status, changed.description) == (Status.HEALTHY, "x")
        ping(made, source)
        assert made.other_end.built == 1


def test_a_configuration_sent_back_as_it_is_leaves_the_breaker_open(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        made.other_end.will(Step.FAIL)
        ping(made, source)
        ping(made, source)
        made.runtime.run(made.runtime.sources.update(ADMIN, "main", source.id, {"config": {"password": {"set": True}}}))
        with pytest.raises(BreakerOpen):
            ping(made, source)


def test_what_happened_is_told_newest_first(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        ping(made, source)
        made.other_end.will(Step.FAIL)
        ping(made, source)
        ping(made, source)
        events = made.runtime.run(made.runtime.sources.events(ADMIN, "main", source.id))
    told = [(event.type, event.data.get("status"), event.data.get("to")) for event in events]
    breaker, failed, well = ("breaker", None, "open"), ("status", "error", None), ("status", "healthy", None)
    assert told == [("incident", None, "opened"), breaker, failed, well]
    assert [event.data.get("diagnosis", {}).get("code") for event in events] == [
        None,
        "unreachable",
        "unreachable",
        None,
    ]


def test_a_status_that_stays_is_no_news(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        for _ in range(5):
            ping(made, source)
        assert len(made.runtime.run(made.runtime.sources.events(ADMIN, "main", source.id))) == 1
        past = made.runtime.run(made.runtime.history.of_source(ADMIN, "main", source.id))
        assert [sum(getattr(b, name) for b in past.buckets) for name in ("calls", "errors")] == [5, 0]


def test_a_deleted_source_ends_its_connector(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        ping(made, source)
        made.runtime.run(made.runtime.sources.delete(ADMIN, "main", source.id))
        assert made.other_end.closed == made.other_end.built
        with pytest.raises(NotFound):
            get(made, source)


def test_closing_the_product_ends_every_connector_and_job(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        create(made)
        create(made, SourceDraft("fake", "silent", {"host": "silent"}))
        made.other_end.will(Step.SILENT, host="silent")
        job = made.runtime.run(made.runtime.sources.ping_all(ADMIN, "main"))
    assert job.view().finished
    assert job.view().cancelled
    assert made.other_end.closed == made.other_end.built


def test_a_job_nobody_looks_at_any_more_stops(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        create(made)
        made.other_end.will(Step.SILENT)
        job = made.runtime.run(made.runtime.sources.ping_all(ADMIN, "main", lambda: False))
        view = made.runtime.run(job.wait())
        assert (view.cancelled, view.rows, made.other_end.cancelled) == (True, (), 1)


def test_a_job_that_was_cancelled_keeps_the_answers_that_came(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        create(made)
        create(made, SourceDraft("fake", "silent", {"host": "silent"}))
        made.other_end.will(Step.SILENT, host="silent")
        job = made.runtime.run(made.runtime.sources.ping_all(ADMIN, "main"))
        made.runtime.run(anext(aiter(job.results())))  # type: ignore[arg-type]  # an awaitable that is a coroutine
        view = made.runtime.run(job.wait())
        assert [row.name for row in view.rows] == ["orders"]


def test_a_job_is_found_again_by_members_only(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        create(made)
        job = made.runtime.run(made.runtime.sources.ping_all(ADMIN, "main"))
        assert made.runtime.sources.job(ADMIN, job.id) is job
        assert made.runtime.sources.job(Actor("x", {"other": Role.ADMIN}), job.id) is None
        assert made.runtime.sources.job(ADMIN, uuid4()) is None


def test_a_draft_made_in_code_is_held_to_the_same_rules(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        with pytest.raises(InvalidInput) as raised:
            create(made, SourceDraft("fake", " ", {}, breaker=BreakerConfig(0, 0)))
        named = [field.field for field in raised.value.fields]
        assert named == ["name", "breaker.failure_threshold", "breaker.timeout_seconds"]


async def climbed(sources: Any, who: Actor, source_id: UUID) -> None:
    """To its end: a second ladder would be refused meanwhile."""
    await (await sources.diagnose(who, "main", source_id)).wait()


CALLS: dict[str, tuple[Role, Any]] = {
    "list": (Role.VIEWER, lambda sources, who, uid: sources.list(who, "main")),
    "get": (Role.VIEWER, lambda sources, who, uid: sources.get(who, "main", uid)),
    "metrics": (Role.VIEWER, lambda sources, who, uid: sources.metrics(who, "main", uid)),
    "health": (Role.VIEWER, lambda sources, who, uid: sources.health(who, "main")),
    "events": (Role.VIEWER, lambda sources, who, uid: sources.events(who, "main", uid)),
    "ping": (Role.ANALYST, lambda sources, who, uid: sources.ping(who, "main", uid)),
    "diagnose": (Role.ANALYST, lambda sources, who, uid: climbed(sources, who, uid)),
    "ladder": (Role.VIEWER, lambda sources, who, uid: sources.ladder(who, "main", uid)),
    "ping_all": (Role.ANALYST, lambda sources, who, uid: sources.ping_all(who, "main")),
    "sample": (Role.ANALYST, lambda sources, who, uid: sources.sample(who, "main", uid, {})),
    "last_sample": (Role.ANALYST, lambda sources, who, uid: sources.last_sample(who, "main", uid)),
    "create": (
        Role.EDITOR,
        lambda sources, who, uid: sources.create(who, "main", SourceDraft("fake", str(uuid4()), {})),
    ),
    "set_breaker": (
        Role.EDITOR,
        lambda sources, who, uid: sources.set_breaker(who, "main", uid, {"action": "reset", "reason": "x"}),
    ),
    "update": (Role.EDITOR, lambda sources, who, uid: sources.update(who, "main", uid, {"description": "x"})),
    "test": (Role.EDITOR, lambda sources, who, uid: sources.test(who, "main", "fake", {})),
    "delete": (Role.ADMIN, lambda sources, who, uid: sources.delete(who, "main", uid)),
}


def refusal(made: Product, call: Any, who: Actor, source_id: UUID) -> type[Exception] | None:
    try:
        made.runtime.run(call(made.runtime.sources, who, source_id))
    except (Forbidden, NotFound) as err:
        return type(err)
    return None


def test_every_call_asks_for_the_role_it_needs(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        for name, (least, call) in CALLS.items():
            for role in Role:
                made.clock.advance(PACE_S)
                found = refusal(made, call, Actor("x", {"main": role}), source.id)
                assert found is (None if role >= least else Forbidden), (name, role)
            assert refusal(made, call, Actor("x", {"other": Role.ADMIN}), source.id) is NotFound, name
            assert refusal(made, call, Actor("x", server_admin=True), source.id) is NotFound, name


def test_a_source_of_a_kind_that_is_gone_errs_alone(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        gone, here = create(made), create(made, SourceDraft("fake", "invoices", {"host": "here"}))
    with sqlite3.connect(tmp_path / "cheshmeh.db") as database:
        database.execute("UPDATE sources SET kind = 'gone' WHERE name = 'orders'")
    with product(tmp_path) as made:
        run, sources = made.runtime.run, made.runtime.sources
        assert len(run(sources.list(ADMIN, "main")).items) == 2
        assert str(ping(made, gone).message.key) == "error.internal.misfit"
        assert ping(made, here).ok
        assert {source.status for source in run(sources.health(ADMIN, "main")).sources} == {
            Status.ERROR,
            Status.HEALTHY,
        }
        run(sources.delete(ADMIN, "main", gone.id))
        assert [source.name for source in run(sources.list(ADMIN, "main")).items] == ["invoices"]


@pytest.mark.parametrize("how", ["damaged", "misfit"])
def test_a_configuration_that_is_of_no_use_any_more_can_be_entered_again(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with product(tmp_path) as made:
        source = create(made)
    if how == "damaged":
        with sqlite3.connect(tmp_path / "cheshmeh.db") as database:
            database.execute("UPDATE sources SET ciphertext = X'00'")
    else:
        monkeypatch.setattr(SourceRepository, "config", lambda *_: {"host": "here", "password": "old", "gone": 1})
    with product(tmp_path) as made:
        run, sources = made.runtime.run, made.runtime.sources
        assert str(ping(made, source).message.key).startswith("error.internal.")
        run(sources.update(ADMIN, "main", source.id, {"config": {"host": "new", "password": "fresh"}}))
    monkeypatch.undo()
    with product(tmp_path) as made:
        assert get(made, source).config["host"] == "new"
        assert ping(made, source).ok


def test_of_a_misfit_no_secret_is_kept_unseen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with product(tmp_path) as made:
        source = create(made)
        monkeypatch.setattr(SourceRepository, "config", lambda *_: {"host": "here", "password": "old", "gone": 1})
        with pytest.raises(InvalidInput) as refused:
            made.runtime.run(made.runtime.sources.update(ADMIN, "main", source.id, {"config": {"host": "new"}}))
        assert [each.field for each in refused.value.fields] == ["config.password"]
