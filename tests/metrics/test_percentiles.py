"""Percentiles of many histograms at a time are those of the histograms merged one by one."""

from hypothesis import given
from hypothesis import strategies as st

from core.metrics.histogram import LARGEST_MS, SMALLEST_MS, Histogram
from core.metrics.percentiles import percentiles

WANTED = (0.0, 0.5, 0.95, 0.99, 1.0)
latencies = st.lists(st.floats(SMALLEST_MS / 10, LARGEST_MS * 10), max_size=6)


def histogram(values: list[float], times: int = 1) -> Histogram:
    made = Histogram()
    for value in values:
        for _ in range(times):
            made.add(value)
    return made


@given(st.lists(st.tuples(latencies, st.integers(0, 3), st.sampled_from([1, 1, 200])), max_size=8))
def test_they_are_those_of_the_merged_histograms(parts: list[tuple[list[float], int, int]]) -> None:
    merged = [Histogram() for _ in range(4)]
    packed = []
    for values, group, times in parts:
        part = histogram(values, times)
        merged[group].merge(part)
        packed.append(part.pack())
    expected = [tuple(each.quantile(q) for q in WANTED) for each in merged]
    assert percentiles(packed, [group for _, group, _ in parts], 4, WANTED) == expected


def test_without_a_call_there_are_none() -> None:
    assert percentiles([], [], 2, (0.5,)) == [(None,), (None,)]
    assert percentiles([b"", histogram([3]).pack()], [0, 1], 2, (0.5,))[0] == (None,)
