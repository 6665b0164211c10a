"""The seven figures: average, percentile over a window, and what is not counted."""

import itertools
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.figures import EMA_TAU_S, WAITING_MAX, FiguresState, SourceFigures
from core.metrics.histogram import RELATIVE_ERROR
from core.models import BreakerState, Figures
from tests.fakes import FakeClock

CLOSED = BreakerState.CLOSED
gaps_and_latencies = st.lists(st.tuples(st.floats(0, 900), st.floats(0.01, 60_000)), min_size=1, max_size=60)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def figures(clock: FakeClock) -> SourceFigures:
    return SourceFigures(clock=clock.utc)


def record(figures: SourceFigures, latency_ms: float = 10, times: int = 1, *, error: bool = False) -> None:
    for _ in range(times):
        figures.record(latency_ms, error=error, proves_ok=not error)


def shown(figures: SourceFigures) -> Figures:
    return figures.snapshot(CLOSED)


def p95(figures: SourceFigures) -> float | None:
    return shown(figures).p95_ms


@given(gaps_and_latencies)
def test_the_average_equals_its_closed_form_whatever_the_gaps(calls: list[tuple[float, float]]) -> None:
    clock = FakeClock()
    figures = SourceFigures(clock=clock.utc)
    at: list[datetime] = []
    for gap, latency in calls:
        clock.advance(gap)
        at.append(clock.utc())
        record(figures, latency)
    ages = [(at[-1] - moment).total_seconds() for moment in at]
    left = [math.exp(-age / EMA_TAU_S) for age in ages]
    weights = [left[0], *(after - before for before, after in itertools.pairwise(left))]
    expected = sum(weight * latency for weight, (_, latency) in zip(weights, calls, strict=True))
    assert shown(figures).avg_latency_ms == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_before_any_call_there_is_nothing_to_show(figures: SourceFigures) -> None:
    assert shown(figures) == Figures()


def test_a_minute_after_a_jump_the_average_has_gone_two_thirds_of_the_way(
    figures: SourceFigures, clock: FakeClock
) -> None:
    record(figures, 0)
    clock.advance(60)
    record(figures, 100)
    assert shown(figures).avg_latency_ms == pytest.approx(100 * (1 - 1 / math.e))


def test_errors_are_calls_too(figures: SourceFigures, clock: FakeClock) -> None:
    record(figures)
    ok = clock.utc()
    clock.advance(1)
    record(figures, error=True)
    seen = shown(figures)
    assert (seen.calls_total, seen.errors_total, seen.last_ok_ts, seen.last_err_ts) == (2, 1, ok, clock.utc())


def test_a_call_that_only_reached_the_source_moves_neither_time(figures: SourceFigures) -> None:
    figures.record(5, error=False, proves_ok=False)
    seen = shown(figures)
    assert (seen.calls_total, seen.last_ok_ts, seen.last_err_ts) == (1, None, None)


def test_refusals_are_counted_apart(figures: SourceFigures) -> None:
    record(figures, 500)
    for _ in range(1000):
        figures.reject()
    assert shown(figures).calls_total == 1
    assert figures.dump().rejected_total == 1000
    assert p95(figures) == pytest.approx(500, rel=RELATIVE_ERROR)


def test_calls_leave_the_window_after_ten_minutes(figures: SourceFigures, clock: FakeClock) -> None:
    record(figures, 5000, 100)
    clock.advance(9 * 60)
    record(figures, 10, 100)
    assert p95(figures) == pytest.approx(5000, rel=RELATIVE_ERROR)
    clock.advance(2 * 60)
    assert p95(figures) == pytest.approx(10, rel=RELATIVE_ERROR)


def test_calls_leave_the_window_while_others_arrive(figures: SourceFigures, clock: FakeClock) -> None:
    record(figures, 5000, 100)
    for _ in range(22):
        clock.advance(30)
        record(figures, 10, 5)
    assert p95(figures) == pytest.approx(10, rel=RELATIVE_ERROR)


