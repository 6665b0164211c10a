"""Cumulative buckets of an exponential histogram: as if each value had been counted for them."""

from hypothesis import given
from hypothesis import strategies as st

from core.metrics.buckets import BOUNDS_MS, counts_below
from core.metrics.histogram import Histogram

# Microseconds, so that no value is nearer to a bound than the logarithm can tell.
microseconds = st.one_of(st.integers(0, 100_000_000), st.sampled_from([bound * 1000 for bound in BOUNDS_MS]))


@given(st.lists(microseconds, max_size=60))
def test_the_counts_are_exact(values: list[int]) -> None:
    histogram = Histogram()
    for value in values:
        histogram.add(value / 1000)
    assert counts_below(histogram) == tuple(sum(value <= bound * 1000 for value in values) for bound in BOUNDS_MS)
    assert histogram.total == len(values)


def test_the_bounds_reach_from_a_near_source_to_the_longest_call_that_is_usual() -> None:
    assert (BOUNDS_MS[0], BOUNDS_MS[-1], len(BOUNDS_MS)) == (4, 32_768, 14)
