"""One column of a sample: how full it is, what stands in it how often, and how it is spread."""

import json
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import fmean, median
from typing import Any
from uuid import UUID

from core.models import Sample
from core.profiles.bins import Bin, bins_of
from core.profiles.numbers import instant, real, seconds
from core.profiles.persian import TextCheck, text_checks
from core.values import json_value

TOP = 5
NUMBERS = frozenset({"integer", "float", "decimal"})
DAYS = frozenset({"date", "timestamp", "timestamptz"})
MEAN_MAX = 1e300
"""Beyond this a sum of floats may be none."""


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """`distinct` counts values, without the missing ones. `low` and `high` are there for numbers, dates and times."""

    name: str
    type: str
    rows: int
    nulls: int
    distinct: int
    low: Any = None
    high: Any = None


@dataclass(frozen=True, slots=True)
class Lengths:
    """Of texts, in letters."""

    least: int
    mean: float
    most: int


@dataclass(frozen=True, slots=True)
class Top:
    """A value, the first of its likes, and how often it stands there."""

    value: Any
    count: int


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """`bins` are of numbers, or of seconds since 1970 where `timed`; `others` are values of another type than the
    column's: text among dates, NaN among numbers."""

    summary: ColumnSummary
    top: tuple[Top, ...]
    others: int = 0
    mean: float | None = None
    median: float | None = None
    lengths: Lengths | None = None
    bins: tuple[Bin, ...] = ()
    timed: bool = False
    checks: tuple[TextCheck, ...] = ()


def summary(sample: Sample, index: int) -> ColumnSummary:
    """The column at `index`, in short."""
    values = _present(sample, index)
    return _summary(sample, index, values, len({_key(value) for value in values}))


def profile(sample: Sample, index: int) -> ColumnProfile:
    """The column at `index`, in full: a walk over its values, whatever the others are."""
    values, kind = _present(sample, index), sample.columns[index].type
    counts, firsts = Counter(map(_key, values)), dict[Hashable, Any]()
    for value in values:
        firsts.setdefault(_key(value), value)
    short = _summary(sample, index, values, len(counts))
    top = tuple(Top(firsts[key], count) for key, count in counts.most_common(TOP))
    if kind in NUMBERS:
        return _of_numbers(short, top, values)
    if kind in DAYS:
        return _of_days(short, top, values)
    return _of_texts(short, top, values)


def _of_numbers(short: ColumnSummary, top: tuple[Top, ...], values: Sequence[Any]) -> ColumnProfile:
    numbers = [number for value in values if (number := real(value)) is not None]
    others = len(values) - len(numbers)
    if not numbers:
        return ColumnProfile(short, top, others)
    small = max(map(abs, numbers)) < MEAN_MAX
    mean, middle = (fmean(numbers), median(numbers)) if small else (None, None)
    return ColumnProfile(short, top, others, mean, middle, bins=bins_of(numbers))


def _of_days(short: ColumnSummary, top: tuple[Top, ...], values: Sequence[Any]) -> ColumnProfile:
    moments = [moment for value in values if (moment := seconds(value)) is not None]
    return ColumnProfile(short, top, len(values) - len(moments), bins=bins_of(moments), timed=True)


def _of_texts(short: ColumnSummary, top: tuple[Top, ...], values: Sequence[Any]) -> ColumnProfile:
    texts = [value for value in values if isinstance(value, str)]
    if not texts:
        return ColumnProfile(short, top)
    sizes = list(map(len, texts))
    lengths = Lengths(min(sizes), fmean(sizes), max(sizes))
    return ColumnProfile(short, top, lengths=lengths, checks=text_checks(texts))


def _summary(sample: Sample, index: int, values: Sequence[Any], distinct: int) -> ColumnSummary:
    column, rows = sample.columns[index], len(sample.rows)
    ordered = _ordered(values, column.type)
    key = instant if column.type == "timestamptz" else None
    low, high = (min(ordered, key=key), max(ordered, key=key)) if ordered else (None, None)
    return ColumnSummary(column.name, column.type, rows, rows - len(values), distinct, low, high)


def _present(sample: Sample, index: int) -> list[Any]:
    return [row[index] for row in sample.rows if row[index] is not None]


def _ordered(values: Sequence[Any], kind: str) -> list[Any]:
    """Those that can be compared with each other."""
    if kind in NUMBERS:
        return [v for v in values if real(v) is not None]
    if kind in DAYS:
        zoned = kind == "timestamptz"
        fits = datetime if kind != "date" else date
        return [v for v in values if isinstance(v, fits) and _is_zoned(v) is zoned and _is_day(v) is (kind == "date")]
    if kind == "time":
        return [v for v in values if isinstance(v, time) and v.tzinfo is None]
    return [v for v in values if isinstance(v, timedelta)] if kind == "interval" else []


def _is_zoned(value: date) -> bool:
    return isinstance(value, datetime) and value.utcoffset() is not None


def _is_day(value: date) -> bool:
    return not isinstance(value, datetime)


def _key(value: Any) -> Hashable:
    """The same for equal values; nested ones by their JSON, members in the order of their names."""
    match value:
        case bool():
            return "bool", value
        case Decimal() | float():
            return value if real(value) is not None else ("number", str(value))
        case datetime():
            return instant(value)
        case int() | str() | date() | time() | timedelta() | UUID():
            return value
        case bytes() | bytearray() | memoryview():
            return bytes(value)
    return "json", json.dumps(json_value(value), ensure_ascii=False, sort_keys=True)
