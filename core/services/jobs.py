"""Jobs: work on the background loop that yields items, is watched from anywhere, and ends with its viewer."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar
from uuid import UUID, uuid4

from core.models import Actor

ALIVE_EVERY_S = 0.2
JOBS_KEPT = 200

T = TypeVar("T")


class Job(ABC, Generic[T]):
    """Starts when it is made. `cancel` may be called from any thread, as may what reads `_items` in subclasses.

    `alive` is asked every 0.2 s whether somebody still wants it. With `ahead` no more than so many items are begun
    beyond those that `results` gave: a reader who is slow holds the work back.
    """

    def __init__(self, alive: Callable[[], bool] | None = None, ahead: int | None = None) -> None:
        self.id: UUID = uuid4()
        self._alive, self._ahead = alive, ahead
        self._begun = self._given = 0
        self._items: list[T] = []
        self._cancelled = False
        self._started = time.monotonic()
        self._ended: float | None = None
        self._news = asyncio.Condition()
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run())

    @property
    def finished(self) -> bool:
        return self._ended is not None

    @property
    def elapsed_ms(self) -> float:
        return ((self._ended or time.monotonic()) - self._started) * 1000

    def cancel(self) -> None:
        """Stops what is under way; what came stays."""
        self._loop.call_soon_threadsafe(self._task.cancel)

    async def ended(self) -> None:
        """Waits for the end."""
        await asyncio.wait({self._task})

    async def results(self) -> AsyncIterator[T]:
        """Each item as it comes. Leaving the iteration cancels the job."""
        given = 0
        try:
            while True:
                async with self._news:
                    while len(self._items) == given and not self.finished:
                        await self._news.wait()
                if given == len(self._items):
                    return
                yield self._items[given]
                given += 1
                await self._take(given)
        finally:
            self._task.cancel()

    @abstractmethod
    async def _work(self) -> None:
        """Everything; hands each item to `_add`."""

    async def _begin(self) -> None:
        """Waits until the next item may be begun."""
        self._begun += 1
        if self._ahead is not None:
            async with self._news:
                while self._begun - self._given > self._ahead:
                    await self._news.wait()

    async def _take(self, given: int) -> None:
        self._given = given
        if self._ahead is not None:
            async with self._news:
                self._news.notify_all()

    async def _add(self, item: T) -> None:
        async with self._news:
            self._items.append(item)
            self._news.notify_all()

    async def _run(self) -> None:
        watcher = asyncio.create_task(self._watch())
        try:
            await self._work()
        except asyncio.CancelledError:
            self._cancelled = True
        finally:
            watcher.cancel()
            self._ended = time.monotonic()
            async with self._news:
                self._news.notify_all()

    async def _watch(self) -> None:
        while self._alive is not None:
            await asyncio.sleep(ALIVE_EVERY_S)
            if not self._alive():
                self._task.cancel()
                return


J = TypeVar("J", bound=Job)  # type: ignore[type-arg]  # of whatever items


class Jobs(Generic[J]):
    """The latest jobs, each with the organisation that it belongs to."""

    def __init__(self) -> None:
        self._jobs: dict[UUID, tuple[str, J]] = {}

    def keep(self, org: str, job: J) -> J:
        self._jobs[job.id] = org, job
        while len(self._jobs) > JOBS_KEPT:
            self._jobs.pop(next(iter(self._jobs)))
        return job

    def find(self, actor: Actor, job_id: UUID) -> J | None:
        """A job of an organisation that the actor belongs to."""
        org, job = self._jobs.get(job_id, ("", None))
        return job if org in actor.roles else None

    async def close(self) -> None:
        """Cancels them all, and waits for their ends."""
        jobs = [job for _, job in self._jobs.values()]
        for job in jobs:
            job.cancel()
        for job in jobs:
            await job.ended()
