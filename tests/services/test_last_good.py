"""The last good answer of a source: kept for as long as it says something about it, bounded, and nowhere on disk."""

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BreakerOpen, SourceError
from core.models import Actor, Column, KeptSample, Role, Sample, SampleResult, Source
from core.services.last_good import LastGood, estimated_bytes
from core.storage.sources import SourceRecord
from tests.fakes import FakeClock, Step
from tests.services.assembly import Product, product
from tests.services.test_holds import order
from tests.services.test_sources import ADMIN, create

ANALYST = Actor("نگار", {"main": Role.ANALYST})


def sample(made: Product, source: Source, **params: Any) -> SampleResult:
    return made.runtime.run(made.runtime.sources.sample(ANALYST, "main", source.id, params))


def kept(made: Product, source: Source) -> KeptSample | None:
    return made.runtime.run(made.runtime.sources.last_sample(ANALYST, "main", source.id))


def update(made: Product, source: Source, changes: dict[str, Any]) -> None:
    made.runtime.run(made.runtime.sources.update(ADMIN, "main", source.id, changes))


def test_it_is_there_while_the_source_is_suspended_with_what_was_asked(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        assert kept(made, source) is None
        answer = sample(made, source, table="orders")
        order(made, source, "force_open")
        with pytest.raises(BreakerOpen):
            sample(made, source, table="others")
        found = kept(made, source)
        assert found is not None
        assert (found.result, found.params) == (answer, {"table": "orders"})


def test_a_failure_leaves_the_last_good_one_and_a_later_answer_replaces_it(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        sample(made, source, table="first")
        made.other_end.will(Step.REACHED)
        with pytest.raises(SourceError):
            sample(made, source, table="no")
        assert (found := kept(made, source)) is not None
        assert found.params == {"table": "first"}
        made.other_end.will(Step.OK)
        sample(made, source, table="second")
        assert (found := kept(made, source)) is not None
        assert found.params == {"table": "second"}


@pytest.mark.parametrize(
    ("changes", "stays"),
    [
        ({"description": "x", "breaker": {"failure_threshold": 3}}, True),
        ({"config": {"host": "elsewhere", "password": None}}, False),
    ],
)
def test_it_goes_with_the_configuration_it_came_from(tmp_path: Path, changes: dict[str, Any], stays: bool) -> None:
    with product(tmp_path) as made:
        source = create(made)
        sample(made, source)
        update(made, source, changes)
        assert (kept(made, source) is not None) is stays
        assert bool(made.runtime.sources._last_good._kept) is stays


def test_it_goes_with_its_source(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        sample(made, source)
        made.runtime.run(made.runtime.sources.delete(ADMIN, "main", source.id))
        assert not made.runtime.sources._last_good._kept


def test_nothing_of_it_is_written_or_outlives_the_process(tmp_path: Path) -> None:
    word = "Zq7-answered"
    with product(tmp_path) as made:
        made.other_end.cell = word
        source = create(made)
        assert word in repr(sample(made, source))
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]
    with product(tmp_path) as made:
        assert kept(made, source) is None


class Record:
    """The part of a record that is looked at."""

    def __init__(self, number: int, config_version: int = 1) -> None:
        self.id, self.config_version = number, config_version


def record(number: int, config_version: int = 1) -> SourceRecord:
    return cast(SourceRecord, Record(number, config_version))


def answer(rows: int, bytes_read: int) -> SampleResult:
    return SampleResult(Sample((Column("id", "integer"),), [(n,) for n in range(rows)], None, bytes_read), 1.0)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40), st.integers(0, 400)), max_size=40))
def test_neither_count_nor_bytes_grow_beyond_their_bounds(asked: list[tuple[int, int, int]]) -> None:
    held = LastGood(FakeClock().utc, sources_max=4, bytes_max=4000)
    for number, rows, size in asked:
        held.keep(record(number), {}, answer(rows, size))
        found = [sample.result for n in range(10) if (sample := held.of(record(n)))]
        assert len(found) <= 4
        assert sum(map(estimated_bytes, found)) <= 4000
        newest = held.of(record(number))
        assert (newest is not None) is (estimated_bytes(answer(rows, size)) <= 1000)


def test_an_answer_to_an_older_configuration_that_comes_late_is_not_shown() -> None:
    clock = FakeClock()
    held = LastGood(clock.utc)
    held.keep(record(1, config_version=1), {}, answer(1, 1))
    assert held.of(record(1, config_version=2)) is None
    held.keep(record(1, config_version=2), {}, answer(1, 1))
    clock.advance(60)
    found = held.of(record(1, config_version=2))
    assert found is not None
    assert clock.utc() - found.ts == timedelta(seconds=60)
