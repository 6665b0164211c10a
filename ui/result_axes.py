"""Axes of charts that are drawn of a source's data: numbers of any size and sign, moments of any span, words."""

import math
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from core.i18n import Translator
from ui import axes

YEARS_FROM = timedelta(days=300)
WORD_MAX = 18
EXACT, SMALL, SMALLEST, FURTHEST = 1e15, 1, 1e-300, sys.float_info.max


def layout(t: Translator, height: int, x: dict[str, Any], y: dict[str, Any], **how: Any) -> dict[str, Any]:
    side = "right" if t.direction == "rtl" else "left"
    # The unit that other charts have above their values is one of time.
    return axes.layout(t, height=height, annotations=[], xaxis=x, yaxis=y | {"side": side}, **how)


def numbers(low: float, high: float, t: Translator) -> dict[str, Any]:
    """Round values around what is shown."""
    values = ticks(low, high)
    digits = _digits(values)
    labels = [figure(value, t, digits) for value in values]
    return _axis(values, labels) | {"range": [values[0], values[-1]]}


def counts(most: int, t: Translator) -> dict[str, Any]:
    """How many of something: whole numbers from zero up."""
    values = ticks(0, most)
    whole = [value for value in values if value == round(value)]
    return _axis(whole, [t.number(value, 0) for value in whole]) | {"range": [0, values[-1]]}


def moments(start: datetime, end: datetime, t: Translator) -> dict[str, Any]:
    """As every axis of time; with the year where days alone would not say which."""
    axis = axes.time_axis(start, end, t)
    if end - start > YEARS_FROM:
        axis |= {"ticktext": [t.drawn(t.date(moment)) for moment in axis["tickvals"]]}
    return axis


def words(names: Sequence[str]) -> dict[str, Any]:
    """Words at 0, 1, 2 …: long ones with their beginning."""
    labels = [axes.beginning(name, WORD_MAX) for name in names]
    axis = _axis(list(range(len(names))), labels)
    return axis | {"showgrid": False, "range": [-0.6, len(names) - 0.4]}


def ticks(low: float, high: float) -> list[float]:
    """At most eight round values, the first not above `low`, the last not below `high`."""
    low, high = max(low, -FURTHEST), min(high, FURTHEST)
    span = high - low
    if not math.isfinite(span) or span <= 0 or low + span / axes.TICKS == low:
        apart = abs(low) or 1
        return [low, high] if high > low else [max(low - apart, -FURTHEST), min(low + apart, FURTHEST)]
    rough = span / (axes.TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * factor for factor in axes.STEPS if power * factor >= rough), rough)
    first = math.floor(low / step)
    values = [number * step for number in range(first, math.ceil(high / step) + 1)]
    return values if all(map(math.isfinite, values)) else [low, high]


def figure(value: float, t: Translator, digits: int | None = None) -> str:
    """A number in the reader's digits; below one as many as say it, very large and small ones with a power of ten."""
    if value and not (SMALL <= abs(value) < EXACT or (digits is not None and digits <= 6)):
        return t.significant(value)
    return t.significant(value) if abs(value) >= EXACT else t.number(value, digits)


def _digits(values: Sequence[float]) -> int:
    """After the point, as many as tell the values apart: of steps like 0.25 one more than of 0.2."""
    step = values[1] - values[0]
    if not (SMALLEST < step < math.inf):
        return 0
    power = math.floor(math.log10(step))
    return max(0, -power + math.isclose(step / 10**power, 2.5))


def _axis(values: Sequence[Any], labels: Sequence[str]) -> dict[str, Any]:
    return {
        "tickvals": list(values),
        "ticktext": list(labels),
        "tickfont": {"color": axes.ink()},
        "gridcolor": axes.GRID,
        "zeroline": False,
    }
