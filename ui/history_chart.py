"""One source over time: its latencies, its calls, and how it was, below each other on one axis of time."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import plotly.graph_objects as go  # type: ignore[import-untyped]  # carries no types
import streamlit as st

from core.i18n import Translator
from core.models import History, HistoryPoint
from core.spreadsheet import Cell
from ui import axes, grid, week_before
from ui.axes import AMBER, RED
from ui.exports import csv_button
from ui.history_range import moment_in_address

PERCENTILES = ("p50", "p95", "p99")
DASHES = {"p50": "solid", "p95": "dashdot", "p99": "dot"}
"""No line is told by its colour alone; the week before is dashed."""
HEIGHT = 470
LATENCY, CALLS, BAND = (0.48, 1.0), (0.16, 0.38), (0.0, 0.09)
"""Shares of the height that the three parts take."""
WELL, PARTLY, BROKEN, SUSPENDED = "well", "partly", "broken", "suspended"
FAILING, SHADE = (BROKEN, SUSPENDED), 0.1
"""In these the ground behind the latencies is tinted, this strongly."""
STATES = {WELL: ("#2F9E44", 0.3), PARTLY: ("#F59F00", 0.55), SUSPENDED: ("#B35C00", 0.8), BROKEN: (RED, 1.0)}
"""Colour and height: no state is told by its colour alone."""
TABLE_MAX, FEW = 300, 60
Then = Callable[[datetime], float | None]
"""The median one week before a moment."""


def history_chart(past: History, before: History | None, t: Translator) -> None:
    """Three parts on one axis of time; `past` holds at least one call or refusal, `before` is the week before it."""
    figure = go.Figure()
    if before is not None:
        week_before.line(figure, before, t)
    for percentile, colour in _colours().items():
        _latency(figure, past, percentile, colour, t)
    _counts(figure, past, t)
    _band(figure, past, t)
    figure.update_layout(_layout(past, before, t))
    _mark_moment(figure, past)
    alt = description(past, t)
    if before is not None:
        alt = f"{alt} {week_before.said(before, past, t)}".rstrip()
    st.plotly_chart(figure, width="stretch", config=axes.config("history"), key="history", alt=alt)
    st.caption(alt)


def history_table(past: History, before: History | None, t: Translator) -> None:
    """The same in figures, newest first, and all of it to take along."""
    names = ("when", "calls", "failed", "rejected", *PERCENTILES)
    columns = {name: grid.text(t.text(f"history.column.{name}"), t) for name in names}
    if before is not None:
        columns["before"] = grid.text(t.text("metrics.week_before"), t)
    then = week_before.median_then(before) if before is not None else None
    called = [point for point in reversed(past.buckets) if point.calls or point.rejected]
    frame = grid.frame_of([_row(point, past.step_s, then, t) for point in called[:TABLE_MAX]], columns)
    grid.grid(frame, columns, t.text("metrics.chart.title"), t, key="history_table")
    header = ("ts", "calls", "errors", "rejected", "p50_ms", "p95_ms", "p99_ms", "avg_ms")
    csv_button("history", header, _exported(past.buckets), t)


def description(past: History, t: Translator) -> str:
    """The chart in words, for those who do not see it."""
    calls, failed = sum(point.calls for point in past.buckets), sum(point.errors for point in past.buckets)
    rejected = sum(point.rejected for point in past.buckets)
    said = t.plural("metrics.chart.alt" if failed else "metrics.chart.alt.well", calls, failed=failed)
    return f"{said} {t.text('metrics.chart.alt.rejected', rejected=rejected)}" if rejected else said


def state_of(point: HistoryPoint) -> str | None:
    """How the source was in a stretch; None when nobody called. A few refusals do not suspend a whole day."""
    if point.rejected > point.calls:
        return SUSPENDED
    if not point.calls:
        return None
    return WELL if not point.errors else BROKEN if point.errors == point.calls else PARTLY


def _colours() -> dict[str, str]:
    return dict(zip(PERCENTILES, (axes.teal(), AMBER, RED), strict=True))


def _latency(figure: go.Figure, past: History, percentile: str, colour: str, t: Translator) -> None:
    # Stretches without a call stay in: they break the line.
    values = [getattr(point, f"{percentile}_ms") for point in past.buckets]
    called = sum(value is not None for value in values)
    texts = [
        f"{axes.told(point.ts, past.step_s, t)} · {percentile} {t.duration_ms(value)}" if value is not None else ""
        for point, value in zip(past.buckets, values, strict=True)
    ]
    figure.add_scatter(
        x=_middles(past),
        y=values,
        name=percentile,
        mode="lines+markers",  # a stretch between two without calls is a point, not a line
        marker={"size": 4 if called < FEW else 2},
        line={"width": 1.6, "color": colour, "dash": DASHES[percentile]},
        **axes.hover(texts, t),
    )


def _counts(figure: go.Figure, past: History, t: Translator) -> None:
    parts = (
        ("metrics.chart.ok", "#868E96", [point.calls - point.errors for point in past.buckets]),
        ("metrics.chart.failed", RED, [point.errors for point in past.buckets]),
        ("metrics.chart.rejected", "#E67700", [point.rejected for point in past.buckets]),
    )
    for key, colour, counts in parts:
        if any(counts):
            name = t.text(key)
            texts = [
                f"{axes.told(p.ts, past.step_s, t)} · {name} {t.number(n)}"
                for p, n in zip(past.buckets, counts, strict=True)
            ]
            figure.add_bar(
                x=_middles(past),
                y=counts,
                name=name,
                yaxis="y2",
                marker={"color": colour, "line": {"width": 0}},
                **axes.hover(texts, t),
            )


def _band(figure: go.Figure, past: History, t: Translator) -> None:
    for state, (colour, height) in STATES.items():
        points = [point for point in past.buckets if state_of(point) == state]
        if points:
            name = t.text(f"history.state.{state}")
            figure.add_bar(
                x=[point.ts + timedelta(seconds=past.step_s / 2) for point in points],
                y=[height] * len(points),
                width=past.step_s * 1000,
                name=name,
                yaxis="y3",
                offset=0,
                marker={"color": colour, "line": {"width": 0}},
                **axes.hover([f"{axes.told(point.ts, past.step_s, t)} · {name}" for point in points], t),
            )


def _layout(past: History, before: History | None, t: Translator) -> dict[str, Any]:
    top = max((point.p99_ms or 0.0 for point in past.buckets), default=0.0)
    top = max(top, week_before.top(before))
    most = max(point.calls + point.rejected for point in past.buckets)
    band = {"domain": BAND, "range": [0, 1], "showgrid": False, "showticklabels": False, "zeroline": False}
    return axes.layout(
        t,
        height=HEIGHT,
        barmode="stack",
        bargap=0,
        yaxis=axes.value_axis(top, t) | {"domain": LATENCY},
        yaxis2=axes.value_axis(most, t, few=True) | {"domain": CALLS, "anchor": "x"},
        yaxis3=band | {"fixedrange": True, "anchor": "x"},
        xaxis=axes.time_axis(past.since, past.until, t) | {"anchor": "y3"},
        shapes=list(_shades(past)),
    )


def _shades(past: History) -> Iterator[dict[str, Any]]:
    for state, stretch in groupby(past.buckets, state_of):
        if state in FAILING:
            points = list(stretch)
            yield {
                "type": "rect",
                "layer": "below",
                "x0": points[0].ts,
                "x1": points[-1].ts + timedelta(seconds=past.step_s),
                "yref": "y domain",
                "y0": 0,
                "y1": 1,
                "fillcolor": STATES[state][0],
                "opacity": SHADE,
                "line": {"width": 0},
            }


def _mark_moment(figure: go.Figure, past: History) -> None:
    """A line at the moment that the address names."""
    at = moment_in_address()
    if at is not None and past.since <= at <= past.until:
        figure.add_vline(x=at, line={"color": "#7048E8", "width": 1.5, "dash": "dash"})


def _middles(past: History) -> list[Any]:
    half = timedelta(seconds=past.step_s / 2)
    return [point.ts + half for point in past.buckets]


def _row(point: HistoryPoint, step_s: int, then: Then | None, t: Translator) -> tuple[str, ...]:
    counts = map(t.number, (point.calls, point.errors, point.rejected))
    latencies = [getattr(point, f"{percentile}_ms") for percentile in PERCENTILES]
    latencies += [then(point.ts)] if then else []
    spans = (grid.NOTHING if value is None else t.duration_ms(value) for value in latencies)
    return axes.stretch(point.ts, step_s, t), *counts, *spans


def _exported(points: Sequence[HistoryPoint]) -> Iterator[Sequence[Cell]]:
    for p in points:
        yield p.ts, p.calls, p.errors, p.rejected, p.p50_ms, p.p95_ms, p.p99_ms, p.avg_ms
