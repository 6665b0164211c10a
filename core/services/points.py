"""Rows of history as the stretches of a span. Arithmetic only: for much history better off the event loop."""

from collections.abc import Sequence
from datetime import UTC, datetime

from core.metrics.percentiles import percentiles
from core.models import HistoryPoint
from core.services.spans import Span
from core.storage.history import HistoryRow

PERCENTILES = (0.5, 0.95, 0.99)


def points(span: Span, rows: Sequence[HistoryRow]) -> tuple[HistoryPoint, ...]:
    """Every stretch of the span; `rows` are of one source, of any tiers and writers, and none lies outside."""
    sums = [[0, 0, 0, 0] for _ in span.starts]
    groups = [(row.ts - span.since) // span.step for row in rows]
    for group, row in zip(groups, rows, strict=True):
        of_group = sums[group]
        of_group[0] += row.calls
        of_group[1] += row.errors
        of_group[2] += row.rejected
        of_group[3] += row.latency_us
    found = percentiles([row.histogram for row in rows], groups, len(sums), PERCENTILES)
    return tuple(map(_point, span.starts, sums, found))


def _point(ts: int, sums: Sequence[int], found: Sequence[float | None]) -> HistoryPoint:
    calls, errors, rejected, latency_us = sums
    p50, p95, p99 = found
    average = latency_us / 1000 / calls if calls else None
    return HistoryPoint(datetime.fromtimestamp(ts, UTC), calls, errors, rejected, p50, p95, p99, average)
