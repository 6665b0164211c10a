"""Plotly charts in the reader's digits and direction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median
from typing import Any

import plotly.graph_objects as go  # type: ignore[import-untyped]  # carries no types
import streamlit as st

from core.i18n import Translator
from core.models import CallPoint

TEAL, TEAL_ON_DARK, AMBER, RED = "#0B7285", "#3BC9DB", "#F59F00", "#E03131"
GRID = "rgba(128,140,150,.18)"
TICKS = 6
STEPS = (1, 2, 2.5, 5, 10)


def latency_chart(calls: Sequence[CallPoint], p95_ms: float | None, t: Translator) -> None:
    """Latency of each recent call in milliseconds; failed ones marked, spans of failure shaded, p95 as a line."""
    figure = go.Figure()
    _line(figure, calls, t)
    _failures(figure, calls, t)
    for start, end in _failing_spans(calls):
        figure.add_vrect(x0=start, x1=end, fillcolor=RED, opacity=0.1, line_width=0)
    if p95_ms is not None:
        label = t.text("metrics.chart.p95")
        figure.add_hline(
            y=p95_ms,
            line={"color": AMBER, "width": 1.4, "dash": "dash"},
            annotation_text=label,
            annotation_position="top left" if t.direction == "rtl" else "top right",
        )
    figure.update_layout(_layout(calls, p95_ms, t))
    st.plotly_chart(figure, width="stretch", config={"displayModeBar": False}, key="latency")
    st.caption(_description(calls, t))


def _line(figure: go.Figure, calls: Sequence[CallPoint], t: Translator) -> None:
    colour = TEAL_ON_DARK if st.context.theme.type == "dark" else TEAL
    figure.add_scatter(
        x=[call.ts for call in calls],
        y=[call.latency_ms for call in calls],
        name=t.text("metrics.chart.ok"),
        mode="lines" if len(calls) > 1 else "markers",
        line={"width": 1.8, "color": colour},
        **_hover(calls, t),
    )


def _failures(figure: go.Figure, calls: Sequence[CallPoint], t: Translator) -> None:
    failed = [call for call in calls if not call.ok]
    if failed:
        figure.add_scatter(
            x=[call.ts for call in failed],
            y=[call.latency_ms for call in failed],
            name=t.text("metrics.chart.failed"),
            mode="markers",
            marker={"symbol": "x", "size": 8, "color": RED},
            **_hover(failed, t),
        )


def _hover(calls: Sequence[CallPoint], t: Translator) -> dict[str, Any]:
    texts = [f"{t.clock(call.ts, seconds=True)} · {t.duration_ms(call.latency_ms)}" for call in calls]
    return {"customdata": texts, "hovertemplate": "%{customdata}<extra></extra>"}


def _failing_spans(calls: Sequence[CallPoint]) -> list[tuple[datetime, datetime]]:
    """From the first to the last failed call of each run of at least two."""
    runs = [list(group) for ok, group in groupby(calls, key=lambda call: call.ok) if not ok]
    return [(run[0].ts, run[-1].ts) for run in runs if len(run) > 1]


def _layout(calls: Sequence[CallPoint], p95_ms: float | None, t: Translator) -> dict[str, Any]:
    mirrored = t.direction == "rtl"
    top = max([call.latency_ms for call in calls] + [p95_ms or 0.0])
    values = scale(top)
    return {
        "height": 300,
        "margin": {"l": 24 if mirrored else 60, "r": 60 if mirrored else 24, "t": 36, "b": 10},
        "font": {"family": "Vazirmatn, system-ui, sans-serif", "size": 13},
        "legend": {
            "orientation": "h",
            "y": 1.16,
            "x": 1 if mirrored else 0,
            "xanchor": "right" if mirrored else "left",
        },
        "showlegend": True,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "yaxis": {
            "side": "right" if mirrored else "left",
            "title": {"text": t.text("metrics.chart.axis")},
            "range": [0, values[-1]],
            "tickvals": values,
            "ticktext": [t.number(value) for value in values],
            "gridcolor": GRID,
            "zeroline": False,
        },
        "xaxis": _time_axis(calls, t),
    }


def _time_axis(calls: Sequence[CallPoint], t: Translator) -> dict[str, Any]:
    start, end = calls[0].ts, calls[-1].ts
    span = max(end - start, timedelta(seconds=1))
    moments = [start + span * index / (TICKS - 1) for index in range(TICKS)]
    seconds = span < timedelta(minutes=TICKS)
    labels = [t.clock(moment, seconds=seconds) for moment in moments]
    return {"tickvals": moments, "ticktext": labels, "gridcolor": GRID, "range": [start, start + span]}


def scale(top: float) -> list[float]:
    """Round values from zero to just above `top`, at most six of them."""
    if top <= 0:
        return [0.0, 1.0]
    rough = top / (TICKS - 1)
    power = 10.0 ** (len(f"{int(rough)}") - 1) if rough >= 1 else 0.1
    step = next(power * factor for factor in STEPS if power * factor >= rough)
    return [step * index for index in range(int(top / step) + 2)]


def _description(calls: Sequence[CallPoint], t: Translator) -> str:
    """The chart in words, for those who do not see it."""
    middle = t.milliseconds(median(call.latency_ms for call in calls))
    return t.plural("metrics.chart.alt", len(calls), failed=sum(not call.ok for call in calls), median=middle)
