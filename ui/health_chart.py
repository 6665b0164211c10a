"""Latency per source over time: one line a source, stretches with failures marked, and the same in a table."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median

import plotly.graph_objects as go  # type: ignore[import-untyped]  # carries no types
import streamlit as st

from core.i18n import Translator
from core.models import HistoryPoint, LatencySeries, OrgHistory
from core.spreadsheet import Cell
from ui import axes, grid, state
from ui.axes import LOWEST_MS, RED
from ui.exports import csv_button

PERCENTILES = ("p50", "p95", "p99")
FEW = 30
SILENT = 3
"""A line ends where nobody called for so many times as long as usual."""
MARKS_MAX = 60
"""More marks of failure than this hide the lines; those with most failures stay."""


def latency(past: OrgHistory, t: Translator) -> None:
    """The chart with its switches, and below it the table."""
    title, percentile, scale = st.columns([3, 1.6, 1.4], vertical_alignment="center")
    title.markdown(f"## {t.text('health.chart.title')}")
    if not past.latency:
        st.caption(t.text("history.no_calls"))
        return
    chosen = percentile.segmented_control(
        t.text("health.chart.percentile"),
        PERCENTILES,
        default="p95",
        required=True,
        label_visibility="collapsed",
        key=state.PERCENTILE,
    )
    log = scale.toggle(t.text("health.chart.log"), key=state.LOG_SCALE)
    health_chart(past, chosen or "p95", log=log, t=t)
    called = sum(source.asked.calls > 0 for source in past.sources)
    if called > len(past.latency):
        st.caption(t.text("health.chart.some", shown=len(past.latency), total=called))
    with st.expander(t.text("health.chart.table"), icon=":material/table_rows:"):
        chart_table(past, t)


def health_chart(past: OrgHistory, percentile: str, *, log: bool, t: Translator) -> None:
    """The lines of `past.latency`, which is not empty; values in milliseconds."""
    figure, values = go.Figure(), [value for one in past.latency for _, value in _line_of(one, percentile)]
    for number, one in enumerate(past.latency):
        _line(figure, one, percentile, axes.line_style(number) | {"width": 1.8}, past.step_s, t)
    _failures(figure, past, percentile, t)
    scale = axes.log_axis(min(values), max(values), t) if log else axes.value_axis(max(values), t)
    times = axes.time_axis(past.since, past.until, t)
    figure.update_layout(axes.layout(t, height=380, yaxis=scale, xaxis=times))
    points = [point for one in past.latency for point in one.points]
    counts = {"calls": sum(p.calls for p in points), "failed": sum(p.errors for p in points)}
    alt = t.text(
        "health.chart.alt" if counts["failed"] else "health.chart.alt.well", sources=len(past.latency), **counts
    )
    st.plotly_chart(figure, width="stretch", config=axes.config(f"latency-{percentile}"), key="health_latency", alt=alt)


def chart_table(past: OrgHistory, t: Translator) -> None:
    """The chart in words and figures, one row a source, and all of its points to take along."""
    names = ("name", "calls", "failed", "median", "slowest", "last")
    columns = {name: grid.text(t.text(f"health.table.{name}"), t) for name in names}
    frame = grid.frame_of([_row(one, past.step_s, t) for one in past.latency], columns)
    grid.grid(frame, columns, t.text("health.chart.title"), t, key="health_table")
    header = ("source", "ts", "calls", "errors", "p50_ms", "p95_ms", "p99_ms", "avg_ms")
    csv_button("latency", header, _exported(past), t)


def _row(one: LatencySeries, step_s: int, t: Translator) -> tuple[str, ...]:
    medians = sorted(point.p50_ms or 0.0 for point in one.points)
    highest = max(point.p99_ms or 0.0 for point in one.points)
    counts = sum(point.calls for point in one.points), sum(point.errors for point in one.points)
    spans, last = (medians[len(medians) // 2], highest), axes.stretch(one.points[-1].ts, step_s, t)
    return (one.name, *map(t.number, counts), *map(t.duration_ms, spans), last)


def _exported(past: OrgHistory) -> Iterator[Sequence[Cell]]:
    for one in past.latency:
        for p in one.points:
            yield one.name, p.ts, p.calls, p.errors, p.p50_ms, p.p95_ms, p.p99_ms, p.avg_ms


def _line_of(one: LatencySeries, percentile: str) -> list[tuple[HistoryPoint, float]]:
    return [(point, max(getattr(point, f"{percentile}_ms"), LOWEST_MS)) for point in one.points]


def _line(
    figure: go.Figure, one: LatencySeries, percentile: str, line: dict[str, object], step_s: int, t: Translator
) -> None:
    found = _line_of(one, percentile)
    texts = [
        f"{t.isolated(one.name)} · {axes.told(point.ts, step_s, t)} · {t.duration_ms(value)}" for point, value in found
    ]
    moments: list[datetime] = [point.ts for point, _ in found]
    values: list[float | None] = [value for _, value in found]
    gaps = _gaps(moments, step_s)
    for index in reversed(gaps):
        moments.insert(index, moments[index])
        values.insert(index, None)
        texts.insert(index, "")
    figure.add_scatter(
        x=moments,
        y=values,
        name=axes.letters(one.name),
        mode="lines+markers" if len(found) < FEW or gaps else "lines",  # between two gaps a line may be one point
        line=line,
        marker={"size": 4},
        cliponaxis=False,
        **axes.hover(texts, t),
    )


def _gaps(moments: Sequence[datetime], step_s: int) -> list[int]:
    """Before which of them nobody called for long; a source that is seldom called has long steps anyway."""
    steps = [(after - before).total_seconds() for before, after in pairwise(moments)]
    longest = SILENT * max(step_s, median(steps or [0]))
    return [index for index, step in enumerate(steps, 1) if step > longest]


def _failures(figure: go.Figure, past: OrgHistory, percentile: str, t: Translator) -> None:
    """One trace for all: its place in the legend says once what the mark means."""
    failed = [(one.name, *pair) for one in past.latency for pair in _line_of(one, percentile) if pair[0].errors]
    if not failed:
        return
    failed = sorted(failed, key=lambda each: each[1].errors, reverse=True)[:MARKS_MAX]
    texts = [
        f"{t.isolated(name)} · {axes.told(point.ts, past.step_s, t)} · "
        + t.text("history.failed", failed=point.errors, calls=point.calls)
        for name, point, _ in failed
    ]
    figure.add_scatter(
        x=[point.ts for _, point, _ in failed],
        y=[value for *_, value in failed],
        name=t.text("metrics.chart.failed"),
        mode="markers",
        marker={"symbol": "x", "size": 7, "color": RED},
        cliponaxis=False,
        **axes.hover(texts, t),
    )
