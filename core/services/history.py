"""Reading what was: one source's history, and that of all sources of an organisation."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from core.errors import NotFound
from core.models import Actor, History, HourOfWeek, OrgHistory, RecentCalls, Role
from core.services.org_history import OrgHistories
from core.services.points import points
from core.services.remembered import Remembered
from core.services.rights import require
from core.services.spans import segments, span_of
from core.services.week_history import WeekHistories
from core.services.writer import StatusWriter
from core.storage.history import HistoryRepository
from core.storage.history_sums import HistorySums


class HistoryService:
    """Pages, HTTP and command line call this. Rights and errors are those of `DataSourceService`.

    What this process saw is written before anything is read, so that its own calls are in at once.
    """

    def __init__(
        self,
        history: HistoryRepository,
        writer: StatusWriter,
        sums: HistorySums,
        zone: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._history, self._writer = history, writer
        self._clock = clock
        self._orgs, self._weeks = OrgHistories(history, sums), WeekHistories(history, sums, ZoneInfo(zone))
        self._kept_weeks = Remembered[tuple[HourOfWeek, ...]](monotonic)
        self._kept_recent = Remembered[dict[UUID, RecentCalls]](monotonic)

    async def of_source(
        self,
        actor: Actor,
        org: str,
        source_id: UUID,
        since: datetime | None = None,
        until: datetime | None = None,
        step: int | None = None,
    ) -> History:
        """The last 24 hours unless said otherwise; `step` in seconds, a multiple of 300, by default by the range.

        Ends are moved to whole steps. What is no longer held so finely, or would be more than 2,000 stretches, comes
        coarser, and a range of more than two years begins later. Raises InvalidInput naming `from` or `step`.
        """
        require(actor, org, Role.VIEWER)
        span = span_of(since, until, step, self._clock())
        await self._writer.settled()
        rows = await self._history.of_source(org, source_id, partial(segments, span.since, span.until, span.step))
        if rows is None:
            raise NotFound()
        buckets = await asyncio.to_thread(points, span, rows)
        begin, end = (datetime.fromtimestamp(each, UTC) for each in (span.since, span.until))
        return History(begin, end, span.step, buckets, span.notes)

    async def of_org(self, actor: Actor, org: str, since: datetime, until: datetime) -> OrgHistory:
        """What the health page shows, from stored state only. Raises InvalidInput naming `from`."""
        require(actor, org, Role.VIEWER)
        await self._writer.settled()
        return await self._orgs.read(org, since, until, self._clock())

    async def of_week(self, actor: Actor, org: str) -> tuple[HourOfWeek, ...]:
        """The last four weeks by weekday and local hour, remembered for a while; hours without a call are left out."""
        require(actor, org, Role.VIEWER)
        return await self._kept_weeks.get(org, lambda: self._weeks.read(org, self._clock()))

    async def recent(self, actor: Actor, org: str) -> dict[UUID, RecentCalls]:
        """What the list says of each source that was called within 24 hours.

        As it is stored, and remembered for a while: a list is drawn more often than this changes.
        """
        require(actor, org, Role.VIEWER)
        return await self._kept_recent.get(org, lambda: self._orgs.recent(org, self._clock()))
