"""Rows of the list that are kept from one run to the next, and when they are not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.i18n import translator
from core.models import RecentCalls, Source, Status
from tests.ui.samples import make_source
from ui.table_rows import Recent, Rows

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EN = translator("en")
NOTHING: Recent = {}


def well(name: str, ago_s: float = 100) -> Source:
    source = make_source(name)
    return replace(source, figures=replace(source.figures, last_ok_ts=NOW - timedelta(seconds=ago_s)))


@pytest.fixture
def rows() -> Rows:
    return Rows()


def written(rows: Rows, sources: Sequence[Source], later_s: float = 0, recent: Recent = NOTHING) -> dict[str, Any]:
    columns = rows.columns(sources, recent, EN, NOW + timedelta(seconds=later_s))
    return {name: column.to_pylist() for name, column in columns.items()}


def test_what_did_not_change_is_not_written_again(rows: Rows) -> None:
    sources = [well("a"), well("b", 100)]
    before, after, aged = (rows.columns(sources, NOTHING, EN, NOW + timedelta(seconds=s)) for s in (0, 10, 20))
    assert all(after[name] is column for name, column in before.items())
    assert [name for name, column in before.items() if aged[name] is not column] == ["last_ok"]
    anew = rows.columns(list(sources), NOTHING, EN, NOW + timedelta(seconds=20))
    assert anew == aged


def test_a_source_that_changed_is_written_again(rows: Rows) -> None:
    sources = [well("a"), well("b")]
    written(rows, sources)
    failed = replace(sources[1], status=Status.ERROR)
    assert written(rows, [sources[0], failed])["status"] == [["Healthy"], ["Error"]]


def test_an_age_grows_though_nothing_else_changes(rows: Rows) -> None:
    sources = [well("a", 100)]
    assert written(rows, sources)["last_ok"] == ["1 minute ago · 22 Nov 2026"]
    assert written(rows, sources, 19.9)["last_ok"] == ["1 minute ago · 22 Nov 2026"]
    assert written(rows, sources, 20)["last_ok"] == ["2 minutes ago · 22 Nov 2026"]


def test_rows_follow_their_sources_to_other_places(rows: Rows) -> None:
    first, second, third = well("a"), well("b"), well("c")
    written(rows, [first, second, third])
    assert written(rows, [third, first])["name"] == ["c", "a"]
    assert written(rows, [first, second, third])["name"] == ["a", "b", "c"]


def test_new_sparklines_are_drawn_and_old_ones_kept(rows: Rows) -> None:
    sources = [well("a"), well("b"), well("c")]
    a, _, c = (source.id for source in sources)
    assert rows.sparklines(sources, NOTHING).to_pylist() == [[], [], []]
    recent = {a: RecentCalls((1.5, 2.0)), c: RecentCalls((3.0,))}
    drawn = rows.sparklines(sources, recent)
    drawn.validate(full=True)
    assert drawn.to_pylist() == [[1.5, 2.0], [], [3.0, 3.0]]
    assert rows.sparklines(sources, recent) is drawn
    assert rows.sparklines(sources[1:], recent).to_pylist() == [[], [3.0, 3.0]]
    assert rows.sparklines([], recent).to_pylist() == []


def test_the_error_rate_is_that_of_the_last_hour(rows: Rows) -> None:
    sources = [well("a"), well("b"), well("c")]
    a, b, _ = (source.id for source in sources)
    recent = {a: RecentCalls((1.0,), 8, 3), b: RecentCalls((1.0,))}
    assert written(rows, sources, recent=recent)["errors"] == ["38%", "—", "—"]


def test_another_language_is_another_table(rows: Rows) -> None:
    sources = [well("a")]
    written(rows, sources)
    assert rows.columns(sources, NOTHING, translator("fa"), NOW)["status"].to_pylist() == [["سالم"]]


def test_without_sources_every_column_is_there_and_empty(rows: Rows) -> None:
    assert set(map(len, written(rows, []).values())) == {0}
