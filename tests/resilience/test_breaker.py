"""What the table says in single sentences."""

import threading

import pytest

from core.errors import BreakerOpen
from core.models import BreakerConfig, BreakerState, Outcome
from core.resilience.breaker import Breaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock=clock)
    for _ in range(5):
        breaker.settle(breaker.acquire(), Outcome.FAIL)
    return breaker


def test_the_defaults_are_five_failures_and_thirty_seconds() -> None:
    assert BreakerConfig() == BreakerConfig(failure_threshold=5, timeout_seconds=30.0)


def test_five_failures_in_a_row_open_it_and_four_do_not() -> None:
    breaker = Breaker()
    for _ in range(4):
        breaker.settle(breaker.acquire(), Outcome.FAIL)
    assert breaker.state is BreakerState.CLOSED
    breaker.settle(breaker.acquire(), Outcome.FAIL)
    assert breaker.state is BreakerState.OPEN


def test_an_answer_that_says_no_ends_a_row_of_failures() -> None:
    breaker = Breaker()
    for outcome in [Outcome.FAIL] * 4 + [Outcome.REACHED] + [Outcome.FAIL] * 4:
        breaker.settle(breaker.acquire(), outcome)
    assert breaker.state is BreakerState.CLOSED


def test_a_refusal_says_how_long_to_wait() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 12
    with pytest.raises(BreakerOpen) as refusal:
        breaker.acquire()
    assert refusal.value.retry_after == pytest.approx(18)
    assert refusal.value.state is BreakerState.OPEN


def test_a_late_failure_does_not_extend_the_window() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    late = breaker.acquire()
    for _ in range(5):
        breaker.settle(breaker.acquire(), Outcome.FAIL)
    clock.now += 29
    breaker.settle(late, Outcome.FAIL)
    assert breaker.retry_after() == pytest.approx(1)
    assert breaker.stale_settlements == 1


def test_four_thousand_callers_at_half_open_send_one_probe() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 30
    admitted = []

    def call() -> None:
        for _ in range(500):
            try:
                admitted.append(breaker.acquire())
            except BreakerOpen:
                continue

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == 1


def test_a_probe_whose_holder_died_is_replaced_after_its_lease() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 30
    dead = breaker.acquire()
    clock.now += 11
    living = breaker.acquire()
    breaker.settle(dead, Outcome.FAIL)
    assert breaker.state is BreakerState.HALF_OPEN
    breaker.settle(living, Outcome.OK)
    assert breaker.state is BreakerState.CLOSED


def test_listeners_are_called_outside_the_lock_at_every_change() -> None:
    clock = Clock()
    breaker = Breaker(BreakerConfig(1, 30), clock=clock)
    seen: list[tuple[BreakerState, bool]] = []
    breaker.listen(lambda _before, after: seen.append((after, breaker._lock.locked())))
    breaker.settle(breaker.acquire(), Outcome.FAIL)
    clock.now += 30
    breaker.settle(breaker.acquire(), Outcome.FAIL)
    clock.now += 30
    breaker.settle(breaker.acquire(), Outcome.OK)
    breaker.force_open()
    breaker.disable()
    breaker.reset()
    states = ["open", "half_open", "open", "half_open", "closed", "forced_open", "disabled", "closed"]
    assert seen == [(BreakerState(state), False) for state in states]


def test_a_lower_threshold_opens_at_the_next_failure_and_not_by_itself() -> None:
    breaker = Breaker()
    for _ in range(4):
        breaker.settle(breaker.acquire(), Outcome.FAIL)
    breaker.configure(BreakerConfig(2, 30))
    assert (breaker.state, breaker.failures) == (BreakerState.CLOSED, 1)
    breaker.settle(breaker.acquire(), Outcome.FAIL)
    assert breaker.state is BreakerState.OPEN


@pytest.mark.parametrize("hold", ["force_open", "disable"])
def test_what_a_person_set_outlasts_a_new_beginning(hold: str) -> None:
    breaker = Breaker()
    getattr(breaker, hold)()
    held, late = breaker.state, breaker.generation
    breaker.renew()
    assert (breaker.state, breaker.generation) == (held, late + 1)


def test_a_new_beginning_closes_an_open_one() -> None:
    breaker = opened(Clock())
    breaker.renew()
    assert breaker.state is BreakerState.CLOSED
