"""What the charts of history draw."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import streamlit as st

from core.i18n import Translator, translator
from core.models import History, HistoryPoint, LatencySeries, OrgHistory
from ui import axes, week_before
from ui.health_chart import health_chart
from ui.history_chart import history_chart, state_of

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
EN = translator("en")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures."""
    figures: list[Any] = []
    monkeypatch.setattr(st, "plotly_chart", lambda figure, **_: figures.append(figure))
    return figures


def test_no_line_is_told_by_its_colour_alone(drawn: list[Any]) -> None:
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC)
    past = History(since, until, 3600, (HistoryPoint(since, calls=1, p50_ms=1.0, p95_ms=2.0, p99_ms=3.0),))
    history_chart(past, past, translator("fa"))
    lines = [trace.line for trace in drawn[0].data if trace.type == "scatter"]
    assert len({line.dash for line in lines}) == len({line.color for line in lines}) == 4


@pytest.mark.parametrize(
    ("calls", "errors", "rejected", "state"),
    [
        (1440, 0, 1, "well"),
        (1440, 3, 1, "partly"),
        (3, 3, 3, "broken"),
        (3, 0, 4, "suspended"),
        (0, 0, 1, "suspended"),
        (0, 0, 0, None),
    ],
)
def test_a_stretch_is_suspended_where_most_was_refused(calls: int, errors: int, rejected: int, state: str) -> None:
    assert state_of(HistoryPoint(MARCH, calls, errors, rejected)) == state


def test_the_ground_is_tinted_where_nothing_worked(drawn: list[Any]) -> None:
    hour = timedelta(hours=1)
    counts = [(2, 0, 0), (2, 2, 0), (1, 1, 0), (0, 0, 3), (0, 0, 0), (2, 1, 0), (1, 1, 0)]
    buckets = tuple(HistoryPoint(MARCH + number * hour, *each) for number, each in enumerate(counts))
    history_chart(History(MARCH, MARCH + len(counts) * hour, 3600, buckets), None, EN)
    tinted = [((shape.x0 - MARCH) / hour, (shape.x1 - MARCH) / hour) for shape in drawn[0].layout.shapes]
    assert tinted == [(1, 3), (3, 4), (6, 7)]


@pytest.mark.parametrize(("minutes", "then", "compared"), [(65, 120, False), (1440, 1500, True), (60, 60, True)])
def test_counts_of_a_longer_time_are_not_compared(minutes: int, then: int, compared: bool) -> None:
    past, before = (
        History(MARCH, MARCH + timedelta(minutes=length), step, (HistoryPoint(MARCH, calls=7),))
        for length, step in ((minutes, 300), (then, 3600))
    )
    assert bool(week_before.said(before, past, EN)) == compared


def points(*days: float) -> tuple[HistoryPoint, ...]:
    return tuple(HistoryPoint(MARCH + day * DAY, 1, 0, 0, 5.0, 5.0, 5.0, 5.0) for day in days)


def test_a_line_ends_where_nobody_called_for_long(drawn: list[Any]) -> None:
    often = LatencySeries(uuid4(), "often", points(*(n / 24 for n in range(40)), 9, 9 + 1 / 24))
    seldom = LatencySeries(uuid4(), "seldom", points(0, 2, 4, 6, 8))
    health_chart(OrgHistory(MARCH, MARCH + 10 * DAY, 3600, (), (often, seldom), (), (), (), ()), "p50", log=False, t=EN)
    lines = {trace.name: trace for trace in drawn[0].data}
    assert [index for index, value in enumerate(lines["often"].y) if value is None] == [40]
    assert lines["often"].mode == "lines+markers"
    assert len(lines["often"].x) == len(lines["often"].y) == len(lines["often"].customdata) == 43
    assert None not in lines["seldom"].y


@pytest.mark.parametrize(
    ("hours", "first", "second"),
    [
        (24, "03:30", "08:18"),
        (48, "1 Mar · 03:30", "1 Mar · 13:06"),
        (96, "1 Mar · 03:30", "1 Mar · 22:42"),
        (240, "1 Mar", "3 Mar"),
        (24 * 365, "1 Mar", "13 May"),
    ],
)
def test_an_axis_of_days_says_the_time_where_a_day_would_stand_twice(
    hours: int, first: str, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.axes.ink", lambda: "#000")
    assert axes.time_axis(MARCH, MARCH + timedelta(hours=hours), EN)["ticktext"][:2] == [first, second]


def test_a_day_is_called_by_its_date_in_utc() -> None:
    new_york = Translator("en", "America/New_York")
    assert [axes.told(MARCH, 86_400, new_york), axes.stretch(MARCH, 86_400, new_york)] == ["1 Mar 2026"] * 2
    assert axes.stretch(MARCH, 3600, new_york) == new_york.datetime(MARCH)
