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

from core.errors import BreakerOpen, SourceError
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

    async def call(self, function: Callable[[], Awaitable[T]]) -> T:
        """Runs `function` up to `retries + 1` times. Raises its last real error.

        A breaker that opened between two attempts refuses the next one; what the caller then learns is the error of
        the source, not the refusal.
        """
        last: Exception | None = None
        for attempt in range(1, self.retries + 2):
            try:
                return await function()
            except BreakerOpen as refusal:
                raise last or refusal from None
            except Exception as err:
                if not is_transient(err) or attempt > self.retries:
                    raise
                last = err
                await self._pause(attempt, err)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _pause(self, retry: int, err: Exception) -> None:
        delay = self.delay_s(retry)
        if delay + SETTLE_MARGIN_S > remaining():
            raise err
        await self.sleep(delay)


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
