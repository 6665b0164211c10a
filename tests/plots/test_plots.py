"""Charts of samples: the one to begin with, and what is drawn."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models import Column, Sample
from core.plots import (
    AGGREGATES,
    CATEGORIES_MAX,
    KINDS,
    POINTS_MAX,
    SERIES_MAX,
    Plot,
    Role,
    drawable,
    drawn,
    suggested,
)
from tests.exports.odd import samples

AT = datetime(2026, 11, 27, tzinfo=UTC)


def sample(kinds: str, *rows: tuple[Any, ...], names: tuple[str, ...] = ()) -> Sample:
    types = kinds.split()
    return Sample(tuple(Column(n, k) for n, k in zip(names or "abcdef", types, strict=False)), list(rows))


SALES = sample(
    "string integer timestamptz",
    ("تهران", 3, AT),
    ("مشهد", 4, AT + timedelta(hours=1)),
    ("تهران", 5, AT - timedelta(hours=1)),
    (None, 6, AT),
    ("مشهد", None, AT),
)


def points(found: Any) -> list[tuple[Any, ...]]:
    return [tuple(zip(series.xs, series.ys, strict=True)) for series in found.series]


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (sample("timestamptz float", (AT, 1.0), (AT + timedelta(1), 2.0)), Plot("line", 0, (1,))),
        (sample("timestamptz float", (AT, 1.0), (AT, 2.0)), Plot("line", 0, (1,), aggregate="mean")),
        (sample("float date", (1.0, date(2026, 1, 1))), Plot("line", 1, (0,))),
        (sample("string float", ("a", 1.0), ("a", 2.0)), Plot("bar", 0, aggregate="count")),
        (sample("string float integer", ("a", 1.0, 2), ("b", 2.0, 3)), Plot("scatter", 1, (2,))),
        (sample("string float", ("a", 1.0), ("b", 2.0)), Plot("histogram", 1)),
        (sample("date", (date(2026, 1, 1),)), Plot("histogram", 0)),
        (sample("integer timestamptz", (1, AT), (2, AT), names=("id", "at")), Plot("histogram", 1)),
        (sample("integer", (1,), (2,), names=("order_id",)), Plot("histogram", 0)),
        (sample("json binary string", ({}, b"", "a")), None),
        (sample("float", (None,), (float("nan"),)), None),
    ],
)
def test_the_first_chart_fits_what_the_columns_hold(held: Sample, wanted: Plot | None):
    assert suggested(held) == wanted


def test_nested_and_binary_columns_are_not_drawn():
    assert drawable(sample("json binary string array decimal", ({}, b"1", "x", [1], Decimal(1)))) == {
        2: Role.WORD,
        4: Role.NUMBER,
    }


def test_rows_are_counted_by_word():
    assert points(drawn(SALES, Plot("bar", 0, aggregate="count"))) == [(("تهران", 2), ("مشهد", 2))]


@pytest.mark.parametrize(("how", "wanted"), [("sum", 8.0), ("mean", 4.0), ("min", 3.0), ("max", 5.0)])
def test_values_are_folded_by_word(how: str, wanted: float):
    assert points(drawn(SALES, Plot("bar", 0, (1,), aggregate=how))) == [(("تهران", wanted), ("مشهد", 4.0))]


def test_a_line_runs_in_the_order_of_time_and_leaves_out_what_has_no_value():
    (line,) = points(drawn(SALES, Plot("line", 2, (1,))))
    assert [y for _, y in line] == [5.0, 3.0, 6.0, 4.0]


def test_a_colour_is_a_series():
    found = drawn(SALES, Plot("line", 2, (1,), colour=0))
    assert {series.group: series.ys for series in found.series} == {"تهران": (5.0, 3.0), "مشهد": (4.0,), "": (6.0,)}


def test_colours_beyond_the_last_are_one():
    held = sample("string float float", *[(f"w{n}", float(n), 1.0) for n in range(30)])
    found = drawn(held, Plot("scatter", 1, (2,), colour=0))
    assert len(found.series) == SERIES_MAX
    assert sum(len(series.xs) for series in found.series if series.group is None) == 30 - SERIES_MAX + 1


def test_words_beyond_the_most_important_are_left_out_and_counted():
    held = sample("string integer", *[(f"w{n}", n) for n in range(CATEGORIES_MAX + 7)])
    found = drawn(held, Plot("bar", 0, (1,), aggregate="sum"))
    assert (len(found.series[0].xs), found.left_out) == (CATEGORIES_MAX, 7)
    assert "w0" not in found.series[0].xs


def test_points_are_bounded_and_what_is_left_out_is_counted():
    held = sample("float float float", *[(float(n), 1.0, 2.0) for n in range(POINTS_MAX + 100)])
    found = drawn(held, Plot("scatter", 0, (1, 2)))
    shown = sum(len(series.xs) for series in found.series)
    assert shown <= POINTS_MAX
    assert shown + found.left_out == 2 * POINTS_MAX + 200


def test_a_histogram_counts_every_number():
    found = drawn(sample("float", (1.0,), (2.5,), (None,), (9.0,)), Plot("histogram", 0))
    assert sum(found.series[0].ys) == 3
    assert found.width > 0


def test_a_histogram_of_moments_is_over_time():
    found = drawn(SALES, Plot("histogram", 2))
    assert all(isinstance(x, datetime) and x.tzinfo for x in found.series[0].xs)
    assert sum(found.series[0].ys) == 5


@given(samples(), st.data())
@settings(max_examples=150, deadline=None)
def test_any_columns_can_be_tried(held: Sample, data: st.DataObject):
    index = st.integers(0, len(held.columns) - 1)
    plot = Plot(
        data.draw(st.sampled_from(KINDS)),
        data.draw(index),
        tuple(data.draw(st.lists(index, max_size=2))),
        data.draw(st.none() | index),
        data.draw(st.sampled_from(AGGREGATES)),
    )
    found = drawn(held, plot)
    assert all(len(series.xs) == len(series.ys) for series in found.series)
    first = suggested(held)
    assert first is None or first.x in drawable(held)


def test_times_that_are_none_keep_no_chart_from_being_suggested():
    suggested(sample("timestamptz integer", ([1], 1), ({"a": 2}, 2), (AT, 3), (AT, 4)))


def test_an_hour_that_a_zone_repeats_is_two_points():
    zone = ZoneInfo("America/New_York")
    first, second = (datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 6))
    rows = [(second.astimezone(zone), 20), (first.astimezone(zone), 10)]
    [series] = drawn(sample("timestamptz integer", *rows), Plot("line", 0, (1,), aggregate="sum")).series
    assert (series.xs, series.ys) == ((first, second), (10, 20))
