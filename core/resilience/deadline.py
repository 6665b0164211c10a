"""One deadline for a whole call, carried by a context variable down to what drivers are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

HARD_CAP_S = 60.0
SERVER_MARGIN_S = 0.5
"""Limits handed to a server are this much shorter than ours, so that its own clear error arrives first."""

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def now() -> float:
    """Seconds on the running loop's monotonic clock."""
    return asyncio.get_running_loop().time()


def remaining(default: float = HARD_CAP_S) -> float:
    """Seconds left to the current call, never below 0; `default` when no deadline is set."""
    end = _deadline.get()
    return default if end is None else max(0.0, end - now())


def server_limit_s(default: float = HARD_CAP_S) -> float:
    """What a server may be told it has, in seconds, never below 0.05."""
    return max(0.05, remaining(default) - SERVER_MARGIN_S)


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Narrows the deadline to at most `seconds` from now. Raises TimeoutError when it passes."""
    limit = min(seconds, remaining(), HARD_CAP_S)
    token = _deadline.set(now() + limit)
    try:
        async with asyncio.timeout(limit):
            yield
    finally:
        _deadline.reset(token)
