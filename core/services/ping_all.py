"""Ping all as a job."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from core.models import PingAllView, PingRow
from core.services.jobs import Job
from core.services.live import LiveSource
from core.services.pacing import next_start

Ping = Callable[[LiveSource], Awaitable[PingRow]]


class PingAllJob(Job[PingRow]):
    """Pings every source given to it. `view` and `cancel` may be called from any thread."""

    def __init__(
        self,
        sources: Sequence[LiveSource],
        ping: Ping,
        alive: Callable[[], bool] | None = None,
        ahead: int | None = None,
    ) -> None:
        self._sources, self._ping = sources, ping
        super().__init__(alive, ahead)

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
                await self._begin()
                group.create_task(self._one(source))
                await next_start()

    async def _one(self, source: LiveSource) -> None:
        await self._add(await self._ping(source))
