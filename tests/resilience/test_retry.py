"""Retrying, on virtual time: nothing here waits."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from core.errors import AuthError, BreakerOpen, QueryFailed, SourceTimeout, Unreachable
from core.models import BreakerState
from core.resilience.deadline import within
from core.resilience.retry import RetryPolicy, with_retry
from tests.fakes import VirtualTimeLoop

DOWN = Unreachable("refused", host="h", port=1)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


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
