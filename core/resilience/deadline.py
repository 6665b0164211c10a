"""One deadline for a whole call, carried by a context variable down to what drivers are told."""

import asyncio
from contextvars import ContextVar, Token
from typing import Any

HARD_CAP_S = 60.0
SERVER_MARGIN_S = 0.5
"""Limits handed to a server are this much shorter than ours, so that its own clear error arrives first."""
MARGIN_SHARE = 0.25
"""Of a short limit no more than this is kept back: a server that gets half a second in all needs most of it."""

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
    left = remaining(default)
    return max(0.05, left - min(SERVER_MARGIN_S, left * MARGIN_SHARE))


class _Narrowed:
    """The deadline from a moment on: `seconds` later, or where an outer one ends before."""

    __slots__ = ("_seconds", "_token")
    _token: Token[float | None]

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def _begin(self, start: float) -> float:
        """The end, on the loop's clock."""
        end, outer = start + min(self._seconds, HARD_CAP_S), _deadline.get()
        if outer is not None and outer < end:
            end = max(outer, start)
        self._token = _deadline.set(end)
        return end


class promised(_Narrowed):  # noqa: N801 - read as a word: `with promised(15):`
    """Narrows the deadline to at most `seconds` from now, without a timer.

    For a block in which everything that waits asks `remaining` or is itself `within` something: a timer costs as much
    as the rest of the guard's work on a call.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        self._begin(now())

    def __exit__(self, *_error: object) -> None:
        _deadline.reset(self._token)


class within(_Narrowed):  # noqa: N801 - read as a word: `async with within(10):`
    """Narrows the deadline to at most `seconds` from now. Raises TimeoutError when it passes.

    What `asyncio.timeout` does, and the deadline, in one: the two together take twice as long as this.
    """

    __slots__ = ("_cancelling", "_passed", "_task", "_timer")
    _task: asyncio.Task[Any]
    _timer: asyncio.TimerHandle

    async def __aenter__(self) -> float:
        """Seconds that the block has."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a deadline needs a task to cancel")
        self._task, self._cancelling, self._passed = task, task.cancelling(), False
        start = loop.time()
        end = self._begin(start)
        self._timer = loop.call_at(end, self._pass)
        return end - start

    def _pass(self) -> None:
        self._passed = True
        self._task.cancel()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        self._timer.cancel()
        _deadline.reset(self._token)
        # Somebody else may have cancelled the task too: then it stays cancelled.
        if self._passed and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error
