"""Checks what is due: a ping as a person's is, only that nobody waits for it."""

import asyncio
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import itemgetter

import structlog

from core.checks.plan import Local, Moment, planned
from core.errors import SourceError
from core.guarded import Unwanted
from core.models import FailureKind, Proof
from core.services.calls import Calls
from core.services.live import LiveSource, LiveSources
from core.services.pacing import next_start
from core.storage.schedule import ALL, Batch, Scheduled, ScheduleRepository
from core.storage.sources import SourceRepository
from core.storage.status import StatusRepository
from core.tracing import trace

log = structlog.get_logger(__name__)

READ_S = 2.0
"""From one reading of the schedule to the next: a new source waits no longer."""
TICK_S = 0.25
"""Checks that fall due within this are looked up and started together."""


class Checker:
    """Checks the sources of one batch in this process. Lives on the background loop."""

    def __init__(
        self,
        schedule: ScheduleRepository,
        sources: SourceRepository,
        statuses: StatusRepository,
        live: LiveSources,
        calls: Calls,
        interval_s: float,
        batch: Batch = ALL,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._schedule, self._sources, self._statuses = schedule, sources, statuses
        self._live, self._calls, self._interval_s, self._batch = live, calls, interval_s, batch
        self._clock, self._monotonic, self._began = clock, monotonic, monotonic()
        self._upcoming: list[tuple[datetime, Scheduled]] = []
        self._read_at = -READ_S
        self._running: dict[int, asyncio.Task[None]] = {}

    async def tick(self) -> float:
        """Starts what is due, and gives the seconds until there may be more to do. Nothing while checks are off."""
        if not self._interval_s:
            return READ_S
        now = self._monotonic()
        if not 0 <= now - self._read_at < READ_S:
            await self._read()
        for live in await self._lives(self._due()):
            self._start(live)
            await next_start()
        wait_s = self._read_at + READ_S - self._monotonic()
        if self._upcoming:
            wait_s = min(wait_s, (self._upcoming[0][0] - self._clock()).total_seconds())
        return max(TICK_S, wait_s)

    async def drained(self, patience_s: float) -> bool:
        """Waits for the checks that are running; false when some were still running after `patience_s`."""
        if self._running:
            await asyncio.wait(self._running.values(), timeout=patience_s)
        return not self._running

    async def close(self, patience_s: float) -> None:
        """Lets running checks end, and ends those that would not."""
        if await self.drained(patience_s):
            return
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _read(self) -> None:
        """Looks ahead until the next reading; nothing else can fall due before."""
        self._read_at, now = self._monotonic(), self._clock()
        ahead, found = now + timedelta(seconds=READ_S + TICK_S), list[tuple[datetime, Scheduled]]()
        async for page in self._schedule.before(ahead, now, self._interval_s, self._batch):
            found += [each for each in self._plan(page) if each[0] <= ahead]
        self._upcoming = sorted(found, key=itemgetter(0))

    def _due(self) -> list[Scheduled]:
        """What has fallen due, looked at once more: a person may have called it meanwhile."""
        now = self._clock()
        ripe = bisect_right(self._upcoming, now, key=itemgetter(0))
        waited, self._upcoming = self._upcoming[:ripe], self._upcoming[ripe:]
        return [source for ts, source in self._plan(source for _, source in waited) if ts <= now]

    def _plan(self, some: Iterable[Scheduled]) -> list[tuple[datetime, Scheduled]]:
        waiting = [self._as_known(source) for source in some if source.id not in self._running]
        return planned(waiting, self._moment(), self._interval_s, self._local)

    def _moment(self) -> Moment:
        now = self._clock()
        return Moment(now, now - timedelta(seconds=self._monotonic() - self._began))

    def _as_known(self, source: Scheduled) -> Scheduled:
        """With the evidence of this process where that is newer: it is stored a little later."""
        live = self._live.known(source.id)
        if live is None or live.evidence is None or live.record.version < source.version:
            return source
        evidence = live.evidence
        if source.evidence_ts is not None and evidence.ts < source.evidence_ts:
            return source
        return replace(source, evidence_ts=evidence.ts, failure=FailureKind.AUTH.value if live.refused_us else None)

    def _local(self, source: Scheduled) -> Local:
        live = self._live.known(source.id)
        if live is None:
            return Local()
        tried = None
        if live.checked_at is not None:
            tried = self._clock() - timedelta(seconds=self._monotonic() - live.checked_at)
        return Local(tried, live.state, live.guard.breaker.retry_after() or 0.0)

    async def _lives(self, due: Iterable[Scheduled]) -> list[LiveSource]:
        """The sources in this process, looked up where it knows less than was planned with. Deleted ones are gone."""
        wanted = list(due)
        unknown = [source.id for source in wanted if not self._is_current(source)]
        records = {record.id: record for record in await self._sources.with_ids(unknown)}
        kept = await self._statuses.with_ids(records)
        met = {key: self._live.of(record, kept.get(key)) for key, record in records.items()}
        lives = (met.get(source.id) or self._live.known(source.id) for source in wanted)
        return [live for live in lives if live is not None and not live.record.paused]

    def _is_current(self, source: Scheduled) -> bool:
        live = self._live.known(source.id)
        if live is None or live.record.version < source.version:
            return False
        return source.seq <= (live.stored.seq if live.stored else 0)

    def _start(self, live: LiveSource) -> None:
        key = live.record.id
        live.checked_at = self._monotonic()
        self._running[key] = task = asyncio.create_task(self._check(live))
        task.add_done_callback(lambda done: self._running.pop(key, None))

    async def _check(self, live: LiveSource) -> None:
        trace()
        try:
            await self._calls.ping(live, queued=True, wanted=partial(self._wants, live), by=Proof.SCHEDULED)
        except (SourceError, Unwanted):
            pass  # refused before it was called: nothing was proven, and a person's ping says why
        except Exception as err:  # noqa: BLE001 - one source must not end the checks of the others
            log.error("check_failed", source=str(live.record.uid), error=type(err).__name__)

    def _wants(self, live: LiveSource) -> bool:
        """Asked when a place is free, which may take long: somebody may have paused it since."""
        window = live.record.maintenance
        return not live.record.paused and not (window is not None and window.covers(self._clock()))
