"""How many calls run at a time: each source has a share, the process has places for all.

A source that answers slowly fills its own share and no more, so the others keep their pace. A person's call waits for a
place no longer than 0.1 s and then ends as `busy`; background work queues as long as it takes, and leaves a quarter of
the process's places to people.
"""

import asyncio
from collections import deque

from core.errors import Busy

WAIT_S = 0.1
SOURCE_CALLS = 8
PROCESS_CALLS = 256


class Places:
    """So many at a time, in the order of asking, people before background work. Lives on one event loop."""

    def __init__(self, total: int, for_background: int | None = None) -> None:
        self._free = total
        self._free_for_background = total if for_background is None else for_background
        self._people: deque[asyncio.Future[None]] = deque()
        self._background: deque[asyncio.Future[None]] = deque()

    def try_take(self, *, background: bool = False) -> bool:
        """A place, if one is free now."""
        if not self._free or (background and not self._free_for_background):
            return False
        self._free -= 1
        self._free_for_background -= background
        return True

    async def take(self, *, background: bool = False) -> None:
        """Waits for a place."""
        if self.try_take(background=background):
            return
        queue = self._background if background else self._people
        waiter = asyncio.get_running_loop().create_future()
        queue.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():  # it was given a place in the very moment in which it left
                self.give_back(background=background)
            raise

    def give_back(self, *, background: bool = False) -> None:
        self._free += 1
        self._free_for_background += background
        if self._people:
            self._serve(self._people, background=False)
        if self._background:
            self._serve(self._background, background=True)

    def _serve(self, queue: "deque[asyncio.Future[None]]", *, background: bool) -> None:
        while queue and self._free and (self._free_for_background or not background):
            waiter = queue.popleft()
            if not waiter.done():  # else its caller left
                self.try_take(background=background)
                waiter.set_result(None)


class Bulkhead:
    """One source's share of the process's places."""

    def __init__(self, process: Places, calls: int = SOURCE_CALLS) -> None:
        self._process, self._own = process, Places(calls)

    def try_enter(self) -> bool:
        """A place for one call, if there is one now."""
        if not self._own.try_take():
            return False
        if self._process.try_take():
            return True
        self._own.give_back()
        return False

    async def enter(self) -> None:
        """Waits up to 0.1 s for a place. Raises Busy."""
        try:
            async with asyncio.timeout(WAIT_S):
                await self._take(background=False)
        except TimeoutError:
            raise Busy() from None

    async def queue(self) -> None:
        """Waits for a place however long it takes: for calls that nobody sits before."""
        await self._take(background=True)

    def leave(self, *, background: bool = False) -> None:
        self._process.give_back(background=background)
        self._own.give_back()

    async def _take(self, *, background: bool) -> None:
        await self._own.take()
        try:
            await self._process.take(background=background)
        except asyncio.CancelledError:
            self._own.give_back()
            raise


class Bulkheads:
    """The places of one process, and a share for each source."""

    def __init__(self, process: int = PROCESS_CALLS, source: int = SOURCE_CALLS) -> None:
        self._process, self._source = Places(process, max(1, process - -(-process // 4))), source

    def share(self) -> Bulkhead:
        return Bulkhead(self._process, self._source)
