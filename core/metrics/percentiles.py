"""Percentiles of very many packed histograms at a time: merged first, then read, as `Histogram.quantile` would."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from core.metrics.histogram import MORE, OFFSET, SCALE


def percentiles(
    packed: Sequence[bytes], groups: Sequence[int], count: int, wanted: Sequence[float]
) -> list[tuple[float | None, ...]]:
    """For each of `count` groups the quantiles `wanted` (0 … 1) in milliseconds, None for a group that holds nothing.

    `packed` are histograms as `Histogram.pack` makes them, `groups` the number of the group that each belongs to.
    A year of one source takes some milliseconds: better not on the event loop.
    """
    import numpy as np  # late: it takes an eighth of a second, which a start need not pay

    filled = [(data, group) for data, group in zip(packed, groups, strict=True) if data]
    if not filled:
        return [(None,) * len(wanted)] * count
    counts, lowest = _merged(np, filled, count)
    totals = counts.sum(axis=1)
    ranks, before = counts.cumsum(), totals.cumsum() - totals  # of all groups one behind the other
    starts = np.arange(count) * counts.shape[1] - lowest
    found = [ranks.searchsorted(before + np.maximum(1, np.ceil(q * totals))) - starts for q in wanted]
    values = zip(*(map(_middle, np.where(totals, indices, 0).tolist()) for indices in found), strict=True)
    nothing = (None,) * len(wanted)
    return [each if total else nothing for each, total in zip(values, totals.tolist(), strict=True)]


@cache
def _middle(index: int) -> float:
    """Of a bucket, in milliseconds; there are some hundred buckets."""
    return float(2 ** ((index - 0.5) / SCALE))


def _merged(np: Any, filled: Sequence[tuple[bytes, int]], count: int) -> tuple[Any, int]:
    """One row a group, one column a bucket, and which bucket the first column is."""
    numbers, last_groups = _numbers(np, np.frombuffer(b"".join(data for data, _ in filled), dtype=np.uint8))
    ends = np.searchsorted(last_groups, 2 * np.array([len(data) for data, _ in filled]).cumsum())
    owner = np.repeat(np.arange(len(filled)), np.diff(ends, prepend=0))
    counts, values = (numbers & 1).astype(bool), numbers >> 1
    steps = np.where(counts, 1, values)
    ways = steps.cumsum() - steps  # the way to each number, and to where its histogram begins
    begins = np.concatenate(([0], ends[:-1]))
    index = (ways - ways[begins][owner])[counts] - OFFSET
    lowest, width = int(index.min()), int(index.max() - index.min()) + 1
    cells = np.array([group for _, group in filled])[owner[counts]] * width + index - lowest
    merged = np.bincount(cells, weights=values[counts], minlength=count * width)
    return merged.reshape(count, width), lowest


def _numbers(np: Any, data: Any) -> tuple[Any, Any]:
    """All numbers at once, and where the last half byte of each stands: low half first, as `Histogram.pack` has it."""
    halves = np.empty(2 * len(data), dtype=np.int64)
    halves[0::2], halves[1::2] = data & 0xF, data >> 4
    last = np.flatnonzero(halves < MORE)
    first = np.concatenate(([0], last[:-1] + 1))
    place = np.arange(len(halves)) - np.repeat(first, last - first + 1)
    return np.add.reduceat((halves & (MORE - 1)) << (3 * place), first), last
