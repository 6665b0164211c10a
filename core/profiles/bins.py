"""Histograms: at most 20 bars of one width."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

BINS_MAX = 20
WHOLE = 2.0**50
"""Below this a float tells halves apart."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Values from `start` on and below `end`; the last bar holds its end too."""

    start: float
    end: float
    count: int


def bins_of(values: Sequence[float]) -> tuple[Bin, ...]:
    """One bar an integer where there are few, else as many as Sturges's rule gives: log2 n + 1. Empty without values.

    `values` are finite. What lies too far apart for a float to say how far has no bars.
    """
    if not values:
        return ()
    low, high = min(values), max(values)
    if high - low < BINS_MAX and max(-low, high) < WHOLE and all(value.is_integer() for value in values):
        low, high = low - 0.5, high + 0.5
        count = round(high - low)
    else:
        count = min(BINS_MAX, math.ceil(math.log2(len(values))) + 1)
    width = (high - low) / count
    if not math.isfinite(width):
        return ()
    return _counted(values, low, width, count) if low + width > low else (Bin(low, high, len(values)),)


def _counted(values: Sequence[float], low: float, width: float, count: int) -> tuple[Bin, ...]:
    counts = [0] * count
    for value in values:
        counts[min(int((value - low) / width), count - 1)] += 1
    return tuple(Bin(low + index * width, low + (index + 1) * width, each) for index, each in enumerate(counts))


def placed(bins: Sequence[Bin]) -> tuple[list[float], float]:
    """The middles of bars, and their one width. Not by the sum of both ends, which may be beyond a double."""
    width = bins[0].end - bins[0].start
    return [each.start + width / 2 for each in bins], width
