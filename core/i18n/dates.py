"""Dates in the calendar of a language: Jalali in Persian, Gregorian in English."""

import math
from datetime import MAXYEAR, datetime, tzinfo
from datetime import date as GregorianDay  # noqa: N812 - two calendars have a day here
from functools import lru_cache
from typing import NamedTuple

from babel.dates import format_date

from core.i18n import jalali
from core.i18n.numerals import digits_of

_STEPS = (("second", 1), ("minute", 60), ("hour", 3600), ("day", 86_400))
MONTH_DAYS = 30
NOW_SECONDS = 3


def date(when: datetime, lang: str, zone: tzinfo) -> str:
    """«۱ آذر ۱۴۰۵» or "22 Nov 2026"; the day is the one of `zone`."""
    return _written(_local(when, zone).date(), lang)


def _local(when: datetime, zone: tzinfo) -> datetime:
    """At the ends of the calendar other zones have no date: there it stays as it is."""
    try:
        return when.astimezone(zone)
    except OverflowError:
        return when


@lru_cache(maxsize=4096)
def _written(local: GregorianDay, lang: str) -> str:
    if lang != "fa" or not FIRST_JALALI < local.year < MAXYEAR:
        return digits_of(format_date(local, "d MMM y", locale=lang), lang)
    day = jalali.of(local)
    return digits_of(f"{day.day} {jalali.MONTHS[day.month - 1]} {day.year}", lang)


FIRST_JALALI = 622
"""The Gregorian year in which the Jalali calendar begins; its first full one is the next."""


def in_figures(when: GregorianDay, lang: str, zone: tzinfo) -> str:
    """«۱۴۰۵/۰۹/۰۶», of a datetime «۱۴۰۵/۰۹/۰۶ ۱۷:۴۳», which sorts as text; a moment without a zone stays where it is.

    Empty in languages of the Gregorian calendar, before the first whole Jalali year, and in the last year of all.
    """
    if lang != "fa" or not FIRST_JALALI < when.year < MAXYEAR:
        return ""
    if not isinstance(when, datetime):
        return _figures(when)
    if when.tzinfo is not None:
        when = _local(when, zone)
    return f"{_figures(when.date())} {digits_of(f'{when:%H:%M}', lang)}"


@lru_cache(maxsize=4096)
def _figures(day: GregorianDay) -> str:
    found = jalali.of(day)
    return digits_of(f"{found.year:04}/{found.month:02}/{found.day:02}", "fa")


def clock(when: datetime, lang: str, zone: tzinfo, *, seconds: bool = False) -> str:
    """«۰۹:۴۱», with seconds on request."""
    return digits_of(_local(when, zone).strftime("%H:%M:%S" if seconds else "%H:%M"), lang)


def month_start(when: datetime, lang: str, zone: tzinfo, back: int = 0) -> datetime:
    """Midnight before the first day of the month in the calendar of `lang`; `back` counts months before it."""
    local = when.astimezone(zone)
    year, month = _calendar(local.date(), lang)
    months = year * 12 + month - 1 - back
    return _midnight(months // 12, months % 12 + 1, lang, zone)


def year_start(when: datetime, lang: str, zone: tzinfo) -> datetime:
    """Midnight before the first day of the year: 1 Farvardin in Persian."""
    return _midnight(_calendar(when.astimezone(zone).date(), lang)[0], 1, lang, zone)


def _calendar(local: GregorianDay, lang: str) -> tuple[int, int]:
    if lang != "fa":
        return local.year, local.month
    return jalali.of(local)[:2]


def _midnight(year: int, month: int, lang: str, zone: tzinfo) -> datetime:
    first = GregorianDay(year, month, 1) if lang != "fa" else jalali.gregorian(year, month, 1)
    return datetime(first.year, first.month, first.day, tzinfo=zone)


class Age(NamedTuple):
    """So many of the largest whole unit; `until_s` is the age at which it is said otherwise."""

    unit: str
    n: int
    until_s: float


def age(seconds: float) -> Age:
    """The unit is `now` below 3 s and `date` from 30 days on."""
    if seconds >= MONTH_DAYS * 86_400:
        return Age("date", 0, math.inf)
    if seconds < NOW_SECONDS:
        return Age("now", 0, NOW_SECONDS)
    unit, size = next(step for step in reversed(_STEPS) if seconds >= step[1])
    n = int(seconds // size)
    return Age(unit, n, (n + 1) * size)
