"""The same stretch of time one week earlier, behind what is shown of a source."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from core.i18n import Translator
from core.models import History, HistoryPoint, Source
from ui import axes
from ui.runtime import run, runtime
from ui.session import Reader

WEEK = timedelta(days=7)
"""Also the longest range that is compared: in a longer one most of both would be the same calls."""
COLOUR = "#868E96"
LONGER_MAX = 1.1
"""Then is known by whole hours: where those are longer than the range by more than this, their counts say nothing."""


def read(source: Source, person: Reader, since: datetime, until: datetime) -> History | None:
    """None where nobody called then, and for a range of more than a week. One query."""
    if until - since > WEEK or source.created_at > until - WEEK:
        return None
    asked = runtime().history.of_source(person.actor, person.org, source.id, since - WEEK, until - WEEK)
    before = run(asked)
    return before if any(point.calls for point in before.buckets) else None


def line(figure: Any, before: History, t: Translator) -> None:
    """The medians of then, faint and dashed, at the times of now."""
    name, half = t.text("metrics.week_before"), timedelta(seconds=before.step_s / 2)
    figure.add_scatter(
        x=[point.ts + WEEK + half for point in before.buckets],
        y=[point.p50_ms for point in before.buckets],
        name=name,
        mode="lines+markers",  # as of now: a stretch between two without calls is a point
        marker={"size": 2},
        opacity=0.7,
        line={"width": 1.4, "color": COLOUR, "dash": "dash"},
        **axes.hover([_told(point, before, t) for point in before.buckets], t),
    )


def said(before: History, past: History, t: Translator) -> str:
    """The line in words; empty where it is of a longer time than `past`."""
    if before.until - before.since > LONGER_MAX * (past.until - past.since):
        return ""
    calls, failed = sum(point.calls for point in before.buckets), sum(point.errors for point in before.buckets)
    return t.plural("metrics.week_before.alt" if failed else "metrics.week_before.alt.well", calls, failed=failed)


def top(before: History | None) -> float:
    """The highest median, in milliseconds."""
    return max((point.p50_ms or 0.0 for point in before.buckets), default=0.0) if before else 0.0


def median_then(before: History) -> Callable[[datetime], float | None]:
    """The median one week before a moment, in milliseconds; None where nobody called."""
    step = timedelta(seconds=before.step_s)
    known = {point.ts: point.p50_ms for point in before.buckets}
    return lambda ts: known.get(before.since + (ts - WEEK - before.since) // step * step)


def _told(point: HistoryPoint, before: History, t: Translator) -> str:
    if point.p50_ms is None:
        return ""
    return f"{axes.told(point.ts, before.step_s, t)} · p50 {t.duration_ms(point.p50_ms)}"
