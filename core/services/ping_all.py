"""Ping all as a job: it runs on the background loop, is watched from anywhere, and stops when nobody looks."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import UUID, uuid4

from core.models import PingAllView, PingRow
from core.services.live import LiveSource

ALIVE_EVERY_S = 0.2
TURNS_A_START = 2
"""Turns of the loop from one start to the next. More are truer and slower: with 1, 2 and 3, on a machine that was busy
otherwise, 1,000 sources of 50 ms were reported at 67, 60 and 57 ms."""

Ping = Callable[[LiveSource], Awaitable[PingRow]]


class PingAllJob:
    """Pings every source given to it. `view` and `cancel` may be called from any thread."""

    def __init__(self, sources: Sequence[LiveSource], ping: Ping, alive: Callable[[], bool] | None = None) -> None:
        self.id: UUID = uuid4()
        self._sources, self._ping, self._alive = sources, ping, alive
        self._rows: list[PingRow] = []
        self._cancelled = False
        self._started = time.monotonic()
        self._ended: float | None = None
        self._news = asyncio.Condition()
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run())

    def view(self) -> PingAllView:
        """How far it is now."""
        rows, ended = tuple(self._rows), self._ended
        elapsed = ((ended or time.monotonic()) - self._started) * 1000
        return PingAllView(self.id, len(self._sources), rows, ended is not None, self._cancelled, elapsed)

    def cancel(self) -> None:
        """Stops what is under way; answers that came stay."""
        self._loop.call_soon_threadsafe(self._task.cancel)

    async def wait(self) -> PingAllView:
        """The final view."""
        await asyncio.wait({self._task})
        return self.view()

    async def results(self) -> AsyncIterator[PingRow]:
        """Each answer as it comes. Leaving the iteration cancels the job."""
        given = 0
        try:
            while True:
                async with self._news:
                    while len(self._rows) == given and self._ended is None:
                        await self._news.wait()
                if given == len(self._rows):
                    return
                yield self._rows[given]
                given += 1
        finally:
            self._task.cancel()

    async def _run(self) -> None:
        watcher = asyncio.create_task(self._watch())
        try:
            async with asyncio.TaskGroup() as group:
                for source in self._sources:
                    group.create_task(self._one(source))
                    # Every turn of the loop serves all answers that are there, so what waits is the next source and
                    # not an answer. All at once, and a source of 50 ms would seem to take 500.
                    for _ in range(TURNS_A_START):
                        await asyncio.sleep(0)
        except asyncio.CancelledError:
            self._cancelled = True
        finally:
            watcher.cancel()
            self._ended = time.monotonic()
            async with self._news:
                self._news.notify_all()

    async def _one(self, source: LiveSource) -> None:
        row = await self._ping(source)
        async with self._news:
            self._rows.append(row)
            self._news.notify_all()

    async def _watch(self) -> None:
        while self._alive is not None:
            await asyncio.sleep(ALIVE_EVERY_S)
            if not self._alive():
                self._task.cancel()
                return
