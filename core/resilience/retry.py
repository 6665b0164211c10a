"""Retry with exponential backoff and full jitter, for transient errors only.

The delay before retry n is uniform in [0, min(max, base·2^(n-1))]. Full jitter (rather than equal or decorrelated)
keeps many clients of one recovering source from arriving together: M. Brooker, "Exponential Backoff And Jitter", 2015.
"""

import asyncio
import functools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from core.errors import BreakerOpen, Busy, RateLimited, SourceError, SourceUnavailable
from core.resilience.budget import SUCCESS_TOKENS, RetryBudget, tokens_for
from core.resilience.deadline import remaining

SETTLE_MARGIN_S = 0.05
"""A retry that would start with less than this left to the deadline is not worth waiting for."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long apart. Sleep and jitter are ports, so that a test needs no real time."""

    retries: int = 2
    base_ms: float = 250.0
    max_ms: float = 2000.0
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, repr=False)
    uniform: Callable[[float, float], float] = field(default=random.uniform, repr=False)

    def delay_s(self, retry: int) -> float:
        """Seconds to wait before retry number `retry`, counted from 1."""
        cap = min(self.max_ms, self.base_ms * 2 ** (retry - 1))
        return self.uniform(0.0, cap) / 1000

    async def call(
        self,
        function: Callable[[], Awaitable[T]],
        budget: RetryBudget | None = None,
        refused_for: Callable[[], float] = lambda: 0.0,
    ) -> T:
        """Runs `function` up to `retries + 1` times. Raises its last real error.

        `refused_for` says for how many seconds another attempt would be refused: no pause leads up to a refusal.
        """
        budget = budget or RetryBudget()
        try:
            value = await function()
        except (BreakerOpen, Busy):
            raise
        except Exception as err:  # noqa: BLE001 - raised again where another attempt would not help
            first = err
        else:
            budget.give_back(SUCCESS_TOKENS)
            return value
        return await self._again(function, first, budget, refused_for)

    async def _again(
        self,
        function: Callable[[], Awaitable[T]],
        last: Exception,
        budget: RetryBudget,
        refused_for: Callable[[], float],
    ) -> T:
        """What the caller learns of a refusal between two attempts is the error of the source, not the refusal."""
        taken, waited = 0, False
        for retry in range(1, self.retries + 1):
            pause, tokens = self._pause_s(retry, last, waited=waited), tokens_for(last)
            if pause is None or refused_for() > pause or not budget.take(tokens):
                break
            taken, waited = taken + tokens, waited or asked_wait_s(last) is not None
            await self.sleep(pause)
            try:
                value = await function()
            except (BreakerOpen, Busy):
                budget.give_back(tokens)
                break
            except Exception as err:  # noqa: BLE001 - the loop goes on with it, or raises it at its end
                last = err
            else:
                budget.give_back(taken)
                return value
        raise last

    def _pause_s(self, retry: int, err: Exception, *, waited: bool) -> float | None:
        """Seconds before another attempt; None where there is none. A source's own Retry-After is honoured once."""
        pause: float | None = self.delay_s(retry) if is_transient(err) else None
        asked = asked_wait_s(err)
        if asked is not None:
            pause = None if waited else asked
        return None if pause is None or pause + SETTLE_MARGIN_S > remaining() else pause


def asked_wait_s(err: Exception) -> float | None:
    """The wait in seconds that the source itself asked for."""
    return err.retry_after if isinstance(err, RateLimited | SourceUnavailable) else None


def is_transient(err: Exception) -> bool:
    """Whether another attempt may help: what the table of errors says, and plain network trouble and timeouts."""
    if isinstance(err, SourceError):
        return err.retried
    return isinstance(err, ConnectionError | TimeoutError)


def with_retry(
    retries: int = 2, base_ms: float = 250.0, max_ms: float = 2000.0, *, policy: RetryPolicy | None = None
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Decorator: the same loop around any coroutine function. `policy`, when given, replaces the three numbers."""
    chosen = policy or RetryPolicy(retries, base_ms, max_ms)

    def decorate(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @functools.wraps(function)
        async def retried(*args: P.args, **kwargs: P.kwargs) -> T:
            return await chosen.call(lambda: function(*args, **kwargs))

        return retried

    return decorate
