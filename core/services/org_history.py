"""How all sources of an organisation were: sums made by the database, latencies only of those that are shown."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from core.i18n.collation import name_key
from core.metrics.percentiles import percentiles
from core.models import HeatRow, LatencySeries, OrgHistory, RecentCalls, SlowSource, SourceHistory, Window
from core.services.points import points
from core.services.spans import DAY_S, Span, segments, span_of
from core.storage.history import SPANS, HistoryRepository, HistoryRow
from core.storage.history_sums import HistorySums, Named, Stretch, Sums

HOUR_S, FINEST = 3600, "5m"
WINDOWS = {"24h": 24, "7d": 7 * 24, "30d": 30 * 24}
"""Hours, shortest first; the present one is the last of them."""
THIN_STEPS = (300, 900, 3600, 7200, 28_800, DAY_S, 7 * DAY_S)
POINTS_MAX = 120
SERIES_MAX, HEAT_MAX, RANKED_MAX = 12, 30, 5
SLOW_CANDIDATES = 50
"""The slowest by p95 are looked for among so many with the highest averages: those cost the database nothing."""
ASKED = "asked"


class OrgHistories:
    """Reads an OrgHistory from what is stored."""

    def __init__(self, history: HistoryRepository, sums: HistorySums) -> None:
        self._history, self._sums = history, sums

    async def read(self, org: str, since: datetime, until: datetime, now: datetime) -> OrgHistory:
        """Raises InvalidInput naming `from` when it lies after `until`."""
        asked = span_of(since, until, SPANS[FINEST], now)
        span = _thinned(asked)
        end = int(now.timestamp()) // HOUR_S * HOUR_S + HOUR_S
        marks, named = await self._history.marks(), await self._sums.sources(org)
        found = _by_part(await self._sums.by_source(org, _stretches(asked, end, marks)))
        sources = {each.key: _source(each, found) for each in named}
        worst = sorted((key for key in sources if sources[key].asked.calls), key=lambda key: _badness(sources[key]))
        day = Span(end - DAY_S, end, HOUR_S)
        return OrgHistory(
            since=datetime.fromtimestamp(span.since, UTC),
            until=datetime.fromtimestamp(span.until, UTC),
            step_s=span.step,
            sources=tuple(sorted(sources.values(), key=_badness)),
            latency=await self._latency(worst[:SERIES_MAX], sources, span, asked, marks),
            hours=tuple(datetime.fromtimestamp(ts, UTC) for ts in day.starts),
            heat=await self._heat(sources, day, marks),
            slowest=await self._slowest(sources, asked, marks),
            flakiest=_flakiest(sources.values()),
        )

    async def recent(self, org: str, now: datetime) -> dict[UUID, RecentCalls]:
        """Of each source that was called in the last 24 hours."""
        second = int(now.timestamp())
        end = second // HOUR_S * HOUR_S + HOUR_S
        parts = segments(end - DAY_S, end, HOUR_S, await self._history.marks())
        stretches = [Stretch("", part.tier, part.since, part.until) for part in parts]
        lines = await self._sums.averages(org, stretches)
        hour = Stretch("", FINEST, (second - HOUR_S) // SPANS[FINEST] * SPANS[FINEST], end)
        counts = {each.source_id: (each.calls, each.errors) for each in await self._sums.by_source(org, [hour])}
        ids = {each.key: each.id for each in await self._sums.sources(org)}
        return {
            ids[key]: RecentCalls(tuple(round(us / 1000, 1) for us in line), *counts.get(key, (0, 0)))
            for key, line in lines
            if key in ids
        }

    async def _latency(
        self,
        keys: Sequence[int],
        sources: Mapping[int, SourceHistory],
        span: Span,
        asked: Span,
        marks: Mapping[str, int],
    ) -> tuple[LatencySeries, ...]:
        """In the stretches of `span`, of which the first and the last may reach beyond what is asked for."""
        rows = await self._rows(keys, asked, span.step, marks)
        made = await asyncio.to_thread(lambda: {key: points(span, rows[key]) for key in keys})
        return tuple(
            LatencySeries(sources[key].id, sources[key].name, tuple(point for point in made[key] if point.calls))
            for key in keys
        )

    async def _heat(
        self, sources: Mapping[int, SourceHistory], day: Span, marks: Mapping[str, int]
    ) -> tuple[HeatRow, ...]:
        called = [key for key in sources if sources[key].windows["24h"].calls]
        keys = sorted(called, key=lambda key: _order(sources[key].windows["24h"], sources[key]))[:HEAT_MAX]
        rows = await self._rows(keys, day, day.step, marks)
        return tuple(HeatRow(sources[key].id, sources[key].name, _shares(rows[key], day)) for key in keys)

    async def _slowest(
        self, sources: Mapping[int, SourceHistory], span: Span, marks: Mapping[str, int]
    ) -> tuple[SlowSource, ...]:
        called = [key for key in sources if sources[key].avg_ms is not None]
        keys = sorted(called, key=lambda key: -(sources[key].avg_ms or 0))[:SLOW_CANDIDATES]
        place = {key: index for index, key in enumerate(keys)}
        packed: list[bytes] = []
        groups: list[int] = []
        for part in segments(span.since, span.until, DAY_S, marks):
            for key, _, histogram in await self._sums.packed(part.tier, keys, part.since, part.until):
                packed.append(histogram)
                groups.append(place[key])
        found = await asyncio.to_thread(percentiles, packed, groups, len(keys), (0.95,))
        slow = [SlowSource(sources[key], p95) for key, (p95,) in zip(keys, found, strict=True) if p95 is not None]
        return tuple(sorted(slow, key=lambda each: (-each.p95_ms, name_key(each.source.name)))[:RANKED_MAX])

    async def _rows(
        self, keys: Sequence[int], span: Span, step: int, marks: Mapping[str, int]
    ) -> dict[int, list[HistoryRow]]:
        """By source, no longer ones than `step`; one without history has none."""
        rows: dict[int, list[HistoryRow]] = defaultdict(list)
        for part in segments(span.since, span.until, step, marks):
            for row in await self._history.rows(part.tier, keys, part.since, part.until):
                rows[row.source_id].append(row)
        return rows


def _thinned(asked: Span) -> Span:
    """What is asked for in no more than POINTS_MAX stretches, or in the coarsest there are; weeks begin with it."""
    length = asked.until - asked.since
    fine = (step for step in THIN_STEPS if step >= asked.step and length <= step * (POINTS_MAX - 1))
    step = next(fine, THIN_STEPS[-1])
    since = asked.since - asked.since % min(step, DAY_S)
    return Span(since, since + -(-(asked.until - since) // step) * step, step)


def _stretches(asked: Span, end: int, marks: Mapping[str, int]) -> list[Stretch]:
    """The range that was asked for, and each window without the shorter ones."""
    parts, until = [(ASKED, asked.since, asked.until)], end
    for name, hours in WINDOWS.items():
        parts.append((name, end - hours * HOUR_S, until))
        until = end - hours * HOUR_S
    return [
        Stretch(name, part.tier, part.since, part.until)
        for name, begin, stop in parts
        for part in segments(begin, stop, DAY_S, marks)
    ]


def _by_part(sums: Iterable[Sums]) -> dict[tuple[str, int], Sums]:
    return {(each.part, each.source_id): each for each in sums}


def _source(named: Named, found: Mapping[tuple[str, int], Sums]) -> SourceHistory:
    windows, calls, errors = {}, 0, 0
    for name in WINDOWS:
        more = found.get((name, named.key))
        calls, errors = calls + (more.calls if more else 0), errors + (more.errors if more else 0)
        windows[name] = Window(calls, errors)
    asked = found.get((ASKED, named.key))
    if asked is None:
        return SourceHistory(named.id, named.name, named.kind, windows, Window(), None)
    average = asked.latency_us / 1000 / asked.calls if asked.calls else None
    return SourceHistory(named.id, named.name, named.kind, windows, Window(asked.calls, asked.errors), average)


def _badness(source: SourceHistory) -> tuple[float, int, float, str]:
    return _order(source.asked, source)


def _order(window: Window, source: SourceHistory) -> tuple[float, int, float, str]:
    """By the share of failed calls, then their number, then how slow it is; sources without a call come last."""
    availability = window.availability
    return 2.0 if availability is None else availability, -window.errors, -(source.avg_ms or 0), source.name


def _flakiest(sources: Iterable[SourceHistory]) -> tuple[SourceHistory, ...]:
    return tuple(sorted((source for source in sources if source.asked.errors), key=_badness)[:RANKED_MAX])


def _shares(rows: Sequence[HistoryRow], day: Span) -> tuple[float | None, ...]:
    calls, errors = ([0] * len(day.starts) for _ in range(2))
    for row in rows:
        calls[(row.ts - day.since) // day.step] += row.calls
        errors[(row.ts - day.since) // day.step] += row.errors
    return tuple(bad / n if n else None for bad, n in zip(errors, calls, strict=True))
