"""Retrying, on virtual time: nothing here waits."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from core.errors import (
    AuthError,
    BreakerOpen,
    Busy,
    QueryFailed,
    RateLimited,
    SourceTimeout,
    SourceUnavailable,
    Unreachable,
)
from core.models import BreakerState
from core.resilience.budget import RetryBudget
from core.resilience.deadline import within
from core.resilience.retry import RetryPolicy, with_retry

DOWN = Unreachable("refused", host="h", port=1)


def unavailable(retry_after: float | None = None) -> SourceUnavailable:
    return SourceUnavailable("http", retried=True, retry_after=retry_after)


class Attempts:
    """Raises the given errors one by one, then returns "done"; keeps when it was called."""

    def __init__(self, *errors: BaseException) -> None:
        self._errors = list(errors)
        self.at: list[float] = []

    async def __call__(self) -> str:
        self.at.append(asyncio.get_running_loop().time())
        if self._errors:
            raise self._errors.pop(0)
        return "done"


def longest(low: float, high: float) -> float:
    return high


def remembering(asked: list[tuple[float, float]]) -> Callable[[float, float], float]:
    def uniform(low: float, high: float) -> float:
        asked.append((low, high))
        return high / 2

    return uniform


@pytest.mark.anyio
async def test_the_delays_are_uniform_up_to_250_and_then_500_milliseconds() -> None:
    asked: list[tuple[float, float]] = []
    attempts = Attempts(DOWN, DOWN)
    assert await RetryPolicy(uniform=remembering(asked)).call(attempts) == "done"
    assert asked == [(0.0, 250.0), (0.0, 500.0)]
    assert attempts.at == pytest.approx([0, 0.125, 0.375], abs=1e-6)


@pytest.mark.anyio
async def test_what_the_dice_say_in_milliseconds_is_slept_in_seconds() -> None:
    attempts = Attempts(DOWN, DOWN)
    await RetryPolicy(uniform=longest).call(attempts)
    assert attempts.at == pytest.approx([0, 0.25, 0.75], abs=1e-6)


def test_no_delay_is_longer_than_the_cap() -> None:
    policy = RetryPolicy(uniform=longest)
    assert [policy.delay_s(retry) for retry in range(1, 7)] == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0]


def test_without_a_fake_the_dice_stay_within_the_same_bounds() -> None:
    policy = RetryPolicy()
    delays = [policy.delay_s(1) for _ in range(200)]
    assert min(delays) >= 0
    assert max(delays) <= 0.25
    assert len(set(delays)) > 100


@pytest.mark.anyio
async def test_three_failures_are_three_attempts_and_the_last_error() -> None:
    last = SourceTimeout("attempt", seconds=10)
    attempts = Attempts(DOWN, DOWN, last)
    with pytest.raises(SourceTimeout) as raised:
        await RetryPolicy(uniform=longest).call(attempts)
    assert raised.value is last
    assert len(attempts.at) == 3


@pytest.mark.anyio
@pytest.mark.parametrize(("seconds", "tries"), [(0.29, 1), (0.31, 2), (0.79, 2), (0.81, 3)])
async def test_a_retry_that_would_start_past_the_deadline_is_not_waited_for(seconds: float, tries: int) -> None:
    attempts = Attempts(DOWN, DOWN, DOWN)
    with pytest.raises(Unreachable):
        async with within(seconds):
            await RetryPolicy(uniform=longest).call(attempts)
    assert len(attempts.at) == tries
    assert asyncio.get_running_loop().time() < seconds


@pytest.mark.anyio
@pytest.mark.parametrize("error", [AuthError(user="u"), QueryFailed("server", detail="no"), ValueError("a defect")])
async def test_what_another_attempt_cannot_change_is_tried_once(error: Exception) -> None:
    attempts = Attempts(error)
    with pytest.raises(type(error)):
        await RetryPolicy().call(attempts)
    assert len(attempts.at) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), DOWN])
async def test_network_trouble_is_tried_again(error: Exception) -> None:
    assert await RetryPolicy().call(Attempts(error)) == "done"


@pytest.mark.anyio
async def test_a_refusal_by_the_breaker_is_never_retried() -> None:
    refusal = BreakerOpen(12, BreakerState.OPEN)
    attempts = Attempts(refusal)
    with pytest.raises(BreakerOpen):
        await RetryPolicy().call(attempts)
    assert len(attempts.at) == 1


@pytest.mark.anyio
async def test_a_breaker_that_opens_between_attempts_leaves_the_last_real_error() -> None:
    attempts = Attempts(DOWN, BreakerOpen(30, BreakerState.OPEN))
    with pytest.raises(Unreachable) as raised:
        await RetryPolicy().call(attempts)
    assert raised.value is DOWN
    assert len(attempts.at) == 2


@pytest.mark.anyio
async def test_a_full_house_between_attempts_leaves_the_last_real_error() -> None:
    with pytest.raises(Unreachable):
        await RetryPolicy().call(Attempts(DOWN, Busy()))
    with pytest.raises(Busy):
        await RetryPolicy().call(Attempts(Busy()))


@pytest.mark.anyio
async def test_no_pause_leads_up_to_a_refusal() -> None:
    attempts = Attempts(DOWN)
    with pytest.raises(Unreachable):
        await RetryPolicy(uniform=longest).call(attempts, refused_for=lambda: 0.3)
    assert (len(attempts.at), asyncio.get_running_loop().time()) == (1, 0)
    again = Attempts(DOWN)
    assert await RetryPolicy(uniform=longest).call(again, refused_for=lambda: 0.2) == "done"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "asks",
    [RateLimited("http", retry_after=3), SourceUnavailable("http", retry_after=3), unavailable(retry_after=3)],
)
async def test_the_wait_that_a_source_asks_for_is_honoured_once(asks: Exception) -> None:
    attempts = Attempts(asks)
    assert await RetryPolicy(uniform=longest).call(attempts) == "done"
    assert attempts.at == pytest.approx([0, 3], abs=1e-6)
    stubborn = Attempts(asks, asks)
    with pytest.raises(type(asks)):
        await RetryPolicy().call(stubborn)
    assert len(stubborn.at) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("seconds", [2, 3.04])
async def test_a_wait_that_does_not_fit_the_deadline_is_not_begun(seconds: float) -> None:
    for asks in (RateLimited("http", retry_after=3), unavailable(retry_after=3)):
        attempts = Attempts(asks)
        with pytest.raises(type(asks)):
            async with within(seconds):
                await RetryPolicy(uniform=longest).call(attempts)
        assert (len(attempts.at), asyncio.get_running_loop().time()) == (1, 0)


@pytest.mark.anyio
async def test_without_a_wished_wait_only_what_is_unavailable_for_a_moment_is_tried_again() -> None:
    for error, tries in ((RateLimited("http"), 1), (SourceUnavailable("http"), 1), (unavailable(), 3)):
        attempts = Attempts(error, error, error)
        with pytest.raises(type(error)):
            await RetryPolicy().call(attempts)
        assert len(attempts.at) == tries


@pytest.mark.anyio
async def test_a_source_that_asked_for_a_wait_may_still_be_down_afterwards() -> None:
    attempts = Attempts(unavailable(retry_after=1), DOWN)
    assert await RetryPolicy(uniform=longest).call(attempts) == "done"
    assert attempts.at == pytest.approx([0, 1, 1.5], abs=1e-6)


@pytest.mark.anyio
async def test_an_empty_budget_leaves_one_attempt_a_call() -> None:
    budget, policy = RetryBudget(), RetryPolicy()
    tries = []
    for _ in range(12):
        attempts = Attempts(DOWN, DOWN, DOWN)
        with pytest.raises(Unreachable):
            await policy.call(attempts, budget)
        tries.append(len(attempts.at))
    assert tries == [3] * 10 + [1] * 2


@pytest.mark.anyio
async def test_a_retry_after_a_timeout_costs_twice_as_much() -> None:
    budget = RetryBudget()
    with pytest.raises(SourceTimeout):
        await RetryPolicy().call(Attempts(*[SourceTimeout("attempt", seconds=1)] * 3), budget)
    assert budget.tokens == 80


@pytest.mark.anyio
async def test_success_gives_tokens_back() -> None:
    budget = RetryBudget()
    budget.take(50)
    await RetryPolicy().call(Attempts(DOWN, DOWN), budget)
    assert budget.tokens == 50
    await RetryPolicy().call(Attempts(), budget)
    assert budget.tokens == 51


@pytest.mark.anyio
async def test_a_retry_that_was_refused_costs_nothing() -> None:
    budget = RetryBudget()
    with pytest.raises(Unreachable):
        await RetryPolicy().call(Attempts(DOWN, BreakerOpen(30, BreakerState.OPEN)), budget)
    assert budget.tokens == 100


def test_a_budget_never_holds_more_than_at_first() -> None:
    budget = RetryBudget(10)
    assert not budget.take(11)
    assert budget.take(10)
    budget.give_back(25)
    assert budget.tokens == 10


@pytest.mark.anyio
async def test_cancellation_during_an_attempt_passes_through() -> None:
    attempts = Attempts(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await RetryPolicy().call(attempts)
    assert len(attempts.at) == 1


@pytest.mark.anyio
async def test_cancellation_during_a_pause_ends_it_without_another_attempt() -> None:
    attempts = Attempts(DOWN)
    task = asyncio.ensure_future(RetryPolicy(uniform=longest).call(attempts))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(attempts.at) == 1


@pytest.mark.anyio
async def test_the_decorator_retries_any_coroutine_function_and_hands_its_arguments_on() -> None:
    attempts = Attempts(DOWN, DOWN)

    @with_retry(retries=2, base_ms=1)
    async def fetch(key: str, *, times: int) -> str:
        """Says what it fetched."""
        return f"{await attempts()} {key * times}"

    assert await fetch("k", times=2) == "done kk"
    assert (fetch.__name__, fetch.__doc__) == ("fetch", "Says what it fetched.")


@pytest.mark.anyio
async def test_the_decorator_takes_its_three_numbers() -> None:
    attempts = Attempts(DOWN, DOWN, DOWN, DOWN)
    decorated: Callable[[], Awaitable[str]] = with_retry(retries=3, base_ms=0, max_ms=0)(attempts)
    with pytest.raises(Unreachable):
        await decorated()
    assert len(attempts.at) == 4
