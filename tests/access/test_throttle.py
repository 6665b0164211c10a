"""Guessing is held up; the owner of the account is not."""

import pytest

from core.access.throttle import ACCOUNTS_MAX, FREE, LINES, Throttle
from core.errors import TooManyRequests
from tests.access.conftest import FakeClock

HOME, ELSEWHERE = "10.0.0.7", "192.0.2.1"


@pytest.fixture
def throttle(clock: FakeClock) -> Throttle:
    return Throttle(clock.seconds)


def fail(throttle: Throttle, times: int, name: str = "mina", address: str | None = ELSEWHERE) -> None:
    for _ in range(times):
        throttle.attempt(name, address)


def wait(throttle: Throttle, name: str = "mina", address: str | None = ELSEWHERE) -> float:
    with pytest.raises(TooManyRequests) as refusal:
        throttle.attempt(name, address)
    return round(refusal.value.retry_after, 3)


def test_the_first_failures_cost_nothing_and_then_the_wait_doubles_up_to_a_minute(
    throttle: Throttle, clock: FakeClock
) -> None:
    fail(throttle, FREE)
    waits = []
    for _ in range(9):
        throttle.attempt("mina", ELSEWHERE)
        waits.append(wait(throttle))
        clock.advance(seconds=waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_try_that_was_refused_makes_the_wait_no_longer(throttle: Throttle, clock: FakeClock) -> None:
    fail(throttle, FREE + 1)
    assert [wait(throttle) for _ in range(20)] == [1] * 20
    clock.advance(seconds=0.25)
    assert wait(throttle) == 0.75


def test_failures_are_forgotten_after_a_quarter_of_an_hour(throttle: Throttle, clock: FakeClock) -> None:
    fail(throttle, FREE)
    clock.advance(minutes=15)
    fail(throttle, FREE + 1)
    assert wait(throttle) == 1


def test_success_begins_anew(throttle: Throttle) -> None:
    fail(throttle, FREE)
    throttle.attempt("mina", ELSEWHERE).succeeded()
    fail(throttle, FREE + 1)
    assert wait(throttle) == 1


def test_of_many_tries_at_once_no_more_get_through_than_one_after_the_other(throttle: Throttle) -> None:
    under_way = [throttle.attempt("mina", ELSEWHERE) for _ in range(FREE + 1)]
    assert wait(throttle) == 1
    assert len(under_way) == FREE + 1


def test_spellings_of_a_name_are_one_account_and_other_names_are_others(throttle: Throttle) -> None:
    fail(throttle, FREE + 1, "علي")
    assert wait(throttle, " علی ") == 1
    throttle.attempt("mina", ELSEWHERE)


def test_the_owner_at_a_known_address_is_not_held_up_by_strangers(throttle: Throttle) -> None:
    throttle.attempt("mina", HOME).succeeded()
    fail(throttle, FREE + 1)
    assert wait(throttle) == 1
    throttle.attempt("mina", HOME).succeeded()
    # Nor does the owner's success help the strangers.
    assert wait(throttle) == 1


def test_a_known_address_is_held_up_by_its_own_failures(throttle: Throttle) -> None:
    throttle.attempt("mina", HOME).succeeded()
    fail(throttle, FREE + 1, address=HOME)
    assert wait(throttle, address=HOME) == 1


def test_an_address_is_known_for_the_account_that_signed_in_there_and_no_other(throttle: Throttle) -> None:
    throttle.attempt("ali", HOME).succeeded()
    fail(throttle, FREE + 1)
    assert wait(throttle, "mina", HOME) == 1


def test_names_without_end_do_not_fill_the_memory(throttle: Throttle) -> None:
    for n in range(ACCOUNTS_MAX + 50):
        throttle.attempt(f"name {n}", ELSEWHERE).succeeded()
        throttle.attempt(f"name {n}", ELSEWHERE)
    assert (len(throttle._failures), len(throttle._known)) == (ACCOUNTS_MAX, ACCOUNTS_MAX)


def test_a_flood_from_one_address_leaves_few_lines(throttle: Throttle, clock: FakeClock) -> None:
    assert [throttle.worth_a_line(ELSEWHERE) for _ in range(50)].count(True) == LINES
    assert throttle.worth_a_line(HOME)
    clock.advance(minutes=1)
    assert throttle.worth_a_line(ELSEWHERE)
