"""Held connections, for drivers whose own pools dial behind the caller's back.

Measured on psycopg_pool: with a wrong password its workers made 4 login attempts in 11 s outside the breaker, and the
caller saw only a pool timeout. Here a connection is opened when a call needs one, by that call, once.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

IDLE_MAX = 4
IDLE_S = 300.0
CLOSE_LIMIT_S = 1.5

C = TypeVar("C")


class Checkout(Generic[C]):
    """Up to 4 idle connections, each closed after 5 minutes without use. Lives on one event loop.

    `connect` opens one, `end` closes one, `usable` resets one that was held, and says whether it can
    be handed out again.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[C]],
        end: Callable[[C], Awaitable[None]],
        usable: Callable[[C], Awaitable[bool]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect, self._end, self._usable, self._clock = connect, end, usable, clock
        self._idle: deque[tuple[float, C]] = deque()
        self._busy: set[C] = set()
        self._reaper: asyncio.TimerHandle | None = None
        self._endings: set[asyncio.Task[None]] = set()
        self._closed = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[C]:
        """A connection for one caller. After an error it is closed, not kept. Raises what `connect` raises."""
        connection = await self._held() or await self._connect()
        self._busy.add(connection)
        keep = False
        try:
            yield connection
            keep = True
        finally:
            self._busy.discard(connection)
            if keep and not self._closed and len(self._idle) < IDLE_MAX:
                self._idle.append((self._clock(), connection))
                self._watch()
            else:
                self._begin_end(connection)

    async def _held(self) -> C | None:
        """A held connection that still works: a server that restarted has ended them without a word."""
        while self._idle:
            connection = self._idle.pop()[1]
            usable = False
            try:
                usable = await self._usable(connection)
            finally:
                if not usable:
                    self._begin_end(connection)
            if usable:
                return connection
        return None

    async def close(self) -> None:
        """Ends every connection, busy ones too. Idempotent; gives a dead peer no more than 1.5 s."""
        self._closed = True
        if self._reaper is not None:
            self._reaper.cancel()
        self._drop_idle()
        for connection in self._busy:
            self._begin_end(connection)
        if self._endings:
            _, late = await asyncio.wait(self._endings, timeout=CLOSE_LIMIT_S)
            for task in late:
                task.cancel()

    def _drop_idle(self) -> None:
        while self._idle:
            self._begin_end(self._idle.pop()[1])

    def _begin_end(self, connection: C) -> None:
        # A task of its own: the caller may be in the middle of being cancelled.
        task = asyncio.ensure_future(self._end(connection))
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)

    def _watch(self) -> None:
        if self._reaper is None:
            self._reaper = asyncio.get_running_loop().call_later(IDLE_S, self._reap)

    def _reap(self) -> None:
        self._reaper = None
        while self._idle and self._clock() - self._idle[0][0] >= IDLE_S:
            self._begin_end(self._idle.popleft()[1])
        if self._idle:
            self._watch()
