"""What the table shows of a sample's values."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pandas as pd  # type: ignore[import-untyped]  # carries no types
import pytest

from core.i18n import translator
from ui.result_table import column_of, places_of, shown

FA, EN = translator("fa", strict=True), translator("en", strict=True)
FIRST = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
LAST = datetime.max.replace(tzinfo=UTC)
AT = datetime(2026, 11, 27, 14, 13, tzinfo=UTC)


def kept(kind: str, *values: Any) -> list[Any]:
    return [None if value is None or value is pd.NA else value for value in column_of(values, kind, FA)]


@pytest.mark.parametrize(
    ("value", "persian", "english"),
    [
        (AT, "۱۴۰۵/۰۹/۰۶ ۱۷:۴۳ · 2026-11-27T14:13:00+00:00", "2026-11-27 14:13:00+00:00"),
        (AT.replace(tzinfo=None), "۱۴۰۵/۰۹/۰۶ ۱۴:۱۳ · 2026-11-27T14:13:00", "2026-11-27 14:13:00"),
        (date(2026, 3, 21), "۱۴۰۵/۰۱/۰۱ · 2026-03-21", "2026-03-21"),
        (date(600, 1, 1), "0600-01-01", "0600-01-01"),
        (LAST, str(LAST), str(LAST)),
        (
            datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
            "0001-01-01 00:00:00+14:00",
            "0001-01-01 00:00:00+14:00",
        ),
        (b"", "۰ بایت", "0 bytes"),
        (b"\x89PNG", "۴ بایت · \u206689 50 4e 47\u2069", "4 bytes · 89 50 4e 47"),
        (bytes(2048), "۲ کیبی‌بایت · \u2066" + "00 " * 12 + "…\u2069", "2 KiB · " + "00 " * 12 + "…"),
        ({"a": [1, Decimal("1.10")]}, '{"a":[1,"1.10"]}', '{"a":[1,"1.10"]}'),
        (timedelta(days=1, hours=2), "P1DT2H", "P1DT2H"),
        (UUID(int=5), str(UUID(int=5)), str(UUID(int=5))),
        (None, None, None),
    ],
)
def test_a_value_is_shown_as_what_it_is(value: object, persian: str | None, english: str | None) -> None:
    assert shown(value, EN) == english
    assert persian is None or shown(value, FA) == persian


def test_persian_times_sort_as_text() -> None:
    moments = [AT + timedelta(hours=hours) for hours in (-9000, -30, 0, 1, 700)]
    texts = [shown(moment, FA) or "" for moment in moments]
    assert sorted(texts) == texts


def test_numbers_stay_numbers_where_they_are_exact() -> None:
    assert kept("integer", 1, None, 2**53) == [1, None, 2**53]
    assert kept("integer", 1, 2**53 + 1) == ["1", "9007199254740993"]
    assert kept("float", 1.5, None) == [1.5, None]
    assert kept("float", 10, 9.5, None) == [10, 9.5, None]
    assert kept("float", 2**53 + 1, 9.5) == ["9007199254740993", "9.5"]
    assert kept("float", 1.5, float("nan")) == ["1.5", "nan"]
    assert kept("decimal", Decimal("12.50"), None, Decimal("-0.05")) == [12.5, None, -0.05]
    assert kept("decimal", Decimal("1234567890123456.7")) == ["1234567890123456.7"]
    assert kept("decimal", Decimal("NaN")) == ["NaN"]
    assert kept("boolean", True, None) == [True, None]


@pytest.mark.parametrize(
    ("values", "places"),
    [
        (("12.50", "3.00"), 2),
        (("1.5", "1.50"), None),
        (("1E+2",), None),
        (("0.000000000000001",), None),
        (("0.00000000000001",), 14),
        (("123456789012345",), 0),
        (("1234567890123456",), None),
        (("12345678901234.5", "1.2"), 1),
        ((), None),
    ],
)
def test_decimals_are_numbers_where_their_last_digits_are_kept(values: tuple[str, ...], places: int | None) -> None:
    assert places_of([*map(Decimal, values), None]) == places
