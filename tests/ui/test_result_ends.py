"""Samples with values at the ends of the calendar and of a double: every view is drawn, in every calendar and zone."""

import math
import sys
from datetime import UTC, date, datetime
from itertools import combinations
from typing import Any

import pytest

from core.i18n import Translator, translator
from core.models import Column, Sample
from core.plots import Plot, drawn, suggested
from core.profiles import profile
from ui import axes, result_axes, result_chart, result_profile

LAST, FIRST, USUAL, VERY_LAST = map(
    datetime.fromisoformat, ("9999-12-31T23:59:59", "0001-01-01", "2020-01-01", "9999-12-31T23:59:59.999999")
)
COLUMNS: dict[str, tuple[str, list[Any]]] = {
    "the last microsecond": ("timestamp", [USUAL, VERY_LAST]),
    "the last microsecond alone": ("timestamp", [VERY_LAST]),
    "the last second in UTC": ("timestamptz", [USUAL.replace(tzinfo=UTC), LAST.replace(tzinfo=UTC)]),
    "the last second in UTC alone": ("timestamptz", [LAST.replace(tzinfo=UTC)]),
    "the first second": ("timestamp", [FIRST, USUAL]),
    "the first second in UTC": ("timestamptz", [FIRST.replace(tzinfo=UTC), USUAL.replace(tzinfo=UTC)]),
    "the last day": ("date", [date(9999, 12, 31), date(2020, 1, 1), date(2020, 1, 2)]),
    "the last day alone": ("date", [date(9999, 12, 31)]),
    "the first day": ("date", [date(1, 1, 1), date(2020, 1, 1)]),
    "the first day alone": ("date", [date(1, 1, 1)]),
    "before the first Jalali year": ("date", [date(600, 1, 1), date(621, 6, 1)]),
}
ODD = (0.0, 1.0, -1.0, 5e-324, 1e-300, 1e300, 1.7e308, -1.7e308, math.nextafter(math.inf, 0))


@pytest.fixture(autouse=True)
def _ground(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(axes, "on_dark", lambda: False)


@pytest.mark.parametrize("zone", ["Asia/Tehran", "America/New_York"])
@pytest.mark.parametrize("lang", ["fa", "en"])
@pytest.mark.parametrize("name", COLUMNS)
def test_times_at_the_ends_of_the_calendar_are_drawn(name: str, lang: str, zone: str) -> None:
    kind, values = COLUMNS[name]
    rows = tuple((value, number) for number, value in enumerate(values))
    sample = Sample((Column("x", kind), Column("n", "integer")), rows)
    t, found = translator(lang, zone), profile(sample, 0)
    assert all(result_profile._end(found, end, t) for each in found.bins for end in (each.start, each.end))
    assert all(result_profile._moment(found, (each.start + each.end) / 2, t) for each in found.bins)
    if found.bins:
        assert result_profile._x_axis(found, t)["ticktext"]
    for plot in (suggested(sample), Plot("histogram", 0), Plot("line", 0, (1,))):
        assert plot is not None
        _draw(sample, plot, t)


def _draw(sample: Sample, plot: Plot, t: Translator) -> None:
    found = drawn(sample, plot)
    assert found.series
    for series in found.series:
        assert all(result_chart._x_told(x, t) for x in series.xs)
        assert len(result_chart._xs(series, [], t)) == len(series.xs)
    assert result_chart._layout(found, plot, [], t)["xaxis"]["ticktext"]


@pytest.mark.parametrize(("one", "other"), [*((each, each) for each in ODD), *combinations(sorted(ODD), 2)])
def test_numbers_near_the_ends_of_a_double_have_an_axis(one: float, other: float) -> None:
    axis = result_axes.numbers(one, other, translator("fa"))
    low, *_, high = axis["tickvals"]
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low <= one <= other <= high
    assert low < high
    assert all(axis["ticktext"])


def test_what_is_beyond_a_double_has_its_last_number_on_the_axis() -> None:
    assert result_axes.ticks(-math.inf, math.inf) == [-sys.float_info.max, sys.float_info.max]


@pytest.mark.parametrize("far", [1.7e308, -1.7e308])
def test_every_bar_of_far_numbers_has_its_place(far: float, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = Sample((Column("x", "float"),), ((0.0,), (far,)))
    assert all(map(math.isfinite, drawn(sample, Plot("histogram", 0)).series[0].xs))
    charts: list[Any] = []
    monkeypatch.setattr(result_profile.st, "plotly_chart", lambda chart, **_: charts.append(chart))
    result_profile._histogram(profile(sample, 0), translator("en"))
    assert all(map(math.isfinite, charts[0].data[0].x))


def test_a_moment_in_the_last_second_keeps_its_day() -> None:
    fa, en = translator("fa", "Asia/Tehran"), translator("en", "Asia/Tehran")
    assert en.date(LAST.replace(tzinfo=UTC)) == "31 Dec 9999"
    assert fa.date(datetime(621, 6, 1, tzinfo=UTC)).endswith("۶۲۱")
