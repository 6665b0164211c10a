"""An exponential histogram as the cumulative buckets of a monitoring system."""

from itertools import accumulate

from core.metrics.histogram import SCALE, Histogram

FIRST, LAST = 2, 15
BOUNDS_MS = tuple(2**power for power in range(FIRST, LAST + 1))
"""4 ms … 32.8 s. Powers of two are bounds of the histogram too: the counts are exact, not estimated."""


def counts_below(histogram: Histogram) -> tuple[int, ...]:
    """How many values are at most each of BOUNDS_MS."""
    counts = [0] * len(BOUNDS_MS)
    for index, count in histogram.counts.items():
        # Bucket i ends at 2^(i / SCALE): rounded up, that is the first power of two above all of it.
        slot = max(0, -(-index // SCALE) - FIRST)
        if slot < len(counts):
            counts[slot] += count
    return tuple(accumulate(counts))
