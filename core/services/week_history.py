"""Which hours of the week are good ones: the last four weeks by local weekday and hour."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core.metrics.percentiles import percentiles
from core.models import HourOfWeek, Window
from core.services.spans import DAY_S, segments
from core.storage.history import HistoryRepository
from core.storage.history_sums import HistorySums, Stretch

WEEKS_S = 28 * DAY_S
HOUR_S, HOURS = 3600, 7 * 24
BUSIEST_MAX = 50
"""Latencies are those of so many sources with most calls: of a thousand they would be a million histograms."""


class WeekHistories:
    """Reads the hours of the week of an organisation: whole hours only, as the roll-up leaves them."""

    def __init__(self, history: HistoryRepository, sums: HistorySums, zone: ZoneInfo) -> None:
        self._history, self._sums, self._zone = history, sums, zone

    async def read(self, org: str, now: datetime) -> tuple[HourOfWeek, ...]:
        """The hours in which there were calls, by weekday and hour."""
        marks = await self._history.marks()
        until, since = marks.get("1h", 0), int(now.timestamp()) // HOUR_S * HOUR_S - WEEKS_S
        if since >= until:
            return ()
        counted = await self._sums.by_time(org, "1h", since, until)
        parts = [Stretch("", part.tier, part.since, part.until) for part in segments(since, until, DAY_S, marks)]
        sums = sorted(await self._sums.by_source(org, parts), key=lambda each: (-each.calls, each.source_id))
        busiest = [each.source_id for each in sums[:BUSIEST_MAX]]
        packed = await self._sums.packed("1h", busiest, since, until)
        return await asyncio.to_thread(self._hours, counted, packed)

    def _hours(
        self, counted: Sequence[tuple[int, int, int]], packed: Sequence[tuple[int, int, bytes]]
    ) -> tuple[HourOfWeek, ...]:
        calls, errors = [0] * HOURS, [0] * HOURS
        for ts, called, failed in counted:
            calls[self._place(ts)] += called
            errors[self._place(ts)] += failed
        groups = [self._place(ts) for _, ts, _ in packed]
        p95 = [found for (found,) in percentiles([row[2] for row in packed], groups, HOURS, (0.95,))]
        minute = self._local(counted[0][0]).minute if counted else 0
        return tuple(
            HourOfWeek(at // 24, at % 24, minute, Window(calls[at], errors[at]), p95[at])
            for at in range(HOURS)
            if calls[at]
        )

    def _place(self, ts: int) -> int:
        """The hour of the week, which begins on Saturday."""
        local = self._local(ts)
        return (local.weekday() + 2) % 7 * 24 + local.hour

    def _local(self, ts: int) -> datetime:
        return datetime.fromtimestamp(ts, self._zone)
