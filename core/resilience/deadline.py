"""One deadline for a whole call, carried by a context variable down to what drivers are told."""

import asyncio
from contextvars import ContextVar, Token
from types import TracebackType

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


class promised:  # noqa: N801 - read as a word: `with promised(15):`
    """Narrows the deadline to at most `seconds` from now, without a timer.

    For a block in which everything that waits asks `remaining` or is itself `within` something: a timer costs as much
    as the rest of the guard's work on a call.
    """

    __slots__ = ("_seconds", "_token")
    _token: Token[float | None]

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> float:
        """The end, on the loop's clock."""
        start, limit = now(), min(self._seconds, HARD_CAP_S)
        outer = _deadline.get()
        end = start + limit if outer is None else min(max(outer, start), start + limit)
        self._token = _deadline.set(end)
        return end

    def __exit__(self, *_error: object) -> None:
        _deadline.reset(self._token)


class within:  # noqa: N801 - read as a word: `async with within(10):`
    """Narrows the deadline to at most `seconds` from now. Raises TimeoutError when it passes."""

    __slots__ = ("_promise", "_timer")
    _timer: asyncio.Timeout

    def __init__(self, seconds: float) -> None:
        self._promise = promised(seconds)

    async def __aenter__(self) -> None:
        self._timer = asyncio.Timeout(self._promise.__enter__())
        await self._timer.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._promise.__exit__()
        await self._timer.__aexit__(kind, error, trace)
