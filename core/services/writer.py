"""Carries what happened from memory to storage: status changes at once, counters in batches."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError, StatementError

from core.services.live import LiveSource
from core.storage.status import StatusRepository

log = structlog.get_logger(__name__)

BATCH_S = 5.0
"""Counters of other processes are at most 10 s old: half of that leaves room for a slow commit."""

GATHER_S = 0.05
"""From one commit to the next: of many changes at a time, those of 50 ms share one. A change by itself waits for none.
"""


class StatusWriter:
    """The one writer of `source_status` in this process. Lives on the background loop."""

    def __init__(
        self,
        statuses: StatusRepository,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        batch_s: float = BATCH_S,
    ) -> None:
        self._statuses, self._clock, self._batch_s = statuses, clock, batch_s
        self._dirty: dict[int, LiveSource] = {}
        self._task: asyncio.Task[None] | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self._writing = asyncio.Lock()
        self._woken = asyncio.Event()
        self.failing = False
        """Whether nothing was taken when it was last asked to: what happens stays in memory meanwhile."""

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def mark(self, live: LiveSource) -> None:
        """Its figures changed; they are written with the next batch."""
        self._dirty[live.record.id] = live

    def wake(self, live: LiveSource) -> None:
        """Something happened to it that others should see at once, outside of any call that could wait for it."""
        self.mark(live)
        self._woken.set()

    async def changed(self, live: LiveSource) -> None:
        """Its status changed: written now, with what its journal holds. A caller that leaves interrupts no commit.

        Nobody waits for a database that takes nothing.
        """
        self.mark(live)
        await self.settled()

    async def settled(self) -> None:
        """Everything that happened before is written, or the database does not take it."""
        if not (self._dirty or self._writing.locked()):
            return
        if self._task is None or self._task.done():
            await self.flush()
            return
        if self.failing:
            return
        written = asyncio.get_running_loop().create_future()
        self._waiting.append(written)
        self._woken.set()
        await written

    def drop(self, live: LiveSource) -> None:
        self._dirty.pop(live.record.id, None)

    async def flush(self) -> bool:
        """Writes everything that waits; false when the database would not take it, and it waits on."""
        async with self._writing:
            batch, self._dirty = self._dirty, {}
            waiting, self._waiting = self._waiting, []
            try:
                return await self._write(batch)
            finally:
                _release(waiting)

    async def _write(self, batch: dict[int, LiveSource]) -> bool:
        now = self._clock()
        taken = {key: live.take(now) for key, live in batch.items()}
        try:
            written = await self._statuses.save(taken.values(), now)
        except BaseException as err:
            # The figures stay in memory and go with a later batch; the dashboard keeps answering meanwhile.
            for key, live in batch.items():
                live.give_back(taken[key])
            if _is_of_a_row(err) and len(batch) > 1:
                return await self._each(batch)
            self._dirty = batch | self._dirty
            if not isinstance(err, SQLAlchemyError):
                raise
            self._failed(err, batch)
            return False
        self.failing = False
        for key, live in batch.items():
            live.written(written.get(key))
        return True

    async def _each(self, batch: dict[int, LiveSource]) -> bool:
        """One by one: what the database does not take of one source keeps no other one from being stored."""
        self._dirty = batch | self._dirty
        waiting = ((key, live) for key in batch if (live := self._dirty.pop(key, None)))
        written = [await self._write({key: live}) for key, live in waiting]
        self.failing = not all(written)
        return not self.failing

    def _failed(self, err: SQLAlchemyError, batch: dict[int, LiveSource]) -> None:
        if not self.failing:
            only = str(next(iter(batch.values())).record.uid) if len(batch) == 1 else None
            log.warning("figures_not_written", error=type(err).__name__, sources=len(batch), source=only)
        self.failing = True

    async def close(self) -> None:
        if self._task is not None:
            async with self._writing:  # not in the middle of a commit
                self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.flush()

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._batch_s)
            self._woken.clear()
            if self._dirty or self._waiting:
                try:
                    await self.flush()
                except Exception as err:  # noqa: BLE001 - whatever one batch met, the next ones have to be written
                    log.error("figures_lost", error=type(err).__name__)
                    self.failing = True
                await asyncio.sleep(GATHER_S)


def _is_of_a_row(err: BaseException) -> bool:
    """Whether what is to be stored is at fault, not the database."""
    return isinstance(err, DataError) or (isinstance(err, StatementError) and not isinstance(err, DBAPIError))


def _release(waiting: list[asyncio.Future[None]]) -> None:
    for each in waiting:
        if not each.done():  # else its caller left
            each.set_result(None)