def test_a_source_asked_seldom_keeps_its_last_twenty_calls(figures: SourceFigures, clock: FakeClock) -> None:
    for _ in range(40):
        clock.advance(3600)
        record(figures, 50)
    clock.advance(86_400)
    assert p95(figures) == pytest.approx(50, rel=RELATIVE_ERROR)
    assert sum(figures._fold._window.histogram(clock.utc()).counts.values()) == 20


def test_nineteen_new_calls_do_not_push_an_old_one_out(figures: SourceFigures, clock: FakeClock) -> None:
    record(figures, 5000)
    clock.advance(3600)
    record(figures, 10, 19)
    assert figures._fold._window.histogram(clock.utc()).quantile(1) == pytest.approx(5000, rel=RELATIVE_ERROR)
    record(figures, 10)
    assert figures._fold._window.histogram(clock.utc()).quantile(1) == pytest.approx(10, rel=RELATIVE_ERROR)


def test_a_clock_set_back_neither_moves_the_average_away_nor_loses_a_call(
    figures: SourceFigures, clock: FakeClock
) -> None:
    record(figures, 100)
    clock.advance(-86_400)
    record(figures, 900)
    assert shown(figures).avg_latency_ms == 100
    clock.advance(60)
    record(figures, 900)
    seen = shown(figures)
    assert seen.calls_total == 3
    assert seen.avg_latency_ms == pytest.approx(900 - 800 / math.e)
    assert seen.p95_ms == pytest.approx(900, rel=RELATIVE_ERROR)


def test_seconds_that_another_process_counted_are_not_counted_again(figures: SourceFigures, clock: FakeClock) -> None:
    record(figures, 100)
    for _ in range(6):
        clock.advance(10)
        record(figures, 100)
        clock.advance(-10)  # what the other one saw meanwhile comes on top
        record(figures, 100)
        clock.advance(10)
        record(figures, 100)
    record(figures, 900)
    assert shown(figures).avg_latency_ms == pytest.approx(100)
    clock.advance(-10)
    record(figures, 100)
    clock.advance(10)
    record(figures, 900)
    assert shown(figures).avg_latency_ms == pytest.approx(100)


def test_calls_expire_after_the_clock_was_set_back(figures: SourceFigures, clock: FakeClock) -> None:
    record(figures, 5000, 1000)
    clock.advance(-86_400)
    record(figures, 5000, 1000)
    for _ in range(30):
        clock.advance(60)
        record(figures, 10, 50)
    assert p95(figures) == pytest.approx(10, rel=RELATIVE_ERROR)


def test_what_is_kept_comes_back(figures: SourceFigures, clock: FakeClock) -> None:
    record(figures, 20, 30)
    record(figures, 400, 3, error=True)
    figures.reject()
    again = SourceFigures(figures.dump(), clock.utc)
    assert shown(again) == shown(figures)
    assert again.dump() == figures.dump()


def test_kept_calls_leave_the_window_too(figures: SourceFigures, clock: FakeClock) -> None:
    record(figures, 5000, 30)
    again = SourceFigures(figures.dump(), clock.utc)
    clock.advance(3600)
    record(again, 10, 30)
    assert p95(again) == pytest.approx(10, rel=RELATIVE_ERROR)


def test_a_database_that_is_away_does_not_fill_the_memory_and_no_call_is_uncounted(figures: SourceFigures) -> None:
    record(figures, 10, WAITING_MAX + 50)
    figures.give_back(*figures.take())
    record(figures, 10)
    calls, _ = figures.take()
    assert len(calls) == WAITING_MAX
    assert shown(figures).calls_total == WAITING_MAX + 51


def test_an_empty_past_is_no_past() -> None:
    assert SourceFigures(FiguresState(), lambda: datetime.now(UTC)).dump() == SourceFigures().dump()
