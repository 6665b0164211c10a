"""The histogram against exact quantiles of the same numbers."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.histogram import LARGEST_MS, RELATIVE_ERROR, SMALLEST_MS, Histogram

latencies = st.floats(SMALLEST_MS, LARGEST_MS)
near_one_value = st.floats(10, 12)
exponential = st.floats(1e-9, 1).map(lambda share: -40 * math.log(share) + SMALLEST_MS)
heavy_tailed = st.floats(1e-4, 1).map(lambda share: min(LARGEST_MS, 5 * share**-1.2))
two_humps = st.one_of(st.floats(1, 2), st.floats(900, 1100))
powers_of_two = st.integers(-9, 23).map(lambda exponent: float(2**exponent))
shapes = st.one_of(
    *(st.lists(shape, min_size=1, max_size=200) for shape in (latencies, near_one_value, exponential)),
    *(st.lists(shape, min_size=1, max_size=200) for shape in (heavy_tailed, two_humps, powers_of_two)),
)


def histogram_of(values: list[float]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


def exact(values: list[float], q: float) -> float:
    return sorted(values)[max(1, math.ceil(q * len(values))) - 1]


def state_of(histogram: Histogram) -> tuple[dict[int, int], int]:
    return dict(histogram.counts), histogram.total


@given(shapes, st.sampled_from([0.0, 0.5, 0.95, 0.99, 1.0]))
def test_a_quantile_is_off_by_no_more_than_its_relative_error(values: list[float], q: float) -> None:
    true = exact(values, q)
    answered = histogram_of(values).quantile(q)
    assert answered is not None
    # Beyond the bound itself only the rounding of a logarithm at a bucket's very edge.
    assert abs(answered - true) <= true * (RELATIVE_ERROR + 1e-9)


def test_the_relative_error_is_two_point_two_percent() -> None:
    assert 0.0218 < RELATIVE_ERROR < 0.022


def test_nothing_added_has_no_quantile() -> None:
    assert Histogram().quantile(0.95) is None


@given(shapes, shapes)
def test_merging_is_addition(left: list[float], right: list[float]) -> None:
    merged = Histogram.merged([histogram_of(left), histogram_of(right)])
    assert state_of(merged) == state_of(histogram_of(left + right))


@given(shapes, shapes)
def test_merging_leaves_its_parts_alone(left: list[float], right: list[float]) -> None:
    parts = [histogram_of(left), histogram_of(right)]
    before = [state_of(part) for part in parts]
    Histogram.merged(parts).add(1)
    assert [state_of(part) for part in parts] == before


@given(shapes)
def test_packing_is_undone_by_unpacking(values: list[float]) -> None:
    histogram = histogram_of(values)
    assert state_of(Histogram.unpack(histogram.pack())) == state_of(histogram)


def test_bytes_of_a_wrong_length_are_refused() -> None:
    with pytest.raises(ValueError, match="without its end"):
        Histogram.unpack(histogram_of([3.0]).pack() + b"\x88")


def test_nothing_packs_to_nothing() -> None:
    assert Histogram().pack() == b""
    assert state_of(Histogram.unpack(b"")) == ({}, 0)


@pytest.mark.parametrize(
    ("value", "bound", "compare"), [(0.0, SMALLEST_MS, max), (-5.0, SMALLEST_MS, max), (1e12, LARGEST_MS, min)]
)
def test_what_lies_outside_falls_into_the_outermost_bucket(
    value: float, bound: float, compare: Callable[[float, float], float]
) -> None:
    assert state_of(histogram_of([value])) == state_of(histogram_of([compare(value, bound)]))


def test_neighbouring_buckets_take_half_a_byte_each() -> None:
    spread = histogram_of([2 ** (n / 16) for n in range(20)])
    assert len(spread.pack()) == 20 / 2 + 2
