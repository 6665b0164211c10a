"""Profiles of columns: counts, extremes, spread, and what is wrong with Persian text."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models import Column, Sample
from core.profiles import BINS_MAX, profile, summary
from core.profiles.bins import bins_of
from core.profiles.persian import text_checks
from tests.exports.odd import TEHRAN, samples


def column(kind: str, *values: Any) -> Sample:
    return Sample((Column("a", kind),), [(value,) for value in values])


def of(kind: str, *values: Any):
    return profile(column(kind, *values), 0)


def test_missing_values_are_counted_and_are_no_value():
    found = of("integer", 1, None, 1, None, 3).summary
    assert (found.rows, found.nulls, found.distinct, found.low, found.high) == (5, 2, 2, 1, 3)


def test_a_column_of_nothing_has_a_profile():
    found = of("decimal", None, None)
    assert (found.summary.nulls, found.summary.low, found.top, found.bins, found.mean) == (2, None, (), (), None)


def test_numbers_have_a_middle():
    found = of("decimal", Decimal("1.5"), Decimal("2.5"), Decimal(8), Decimal("NaN"))
    assert (found.mean, found.median, found.others) == (4.0, 2.5, 1)
    assert (found.summary.low, found.summary.high) == (Decimal("1.5"), Decimal(8))


def test_the_commonest_values_come_first():
    found = of("string", *"abbccc", None)
    assert [(top.value, top.count) for top in found.top] == [("c", 3), ("b", 2), ("a", 1)]


def test_nested_values_are_the_same_whatever_the_order_of_their_members():
    assert of("json", {"a": 1, "b": [2]}, {"b": [2], "a": 1}, {"a": 1}).summary.distinct == 2


def test_true_is_not_one():
    assert of("mixed", True, 1, "1").summary.distinct == 3


def test_texts_have_lengths():
    found = of("string", "a", "abc", "")
    assert found.lengths is not None
    assert (found.lengths.least, found.lengths.most) == (0, 3)
    assert found.lengths.mean == pytest.approx(4 / 3)


def test_moments_are_compared_across_zones():
    early, late = datetime(2026, 1, 1, 1, tzinfo=TEHRAN), datetime(2026, 1, 1, tzinfo=UTC)
    found = of("timestamptz", late, early, "infinity")
    assert (found.summary.low, found.summary.high, found.others, found.timed) == (early, late, 1, True)
    assert sum(each.count for each in found.bins) == 2


def test_dates_times_and_spans_have_extremes():
    assert of("date", date(2026, 1, 2), date(2025, 1, 1)).summary.low == date(2025, 1, 1)
    assert of("time", time(3), time(2)).summary.high == time(3)
    assert of("interval", timedelta(1), timedelta(2)).summary.low == timedelta(1)


@given(samples())
@settings(max_examples=150, deadline=None)
def test_any_column_has_a_profile_that_adds_up(sample: Sample):
    for index in range(len(sample.columns)):
        found = profile(sample, index)
        assert found.summary == summary(sample, index)
        assert found.summary.rows == len(sample.rows)
        assert found.summary.distinct <= found.summary.rows - found.summary.nulls
        assert sum(top.count for top in found.top) <= found.summary.rows - found.summary.nulls


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=60))
def test_every_number_is_in_one_bar(values: list[float]):
    found = bins_of(values)
    assert len(found) <= BINS_MAX
    assert sum(each.count for each in found) in (0, len(values))
    if values and max(values) - min(values) < 1e300:
        assert sum(each.count for each in found) == len(values)


@given(st.lists(st.integers(-30, 30).map(float), min_size=1, max_size=60))
def test_a_bar_counts_what_lies_in_it(values: list[float]):
    found = bins_of(values)
    for each in found[:-1]:
        assert each.count == sum(each.start <= value < each.end for value in values)


def test_few_integers_have_a_bar_each():
    found = bins_of([1.0, 2.0, 2.0, 5.0])
    assert [(each.start, each.count) for each in found] == [(0.5, 1), (1.5, 2), (2.5, 0), (3.5, 0), (4.5, 1)]


@pytest.mark.parametrize(
    ("texts", "rules"),
    [
        (["علی", "كريم"], {"arabic_letters": 1}),
        (["علي", "كريم"], {"arabic_letters": 2}),
        (["مدرسة", "علي"], {}),
        (["مدرسة", "علي", "گل"], {"arabic_letters": 1}),
        (["علی", "کریم"], {}),
        (["۱۲3"], {"mixed_digits": 1}),
        (["۱۲٣"], {"mixed_digits": 1}),
        (["۱۲", "12", "۳"], {"digit_scripts": 1}),
        (["12", "13"], {}),
        (["می\u200cروم", "۱۲\u200cتایی", "12\u200cتایی"], {"digit_scripts": 1}),
        (["می\u200cروم", "خانه\u200cها"], {}),
        (["می\u200c روم"], {"half_space": 1}),
        (["می\u200c\u200cروم"], {"half_space": 1}),
        (["خانه\u200c"], {"half_space": 1}),
        (["می¬روم"], {"half_space": 1}),
        (["می\u200bروم", "\ufeffمی"], {"half_space": 2}),
        (["not¬this"], {}),
        ([" علی", "علی ", "ع ل"], {"outer_spaces": 2}),
        ([], {}),
    ],
)
def test_persian_text_is_looked_at(texts: list[str], rules: dict[str, int]):
    assert {each.rule: each.cells for each in text_checks(texts)} == rules


def test_the_first_cell_against_a_rule_is_shown():
    assert text_checks(["ok", " one", "two "])[0].example == " one"


def test_an_hour_that_a_zone_repeats_is_two_hours() -> None:
    zone = ZoneInfo("America/New_York")
    moments = [datetime(2026, 11, 1, hour, 30, tzinfo=UTC).astimezone(zone) for hour in (5, 6)]
    found = of("timestamptz", *reversed(moments))
    assert (found.summary.distinct, [top.count for top in found.top]) == (2, [1, 1])
    assert (found.summary.low, found.summary.high) == tuple(moments)
    assert found.summary.low.astimezone(UTC).hour == 5
