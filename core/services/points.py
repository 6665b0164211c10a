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
    groups, packed = list[int](), list[bytes]()
    for _, ts, calls, errors, rejected, latency_us, histogram in rows:
        group = (ts - span.since) // span.step
        groups.append(group)
        packed.append(histogram)
        of_group = sums[group]
        of_group[0] += calls
        of_group[1] += errors
        of_group[2] += rejected
        of_group[3] += latency_us
    found = percentiles(packed, groups, len(sums), PERCENTILES)
    return tuple(
        HistoryPoint(
            datetime.fromtimestamp(ts, UTC), calls, errors, rejected, p50, p95, p99, _average(latency_us, calls)
        )
        for ts, (calls, errors, rejected, latency_us), (p50, p95, p99) in zip(span.starts, sums, found, strict=True)
    )


def _average(latency_us: int, calls: int) -> float | None:
    """In milliseconds; None without a call."""
    return latency_us / 1000 / calls if calls else None
