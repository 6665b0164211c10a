"""What one process saw, in stretches of five minutes: nothing is written twice, nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.histogram import Histogram, index_of
from core.metrics.history import BUCKET_S, OPEN_MAX, HistoryLog, PackedBucket
from tests.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def call(log: HistoryLog, clock: FakeClock, latency_ms: float = 10.0, *, error: bool = False) -> None:
    log.call(clock.utc(), latency_ms, index_of(latency_ms), error=error)


def test_a_stretch_holds_what_happened_in_it(clock: FakeClock) -> None:
    log = HistoryLog()
    call(log, clock, 10.0)
    call(log, clock, 20.5, error=True)
    log.reject(clock.utc())
    (bucket,) = log.take()
    assert bucket.ts % BUCKET_S == 0
    assert bucket.ts <= clock.utc().timestamp() < bucket.ts + BUCKET_S
    assert (bucket.calls, bucket.errors, bucket.rejected, bucket.latency_us) == (2, 1, 1, 30_500)
    assert Histogram.unpack(bucket.histogram).total == 2


def test_the_present_stretch_is_written_whole_again(clock: FakeClock) -> None:
    log = HistoryLog()
    call(log, clock)
    log.take()
    log.written()
    call(log, clock)
    (again,) = log.take()
    assert (again.calls, again.added) == (2, False)


def test_what_did_not_change_is_not_written_again(clock: FakeClock) -> None:
    log = HistoryLog()
    call(log, clock)
    log.take()
    log.written()
    assert log.take() == ()


def test_what_could_not_be_written_is_taken_again(clock: FakeClock) -> None:
    log = HistoryLog()
    call(log, clock)
    first = log.take()
    log.give_back()
    assert log.take() == first


def test_a_stretch_that_comes_back_after_the_clock_was_set_back_is_an_addition(clock: FakeClock) -> None:
    log, stored = HistoryLog(), dict[int, int]()
    for step in (0, BUCKET_S, -BUCKET_S, 0, BUCKET_S):
        clock.advance(step)
        call(log, clock)
        _store(stored, log.take())
        log.written()
    assert sorted(stored.values()) == [2, 3]


@given(
    st.lists(st.tuples(st.integers(-900, 900), st.sampled_from(["call", "write", "fail", "meanwhile"])), max_size=60)
)
def test_every_call_is_stored_once_however_the_clock_goes_and_writing_fails(steps: list[tuple[int, str]]) -> None:
    log, clock, stored, calls = HistoryLog(), FakeClock(), dict[int, int](), 0
    for seconds, what in [*steps, (0, "write")]:
        clock.advance(seconds)
        if what == "call":
            call(log, clock)
            calls += 1
            continue
        taken = log.take()
        if what == "meanwhile":  # something happens while it is being written
            call(log, clock)
            calls += 1
        if what == "fail":
            log.give_back()
        else:
            _store(stored, taken)
            log.written()
    _store(stored, log.take())
    assert sum(stored.values()) == calls


def test_a_database_that_is_away_for_days_does_not_fill_the_memory(clock: FakeClock) -> None:
    log = HistoryLog()
    for _ in range(OPEN_MAX + 10):
        call(log, clock)
        clock.advance(BUCKET_S)
        log.take()
        log.give_back()
    kept = [bucket.ts for bucket in log.take()]
    assert len(kept) == OPEN_MAX
    assert max(kept) == clock.utc().timestamp() // BUCKET_S * BUCKET_S - BUCKET_S


def _store(stored: dict[int, int], taken: tuple[PackedBucket, ...]) -> None:
    for bucket in taken:
        stored[bucket.ts] = bucket.calls + (stored.get(bucket.ts, 0) if bucket.added else 0)
