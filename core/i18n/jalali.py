"""Days of the Jalali calendar: years, months and days."""

from datetime import date
from typing import NamedTuple

import jdatetime  # type: ignore[import-untyped]  # the package carries no types

MONTHS: tuple[str, ...] = tuple(jdatetime.date.j_months_fa)
LONG_MONTHS, SHORT_MONTHS = 6, 11
"""So many months have 31 days, those up to the next number 30, the last one 29 and in a leap year 30."""


class JalaliDay(NamedTuple):
    year: int
    month: int
    day: int


def of(day: date) -> JalaliDay:
    found = jdatetime.date.fromgregorian(date=day)
    return JalaliDay(found.year, found.month, found.day)


def gregorian(year: int, month: int, day: int) -> date:
    """Raises ValueError for a day that there is not."""
    found: date = jdatetime.date(year, month, day).togregorian()
    return found


def month_length(year: int, month: int) -> int:
    """In days."""
    if month <= LONG_MONTHS:
        return 31
    return 30 if month <= SHORT_MONTHS or jdatetime.date(year, 1, 1).isleap() else 29
