"""History from memory: what pages need of `HistoryService`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from core.models import (
    Actor,
    HeatRow,
    History,
    HistoryPoint,
    HourOfWeek,
    LatencySeries,
    OrgHistory,
    RecentCalls,
    SlowSource,
    Source,
    SourceHistory,
    Window,
)

STEP = timedelta(hours=1)


@dataclass
class FakeHistory:
    """Every source that was ever called had ten calls an hour; one in trouble failed three of them in the last one."""

    sources: Callable[[], Mapping[UUID, Source]]
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)
    weekly: bool = True
    quiet_now: bool = False
    """Nothing was called in the last 30 days."""
    began: datetime | None = None
    """Nobody called anything before."""

    async def of_source(
        self, actor: Actor, org: str, source_id: UUID, since: datetime, until: datetime, step: int | None = None
    ) -> History:
        self.asked.append((since, until))
        source = self.sources()[source_id]
        called = source.figures.calls_total and (self.began is None or until > self.began)
        points = tuple(_points(source, since, until)) if called else (HistoryPoint(since),)
        return History(since, until, 3600, points)

    async def of_org(self, actor: Actor, org: str, since: datetime, until: datetime) -> OrgHistory:
        self.asked.append((since, until))
        known = {source.id: _history(source, quiet_now=self.quiet_now) for source in self.sources().values()}
        called = [source for source in self.sources().values() if source.figures.calls_total]
        hours = tuple(since + n * STEP for n in range(24))
        return OrgHistory(
            since,
            until,
            3600,
            tuple(known.values()),
            tuple(LatencySeries(s.id, s.name, tuple(_points(s, since, until))) for s in called)[:12],
            hours,
            tuple(HeatRow(s.id, s.name, (*[0.0] * 22, None, 0.3 if s.diagnosis else 0.0)) for s in called),
            tuple(SlowSource(known[s.id], 14.2) for s in called)[:5],
            tuple(known[s.id] for s in called if s.diagnosis),
        )

    async def of_week(self, actor: Actor, org: str) -> tuple[HourOfWeek, ...]:
        if not self.weekly:
            return ()
        hours = [HourOfWeek(day, 9, 30, Window(100, day), 40.0 - day) for day in range(7)]
        return (*hours, HourOfWeek(0, 10, 30, Window(100, 0), None))

    async def recent(self, actor: Actor, org: str) -> dict[UUID, RecentCalls]:
        called = [source for source in self.sources().values() if source.figures.calls_total]
        averages = tuple(11.0 + n % 3 for n in range(24))
        return {source.id: RecentCalls(averages, 10, 3 if source.diagnosis else 0) for source in called}


def _points(source: Source, since: datetime, until: datetime) -> Iterator[HistoryPoint]:
    ts = since.astimezone(UTC)
    while ts < until:
        failing = source.diagnosis is not None and ts + STEP >= until
        yield HistoryPoint(ts, 10, 3 if failing else 0, 2 if failing else 0, 11.0, 14.2, 30.0, 11.8)
        ts += STEP


def _history(source: Source, *, quiet_now: bool) -> SourceHistory:
    window = Window(240, 3 if source.diagnosis else 0) if source.figures.calls_total else Window()
    windows = dict.fromkeys(("24h", "7d", "30d"), Window() if quiet_now else window)
    return SourceHistory(source.id, source.name, source.kind, windows, window, 11.8 if window.calls else None)
