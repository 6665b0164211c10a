"""Days of the Jalali calendar against days that are known, and there and back again."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.i18n import jalali


@pytest.mark.parametrize(
    ("gregorian", "expected"),
    [((2026, 3, 21), (1405, 1, 1)), ((2025, 3, 20), (1403, 12, 30)), ((2026, 11, 28), (1405, 9, 7))],
)
def test_days_that_are_known(gregorian: tuple[int, int, int], expected: tuple[int, int, int]) -> None:
    assert jalali.of(date(*gregorian)) == expected
    assert jalali.gregorian(*expected) == date(*gregorian)


@given(st.dates(date(1921, 3, 21), date(2071, 3, 20)))
def test_a_day_comes_back_and_lies_in_its_month(day: date) -> None:
    year, month, number = jalali.of(day)
    assert jalali.gregorian(year, month, number) == day
    assert 1 <= number <= jalali.month_length(year, month)


@pytest.mark.parametrize("year", range(1300, 1450))
def test_a_month_is_as_long_as_it_is(year: int) -> None:
    for month in range(1, 13):
        length = jalali.month_length(year, month)
        jalali.gregorian(year, month, length)
        with pytest.raises(ValueError, match="day"):
            jalali.gregorian(year, month, length + 1)
