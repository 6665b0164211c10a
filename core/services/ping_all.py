"""Ping all as a job."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from core.models import PingAllView, PingRow
from core.services.jobs import Job
from core.services.live import LiveSource

TURNS_A_START = 2
"""Turns of the loop from one start to the next. More are truer and slower: with 1, 2 and 3, on a machine that was busy
otherwise, 1,000 sources of 50 ms were reported at 67, 60 and 57 ms."""

Ping = Callable[[LiveSource], Awaitable[PingRow]]


class PingAllJob(Job[PingRow]):
    """Pings every source given to it. `view` and `cancel` may be called from any thread."""

    def __init__(self, sources: Sequence[LiveSource], ping: Ping, alive: Callable[[], bool] | None = None) -> None:
        self._sources, self._ping = sources, ping
        super().__init__(alive)

    def view(self) -> PingAllView:
        """How far it is now."""
        rows, finished = tuple(self._items), self.finished
        return PingAllView(self.id, len(self._sources), rows, finished, self._cancelled, self.elapsed_ms)

    async def wait(self) -> PingAllView:
        """The final view."""
        await self.ended()
        return self.view()

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            for source in self._sources:
                group.create_task(self._one(source))
                # Every turn of the loop serves all answers that are there, so what waits is the next source and not an
                # answer. All at once, and a source of 50 ms would seem to take 500.
                for _ in range(TURNS_A_START):
                    await asyncio.sleep(0)

    async def _one(self, source: LiveSource) -> None:
        await self._add(await self._ping(source))
