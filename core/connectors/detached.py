"""Driver work that its caller can leave at once, however long the driver takes to notice."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

from core.errors import SourceUnavailable
from core.models import Outcome

LEAVE_LIMIT_S = 1.2
"""What a driver gets to cancel on the server before it is cancelled itself (psycopg alone would wait 10 s)."""

T = TypeVar("T")


class Detached:
    """Runs coroutines as tasks of their own. Lives on one event loop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._leaving: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`. A cancelled caller is free at once; `work` is cancelled and cleans up behind it.

        Raises SourceUnavailable, proving nothing about the source, when `close` ended the work or came before it.
        """
        if self._closed:
            work.close()
            raise SourceUnavailable("closed", outcome=Outcome.VOID)
        task, ended = asyncio.create_task(work), asyncio.get_running_loop().create_future()
        self._tasks.add(task)
        task.add_done_callback(partial(self._end, ended))
        try:
            # What `asyncio.shield` does takes three more turns of the loop, in every call of every source.
            await ended
        except asyncio.CancelledError:
            self._leave(task)
            raise
        if task.cancelled():
            raise SourceUnavailable("closed", outcome=Outcome.VOID)
        return task.result()

    async def close(self) -> None:
        """Cancels whatever runs and waits for it to clean up, but not for a peer that is dead. Final."""
        self._closed = True
        tasks = set(self._tasks)
        for task in tasks:
            self._leave(task)
        if tasks:
            await asyncio.wait(tasks, timeout=LEAVE_LIMIT_S + 0.2)

    def _end(self, ended: "asyncio.Future[None]", task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not ended.done():
            ended.set_result(None)

    def _leave(self, task: "asyncio.Task[Any]") -> None:
        # A second cancellation would cut off the driver's own cancelling on the server.
        if task in self._leaving:
            return
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        task.cancel()
        again = asyncio.get_running_loop().call_later(LEAVE_LIMIT_S, task.cancel)
        task.add_done_callback(lambda _done: again.cancel())
        task.add_done_callback(_forget)


def _forget(task: "asyncio.Task[Any]") -> None:
    # Nobody waits for it any more; an exception that is not looked at would be logged as a leak.
    if not task.cancelled():
        task.exception()
