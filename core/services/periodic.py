"""Work that is done again and again for as long as the process lives, whatever goes wrong in between."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

RETRY_S = 5.0
"""After an error, a database that is away for a while mostly, the work is tried again no sooner."""


class Periodic:
    """One piece of work on the background loop, first after `first_s`.

    It says itself after how many seconds it wants to be done again.
    """

    def __init__(
        self, name: str, work: Callable[[], Awaitable[float]], retry_s: float = RETRY_S, first_s: float = 0.0
    ) -> None:
        self._name, self._work, self._retry_s, self._first_s = name, work, retry_s, first_s
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Ends it where it is. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        wait_s = self._first_s
        while True:
            await asyncio.sleep(wait_s)
            wait_s = await self._once()

    async def _once(self) -> float:
        try:
            wait_s = await self._work()
        except Exception as err:  # noqa: BLE001 - nothing that goes wrong once may end it
            if not self._failing:  # said once
                log.warning("periodic_work_failed", work=self._name, error=type(err).__name__)
            self._failing = True
            return self._retry_s
        self._failing = False
        return wait_s


class Following(ABC):
    """Keeps up with what other processes store: one look every so many seconds, the first after as many."""

    def __init__(self, name: str, every_s: float) -> None:
        self._every_s = every_s
        self._periodic = Periodic(name, self._look, retry_s=min(every_s, RETRY_S), first_s=every_s)

    @abstractmethod
    async def follow(self) -> None:
        """One look."""

    def start(self) -> None:
        self._periodic.start()

    async def close(self) -> None:
        await self._periodic.close()

    async def _look(self) -> float:
        await self.follow()
        return self._every_s
