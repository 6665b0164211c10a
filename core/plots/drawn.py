"""What is drawn for a plot: series of points, bounded."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from core.exports.cells import text_of
from core.models import Sample
from core.plots.choice import Plot, Role, role_of
from core.profiles.bins import bins_of, placed
from core.profiles.numbers import instant, moment_of, real, seconds

POINTS_MAX = 4000
"""Of all series together: more no screen tells apart, and the browser has to hold them."""
CATEGORIES_MAX = 40
SERIES_MAX = 12
OTHERS = None
"""The name of what is beyond the last colour."""

Value = float | str | datetime


@dataclass(frozen=True, slots=True)
class Series:
    """`y` is the place of its column, None where rows are counted; `group` the word of the colour."""

    y: int | None
    group: str | None
    xs: tuple[Value, ...]
    ys: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """`x` says what the `xs` are: floats, moments (those without a zone stay without) or words.

    `left_out` counts points, words or series that did not fit; `width` is that of a histogram's bars.
    """

    series: tuple[Series, ...]
    x: Role
    left_out: int = 0
    width: float = 0


class _Row(NamedTuple):
    x: Value
    group: str | None
    ys: tuple[float | None, ...]


def drawn(sample: Sample, plot: Plot) -> Drawn:
    """Rows without an x, and points without a y, are not there. Empty where the columns give nothing."""
    role = role_of(sample, plot.x) or Role.WORD
    if plot.kind == "histogram":
        return _histogram(sample, plot, role)
    rows = list(_rows(sample, plot, role))
    places: tuple[int | None, ...] = (None,) if plot.aggregate == "count" else plot.ys
    series = [
        found
        for number, place in enumerate(places)
        for group, those in _grouped(rows).items()
        if (found := _series(those, number, place, group, plot, role)).xs
    ]
    return _bounded(Drawn(tuple(series), role))


def _histogram(sample: Sample, plot: Plot, role: Role) -> Drawn:
    to_number = seconds if role is Role.TIME else real
    numbers = [n for row in sample.rows if (n := to_number(row[plot.x])) is not None]
    bins = bins_of(numbers)
    if not bins:
        return Drawn((), role)
    middles, width = placed(bins)
    xs: list[Any] = [_moment(sample, plot.x, m) for m in middles] if role is Role.TIME else middles
    series = Series(None, None, tuple(xs), tuple(float(each.count) for each in bins))
    return Drawn((series,), role, width=width)


def _moment(sample: Sample, index: int, at: float) -> datetime:
    moment = moment_of(at)
    return moment if sample.columns[index].type == "timestamptz" else moment.replace(tzinfo=None)


def _rows(sample: Sample, plot: Plot, role: Role) -> Iterator[_Row]:
    colours = _colours(sample, plot.colour)
    for row in sample.rows:
        x = _x(row[plot.x], role)
        if x is not None:
            group = None if plot.colour is None else colours.get(text_of(row[plot.colour]) or "", OTHERS)
            yield _Row(x, group, tuple(real(row[y]) for y in plot.ys))


def _x(value: Any, role: Role) -> Value | None:
    if role is Role.NUMBER:
        return real(value)
    if role is Role.WORD:
        return text_of(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a day has no zone
    return instant(value) if isinstance(value, datetime) else None


def _colours(sample: Sample, index: int | None) -> Mapping[str, str]:
    """The words that have a colour of their own: the commonest."""
    if index is None:
        return {}
    counts = Counter(text_of(row[index]) or "" for row in sample.rows)
    return {word: word for word, _ in counts.most_common(SERIES_MAX - 1 if len(counts) > SERIES_MAX else SERIES_MAX)}


def _grouped(rows: Sequence[_Row]) -> Mapping[str | None, list[_Row]]:
    found: dict[str | None, list[_Row]] = {}
    for row in rows:
        found.setdefault(row.group, []).append(row)
    return found


def _series(rows: Sequence[_Row], number: int, place: int | None, group: str | None, plot: Plot, role: Role) -> Series:
    if plot.aggregate == "none":
        points = [(row.x, y) for row in rows if (y := row.ys[number]) is not None]
    else:
        points = _aggregated(rows, number, plot.aggregate)
    if role is not Role.WORD and (plot.kind == "line" or plot.aggregate != "none"):
        points.sort(key=lambda point: _order(point[0]))
    return Series(place, group, tuple(x for x, _ in points), tuple(y for _, y in points))


def _aggregated(rows: Sequence[_Row], number: int, how: str) -> list[tuple[Value, float]]:
    found: dict[Value, list[float]] = {}
    for row in rows:
        y = 1.0 if how == "count" else row.ys[number]
        if y is not None:
            found.setdefault(row.x, []).append(y)
    return [(x, y) for x, ys in found.items() if math.isfinite(y := float(_FOLDS[how](ys)))]


def _mean(values: Sequence[float]) -> float:
    return sum(value / len(values) for value in values)


_FOLDS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "count": sum,
    "sum": sum,
    "mean": _mean,
    "min": min,
    "max": max,
}


def _order(x: Value) -> float:
    if isinstance(x, datetime):
        return seconds(x) or 0.0
    return x if isinstance(x, float) else 0.0


def _bounded(all_of_it: Drawn) -> Drawn:
    kept = all_of_it.series[:SERIES_MAX]
    left_out = len(all_of_it.series) - len(kept)
    if all_of_it.x is Role.WORD:
        weights = Counter[Value]()
        for series in kept:
            weights.update({x: abs(y) for x, y in zip(series.xs, series.ys, strict=True)})
        words = {word for word, _ in weights.most_common(CATEGORIES_MAX)}
        left_out += len(weights) - len(words)
        kept = tuple(_only(series, words.__contains__) for series in kept)
    points = sum(len(series.xs) for series in kept)
    if points > POINTS_MAX:
        thin = partial(_thinned, step=-(-points // POINTS_MAX))
        kept = tuple(map(thin, kept))
    left_out += points - sum(len(series.xs) for series in kept)
    return replace(all_of_it, series=kept, left_out=left_out)


def _only(series: Series, wanted: Callable[[Value], bool]) -> Series:
    points = [(x, y) for x, y in zip(series.xs, series.ys, strict=True) if wanted(x)]
    return replace(series, xs=tuple(x for x, _ in points), ys=tuple(y for _, y in points))


def _thinned(series: Series, step: int) -> Series:
    return replace(series, xs=series.xs[::step], ys=series.ys[::step])
