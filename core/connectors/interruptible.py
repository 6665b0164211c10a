"""Driver work that stays in its caller's task and can still be ended by somebody else."""

import asyncio
from types import TracebackType
from typing import Any

from core.errors import SourceUnavailable
from core.models import Outcome

LEAVE_LIMIT_S = 1.2
"""What the work gets to clean up."""


class Interruptible:
    """For drivers that let go at once when they are cancelled: a task for each call, as `Detached` has it, costs as
    much as the rest of the guard. Lives on one event loop.
    """

    def __init__(self) -> None:
        self._running: set[_Work] = set()
        self._left: asyncio.Future[None] | None = None

    def running(self) -> "_Work":
        """`async with` around the work. Raises SourceUnavailable, proving nothing about the source, when `cancel`
        ended it.
        """
        return _Work(self)

    async def cancel(self) -> None:
        """Cancels whatever runs and waits for it to clean up, but not for a peer that is dead."""
        if not self._running:
            return
        for work in self._running:
            work.interrupt()
        self._left = self._left or asyncio.get_running_loop().create_future()
        await asyncio.wait({self._left}, timeout=LEAVE_LIMIT_S)

    def enter(self, work: "_Work") -> None:
        self._running.add(work)

    def leave(self, work: "_Work") -> None:
        self._running.discard(work)
        if self._left is not None and not self._running:
            self._left.set_result(None)
            self._left = None


class _Work:
    __slots__ = ("_cancelling", "_interrupted", "_owner", "_task")
    _task: "asyncio.Task[Any]"

    def __init__(self, owner: Interruptible) -> None:
        self._owner, self._interrupted = owner, False

    def interrupt(self) -> None:
        if not self._interrupted:
            self._interrupted = True
            self._task.cancel()

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only the work of a task can be interrupted")
        self._task, self._cancelling = task, task.cancelling()
        self._owner.enter(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._owner.leave(self)
        # Somebody else may have cancelled the task too: then it stays cancelled.
        if self._interrupted and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise SourceUnavailable("closed", outcome=Outcome.VOID) from None
