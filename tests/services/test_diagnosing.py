"""The ladder as a service: beside breaker and figures, at its own pace, and what is kept of it."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import Busy, Forbidden, NotFound
from core.models import Actor, CheckStatus, Figures, LadderView, Role, Source, SourceDraft
from core.services.diagnosing import TRIALS_MAX
from tests.fakes import DEFECT_TEXT, Step
from tests.services.assembly import Product, product

ADMIN = Actor("tester", {"main": Role.ADMIN})
PACE_S = 5.0
SECRET = "Zq7-never-shown"


@pytest.fixture
def made(tmp_path: Path) -> Any:
    with product(tmp_path) as found:
        yield found


@pytest.fixture
def source(made: Product) -> Source:
    return create(made)


def create(made: Product) -> Source:
    made.runtime.run(made.runtime.access.ensure_organisation("main", "Main"))
    draft = SourceDraft("fake", "orders", {"host": "there", "password": SECRET})
    return made.runtime.run(made.runtime.sources.create(ADMIN, "main", draft))


def diagnose(made: Product, source: Source, alive: Callable[[], bool] | None = None) -> LadderView:
    async def climbed() -> LadderView:
        return await (await made.runtime.sources.diagnose(ADMIN, "main", source.id, alive)).wait()

    view = made.runtime.run(climbed())
    made.clock.advance(PACE_S)
    return view


def last(made: Product, source: Source) -> Any:
    return made.runtime.run(made.runtime.sources.ladder(ADMIN, "main", source.id))


def test_a_ladder_that_holds_is_kept_and_outlives_a_restart(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        assert last(made, source) is None
        view = diagnose(made, source)
        assert (view.ok, view.finished, view.cancelled) == (True, True, False)
    with product(tmp_path) as made:
        kept = last(made, source)
        assert (kept.checks, kept.ok, kept.changes, kept.outdated) == (view.checks, True, (), False)
        assert kept.climbed_at == kept.good_at == view.good_at


def test_it_touches_neither_breaker_nor_figures_and_runs_while_open(made: Product, source: Source) -> None:
    made.other_end.will(Step.FAIL)
    for _ in range(2):
        made.runtime.run(made.runtime.sources.ping(ADMIN, "main", source.id))
    before = made.runtime.run(made.runtime.sources.get(ADMIN, "main", source.id))
    assert before.state == "open"
    assert not diagnose(made, source).ok
    made.other_end.will(Step.OK)
    assert diagnose(made, source).ok
    after = made.runtime.run(made.runtime.sources.get(ADMIN, "main", source.id))
    assert (after.figures, after.status, after.diagnosis) == (before.figures, before.status, before.diagnosis)
    assert after.figures != Figures()


@pytest.mark.parametrize("step", [Step.FAIL, Step.AUTH, Step.DEFECT])
def test_a_rung_that_breaks_is_the_one_under_way_and_skips_the_rest(made: Product, source: Source, step: Step) -> None:
    made.other_end.will(step)
    view = diagnose(made, source)
    seen = {check.step: check.status for check in view.checks}
    assert (seen["tcp"], seen["tls"]) == (CheckStatus.OK, CheckStatus.FAILED)
    assert {seen[name] for name in ("auth", "permission", "read_only", "sample")} == {CheckStatus.SKIPPED}
    assert DEFECT_TEXT not in repr(view)
    assert made.other_end.built == made.other_end.closed


def test_a_broken_ladder_is_told_from_the_last_one_that_held(made: Product, source: Source) -> None:
    held = diagnose(made, source)
    made.other_end.will(Step.FAIL)
    broken = diagnose(made, source)
    assert (broken.ok, broken.good_at, broken.changes) == (False, held.good_at, ())
    changes = {"config": {"password": None}}
    made.runtime.run(made.runtime.sources.update(ADMIN, "main", source.id, changes))
    assert last(made, source).outdated
    moved = diagnose(made, source)
    assert [(change.step, change.message.key) for change in moved.changes] == [("config", "change.settings")]
    assert last(made, source).changes == moved.changes


def test_what_is_kept_holds_no_secret(made: Product, source: Source, tmp_path: Path) -> None:
    diagnose(made, source)
    for file in tmp_path.glob("*.db*"):
        assert SECRET.encode() not in file.read_bytes()
    assert SECRET not in json.dumps(repr(last(made, source)))


def test_one_at_a_time_and_one_in_five_seconds(made: Product, source: Source) -> None:
    made.other_end.will(Step.SILENT)

    async def two() -> float:
        job = await made.runtime.sources.diagnose(ADMIN, "main", source.id)
        made.clock.advance(60)
        with pytest.raises(Busy) as refused:
            await made.runtime.sources.diagnose(ADMIN, "main", source.id)
        job.cancel()
        assert (await job.wait()).cancelled
        return refused.value.retry_after or 0

    assert made.runtime.run(two()) == 1
    made.other_end.will(Step.OK)
    diagnose(made, source)
    made.clock.advance(-1)
    with pytest.raises(Busy) as refused:
        diagnose(made, source)
    assert refused.value.retry_after == 1
    made.clock.advance(1)
    assert diagnose(made, source).ok


def test_another_source_is_not_held_up(made: Product, source: Source) -> None:
    made.runtime.run(made.runtime.sources.diagnose(ADMIN, "main", source.id))
    other = made.runtime.run(made.runtime.sources.create(ADMIN, "main", SourceDraft("fake", "other", {})))
    assert diagnose(made, other).ok


def test_a_climb_ends_when_nobody_looks_and_leaves_nothing(made: Product, source: Source) -> None:
    made.other_end.will(Step.SILENT)
    view = diagnose(made, source, alive=lambda: False)
    assert (view.cancelled, view.ok) == (True, False)
    assert last(made, source) is None
    assert (made.other_end.cancelled, made.other_end.closed) == (1, made.other_end.built)


def test_rungs_come_one_by_one_and_leaving_ends_the_climb(made: Product, source: Source) -> None:
    made.other_end.will(Step.SILENT)

    async def first() -> str:
        job = await made.runtime.sources.diagnose(ADMIN, "main", source.id)
        rungs = job.results()
        found = await anext(rungs)
        assert not job.view().finished
        await rungs.aclose()
        assert (await job.wait()).cancelled
        return found.step

    assert made.runtime.run(first()) == "tcp"


def test_an_organisation_tries_eight_configurations_at_once(made: Product) -> None:
    made.other_end.will(Step.SILENT)
    both = Actor("tester", {"main": Role.ADMIN, "other": Role.ADMIN})

    async def many() -> None:
        sources = made.runtime.sources
        jobs = [await sources.try_out(both, "main", "fake", {}) for _ in range(TRIALS_MAX)]
        with pytest.raises(Busy):
            await sources.try_out(both, "main", "fake", {})
        jobs.append(await sources.try_out(both, "other", "fake", {}))
        jobs[0].cancel()
        await jobs[0].wait()
        jobs.append(await sources.try_out(both, "main", "fake", {}))
        for job in jobs:
            job.cancel()
        await asyncio.gather(*(job.wait() for job in jobs))

    made.runtime.run(many())


def test_a_job_is_found_by_members_only(made: Product, source: Source) -> None:
    sources = made.runtime.sources
    job = made.runtime.run(sources.diagnose(ADMIN, "main", source.id))
    assert sources.climb(ADMIN, job.id) is job
    assert sources.climb(Actor("stranger", {"other": Role.ADMIN}), job.id) is None


@pytest.mark.parametrize(("role", "refused"), [(Role.VIEWER, Forbidden), (None, NotFound)], ids=["viewer", "stranger"])
def test_an_analyst_may_diagnose(made: Product, source: Source, role: Role | None, refused: type[Exception]) -> None:
    who = Actor("somebody", {"main": role} if role else {})
    with pytest.raises(refused):
        made.runtime.run(made.runtime.sources.diagnose(who, "main", source.id))
    analyst = Actor("somebody", {"main": Role.ANALYST})
    made.runtime.run(made.runtime.sources.diagnose(analyst, "main", source.id))
