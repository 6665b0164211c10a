"""What a monitoring system reads: the same in every process, since ever, and never less than before."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from core.errors import Forbidden
from core.metrics.buckets import BOUNDS_MS
from core.models import Actor, ExposedSource, Outcome, Role, SourceDraft
from tests.fakes import Step
from tests.services.assembly import Product, product

ADMIN = Actor("tester", {"main": Role.ADMIN}, server_admin=True)
SCRAPER = Actor("token", scopes=frozenset({"metrics"}), scoped_to="main")
OVER_ALL = Actor("token", scopes=frozenset({"metrics"}))


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Product]:
    with product(tmp_path) as made:
        add(made, "main")
        yield made


def add(made: Product, org: str, name: str = "one") -> None:
    runtime = made.runtime
    runtime.run(runtime.access.ensure_organisation(org, org))
    runtime.run(runtime.sources.create(Actor("x", {org: Role.ADMIN}), org, SourceDraft("fake", name, {"host": name})))


def ping(made: Product, step: Step = Step.OK) -> None:
    made.other_end.will(step, host="one")
    [source] = made.runtime.run(made.runtime.sources.list(ADMIN, "main")).items
    made.runtime.run(made.runtime.sources.ping(ADMIN, "main", source.id))


def one(made: Product) -> ExposedSource:
    [source] = made.runtime.run(made.runtime.exposition.read(SCRAPER))
    return source


@pytest.mark.parametrize("actor", [Actor("nobody"), ADMIN])
def test_no_right_but_the_scope_lets_anyone_read(made: Product, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        made.runtime.run(made.runtime.exposition.read(actor))


def test_sources_come_by_organisation_in_the_order_of_their_making(made: Product) -> None:
    add(made, "other", "two")
    add(made, "main", "three")
    found = made.runtime.run(made.runtime.exposition.read(OVER_ALL))
    assert [(source.org, source.name) for source in found] == [("main", "one"), ("main", "three"), ("other", "two")]


def test_more_sources_than_are_read_in_one_go_are_all_there(made: Product) -> None:
    for number in range(101):
        add(made, "other", f"s{number}")
    found = made.runtime.run(made.runtime.exposition.read(Actor("t", scopes=SCRAPER.scopes, scoped_to="other")))
    assert [source.name for source in found] == [f"s{number}" for number in range(101)]


def test_counts_outlive_a_restart_and_attempts_do_not(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        add(made, "main")
        for _ in range(3):
            ping(made)
        ping(made, Step.FAIL)
        before = one(made)
    assert (before.calls_total, before.errors_total, before.latency.total) == (4, 1, 4)
    assert before.attempts == {Outcome.OK: 3, Outcome.FAIL: 3, Outcome.REACHED: 0, Outcome.VOID: 0}
    with product(tmp_path) as made:
        after = one(made)
    assert after.latency.below == before.latency.below
    assert after.latency.sum_ms == pytest.approx(before.latency.sum_ms)
    assert (after.calls_total, after.errors_total, after.last_ok_ts) == (4, 1, before.last_ok_ts)
    assert after.attempts == dict.fromkeys(Outcome, 0)


def test_two_processes_on_one_database_show_the_same_and_never_less_than_before(tmp_path: Path) -> None:
    with product(tmp_path) as first, product(tmp_path) as second:
        add(first, "main")
        seen: dict[int, list[ExposedSource]] = {0: [], 1: []}
        for turn in range(12):
            caller = (first, second)[turn % 3 == 0]
            ping(caller, Step.FAIL if turn % 4 == 3 else Step.OK)
            for number, made in enumerate((first, second)):
                seen[number].append(one(made))
        for made in (first, second):
            made.runtime.run(made.runtime.sources._writer.flush())
        for number, made in enumerate((first, second)):
            seen[number].append(one(made))
    for readings in seen.values():
        for earlier, later in pairwise(map(counts, readings)):
            assert all(before <= after for before, after in zip(earlier, later, strict=True))
    assert counts(seen[0][-1]) == counts(seen[1][-1])
    assert seen[0][-1].calls_total == seen[0][-1].latency.total == 12
    assert len(seen[0][-1].latency.below) == len(BOUNDS_MS)


def counts(source: ExposedSource) -> tuple[float, ...]:
    latency = source.latency
    totals = source.calls_total, source.errors_total, source.rejected_total, latency.total
    return *totals, *latency.below, round(latency.sum_ms, 6)
