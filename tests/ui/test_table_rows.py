"""Rows of the list that are kept from one run to the next, and when they are not."""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.i18n import translator
from core.models import RecentCalls, Source, Status
from tests.ui.samples import make_source
from ui import table
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
    return rows.columns(sources, recent, EN, NOW + timedelta(seconds=later_s))


def test_what_did_not_change_is_not_written_again(rows: Rows) -> None:
    sources = [well("a"), well("b")]
    before, after = written(rows, sources), written(rows, sources, 10)
    assert before == after
    assert all(one is other for one, other in zip(before["status"], after["status"], strict=True))


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


def test_new_sparklines_are_drawn(rows: Rows) -> None:
    source = well("a")
    written(rows, [source])
    assert written(rows, [source], recent={source.id: RecentCalls((1.0, 2.0))})["recent"] == [array("d", (1.0, 2.0))]


def test_the_error_rate_is_that_of_the_last_hour(rows: Rows) -> None:
    sources = [well("a"), well("b"), well("c")]
    a, b, _ = (source.id for source in sources)
    recent = {a: RecentCalls((1.0,), 8, 3), b: RecentCalls((1.0,))}
    assert written(rows, sources, recent=recent)["errors"] == ["38%", "—", "—"]


def test_another_language_is_another_table(rows: Rows) -> None:
    sources = [well("a")]
    written(rows, sources)
    assert rows.columns(sources, NOTHING, translator("fa"), NOW)["status"] == [["سالم"]]


def test_without_sources_every_column_is_there_and_empty(rows: Rows) -> None:
    assert set(map(len, written(rows, []).values())) == {0}


def test_sparklines_are_sent_as_they_are() -> None:
    lines = [array("d"), array("d", (1.5, -2.0)), array("d", (3.0,))]
    sent = table._arrow("recent", lines)
    sent.validate(full=True)
    assert sent.to_pylist() == [[], [1.5, -2.0], [3.0]]
    assert table._arrow("recent", []).to_pylist() == []
