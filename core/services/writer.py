"""Carries what happened from memory to storage: status changes at once, counters in batches."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.models import Event
from core.services.live import LiveSource
from core.storage.status import StatusRepository

log = structlog.get_logger(__name__)

BATCH_S = 5.0
"""Counters of other processes are at most 10 s old: half of that leaves room for a slow commit."""


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
        self._news: dict[int, list[Event]] = {}
        self._task: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def mark(self, live: LiveSource) -> None:
        """Its figures changed; they are written with the next batch."""
        self._dirty[live.record.id] = live

    async def changed(self, live: LiveSource, event: Event | None = None) -> None:
        """Its status changed: written now, with what happened."""
        self.mark(live)
        if event is not None:
            self._news.setdefault(live.record.id, []).append(event)
        await self.flush()

    def drop(self, live: LiveSource) -> None:
        self._dirty.pop(live.record.id, None)

    async def flush(self) -> bool:
        """Writes everything that waits; false when the database would not take it, and it waits on."""
        async with self._writing:
            batch, self._dirty = self._dirty, {}
            news, self._news = self._news, {}
            now = self._clock()
            try:
                await self._statuses.save([live.to_record(now) for live in batch.values()], news)
            except SQLAlchemyError as err:
                # The figures stay in memory and go with a later batch; the dashboard keeps answering meanwhile.
                log.warning("figures_not_written", error=type(err).__name__, sources=len(batch))
                self._dirty = batch | self._dirty
                return False
            return True

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._batch_s)
            if self._dirty:
                await self.flush()
