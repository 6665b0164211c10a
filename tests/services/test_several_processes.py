"""Two processes on one database: each says what both have seen."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from core.models import Actor, Figures, Role, Source, SourceDraft, Status
from core.services.departed import Departed
from core.storage.status import StatusRepository
from tests.fakes import Step
from tests.services.assembly import Product, product

ADMIN = Actor("tester", {"main": Role.ADMIN})
DRAFT = SourceDraft("fake", "orders", {"host": "there"})


@pytest.fixture
def two(tmp_path: Path, database_url: str) -> Iterator[tuple[Product, Product]]:
    """They have the same keys."""
    with (
        product(tmp_path, database_url=database_url) as one,
        product(tmp_path, database_url=database_url) as other,
    ):
        yield one, other


@pytest.fixture
def source(two: tuple[Product, Product]) -> Source:
    runtime = two[0].runtime
    runtime.run(runtime.access.ensure_organisation("main", "Main"))
    return runtime.run(runtime.sources.create(ADMIN, "main", DRAFT))


def ping(made: Product, source: Source, *steps: Step) -> None:
    for step in steps:
        made.other_end.will(step)
        made.runtime.run(made.runtime.sources.ping(ADMIN, "main", source.id))


def stored(made: Product) -> None:
    """What it saw is written, as it would be a few seconds later."""
    made.runtime.run(made.runtime.sources._writer.flush())


def seen(made: Product, source: Source) -> Source:
    return made.runtime.run(made.runtime.sources.get(ADMIN, "main", source.id))


def counts(figures: Figures) -> tuple[int, int]:
    return figures.calls_total, figures.errors_total


def test_each_counts_its_own_calls_at_once_and_the_others_once_they_are_stored(
    two: tuple[Product, Product], source: Source
) -> None:
    one, other = two
    ping(one, source, Step.OK, Step.OK)
    ping(other, source, Step.OK)
    stored(one)
    assert counts(seen(other, source).figures) == (3, 0)
    ping(one, source, Step.OK)
    assert counts(seen(one, source).figures) == (3, 0)
    stored(other)
    stored(one)
    assert counts(seen(one, source).figures) == counts(seen(other, source).figures) == (4, 0)
    assert seen(one, source).figures == seen(other, source).figures


def test_what_one_proved_the_other_shows(two: tuple[Product, Product], source: Source) -> None:
    one, other = two
    ping(one, source, Step.OK)
    assert seen(other, source).status is Status.HEALTHY
    ping(other, source, Step.AUTH)
    found = seen(one, source)
    assert (found.status, found.diagnosis and found.diagnosis.code) == (Status.ERROR, "auth_failed")
    assert found.message == seen(other, source).message


def test_figures_of_both_outlive_both(two: tuple[Product, Product], source: Source, tmp_path: Path) -> None:
    one, other = two
    for _ in range(5):
        ping(one, source, Step.OK, Step.AUTH)
        ping(other, source, Step.AUTH, Step.OK)
        stored(one)
        stored(other)
    assert counts(seen(one, source).figures) == counts(seen(other, source).figures) == (20, 10)


def test_a_list_takes_over_what_the_other_stored_changed_and_deleted(
    two: tuple[Product, Product], source: Source
) -> None:
    one, other = two

    def listed() -> tuple[Source, ...]:
        return other.runtime.run(other.runtime.sources.health(ADMIN, "main")).sources

    assert [known.figures.calls_total for known in listed()] == [0]
    ping(one, source, Step.OK, Step.OK)
    stored(one)
    (known,) = listed()
    assert (known.status, counts(known.figures)) == (Status.HEALTHY, (2, 0))
    sources = one.runtime.sources
    one.runtime.run(sources.update(ADMIN, "main", source.id, {"name": "bills", "config": {"host": "elsewhere"}}))
    (known,) = listed()
    assert (known.name, known.config["host"]) == ("bills", "elsewhere")
    one.runtime.run(sources.delete(ADMIN, "main", source.id))
    assert listed() == ()


def reconfigure(made: Product, source: Source) -> Source:
    sources = made.runtime.sources
    return made.runtime.run(sources.update(ADMIN, "main", source.id, {"config": {"password": "Zq7-right"}}))


def test_what_the_other_writes_after_a_change_brings_no_old_evidence_back(
    two: tuple[Product, Product], source: Source
) -> None:
    one, other = two
    ping(other, source, *[Step.AUTH] * 3)  # the third is no news: it waits for the next batch
    reconfigure(one, source)
    stored(other)
    for made in (one, other):
        found = seen(made, source)
        assert (found.status, found.diagnosis, found.figures.calls_total) == (Status.UNKNOWN, None, 3)
    ping(one, source, Step.OK)
    assert seen(other, source).status is Status.HEALTHY


def test_what_one_proved_with_the_new_configuration_stays_when_the_other_still_has_the_old(
    two: tuple[Product, Product], source: Source
) -> None:
    one, other = two
    ping(other, source, *[Step.AUTH] * 3)
    reconfigure(one, source)
    ping(one, source, Step.OK)
    stored(other)
    assert seen(other, source).status is Status.HEALTHY
    ping(other, source, Step.OK)
    stored(other)
    assert seen(one, source).status is Status.HEALTHY


def test_a_call_that_began_before_a_change_proves_nothing_after_it(
    two: tuple[Product, Product], source: Source
) -> None:
    one, _ = two
    one.other_end.will(Step.SILENT)

    async def both() -> None:
        call = asyncio.create_task(one.runtime.sources.ping(ADMIN, "main", source.id))
        await one.other_end.was_asked.wait()
        await one.runtime.sources.update(ADMIN, "main", source.id, {"config": {"password": "Zq7-right"}})
        one.other_end.answer()
        await call

    one.runtime.run(both())
    stored(one)
    assert [seen(made, source).status for made in two] == [Status.UNKNOWN] * 2


def test_a_commit_whose_answer_was_lost_counts_once_whoever_looks_meanwhile(
    two: tuple[Product, Product], source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = two
    save = StatusRepository.save

    async def lost(self: StatusRepository, *batch: Any) -> Any:
        await save(self, *batch)
        raise OperationalError("COMMIT", {}, Exception("connection lost"))

    ping(one, source, Step.OK, Step.OK)  # the first is news, and written at once
    monkeypatch.setattr(StatusRepository, "save", lost)
    stored(one)
    monkeypatch.undo()
    assert counts(seen(one, source).figures) == (2, 0)
    stored(one)
    assert counts(seen(one, source).figures) == (2, 0)
    assert counts(seen(two[1], source).figures) == (2, 0)


def test_nothing_is_kept_of_a_source_that_the_other_deleted(two: tuple[Product, Product], source: Source) -> None:
    one, other = two
    service = other.runtime.sources
    other.runtime.run(service.sample(ADMIN, "main", source.id, {"table": "orders"}))
    hold = {"action": "disable", "reason": "moving"}
    other.runtime.run(service.set_breaker(ADMIN, "main", source.id, hold))
    kept = service._last_good._kept, service._views._shown, service._views._public, service._live._holds
    assert all(kept)
    one.runtime.run(one.runtime.sources.delete(ADMIN, "main", source.id))
    other.runtime.run(Departed(service._sources, service._live).follow())
    assert not any(kept)
    assert not service._writer._dirty


def test_a_source_that_the_other_deleted_is_let_go_of(two: tuple[Product, Product], source: Source) -> None:
    one, other = two
    ping(other, source, Step.OK)
    live = other.runtime.sources._live
    [met] = live.all()
    departed = Departed(other.runtime.sources._sources, live)
    other.runtime.run(departed.follow())
    assert list(live.all()) == [met]
    one.runtime.run(one.runtime.sources.delete(ADMIN, "main", source.id))
    other.runtime.run(departed.follow())
    assert list(live.all()) == []
    assert other.runtime.run(met.guard.ping()).error.reason == "closed"
