"""The chart of one source's recent calls."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from statistics import median

import plotly.graph_objects as go  # type: ignore[import-untyped]  # carries no types
import streamlit as st

from core.i18n import Translator
from core.models import CallPoint
from ui.axes import AMBER, RED, TEAL, TEAL_ON_DARK, hover, layout, time_axis, value_axis


def latency_chart(calls: Sequence[CallPoint], p95_ms: float | None, t: Translator) -> None:
    """Latency of each recent call in milliseconds; failed ones marked, spans of failure shaded, p95 as a line."""
    figure = go.Figure()
    top = max([call.latency_ms for call in calls] + [p95_ms or 0.0])
    axes = {
        "yaxis": value_axis(top, t),
        "xaxis": time_axis(calls[0].ts, calls[-1].ts, t),
    }
    figure.update_layout(layout(t, height=300, **axes))
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
    alt = _description(calls, t)
    st.plotly_chart(figure, width="stretch", config={"displayModeBar": False}, key="latency", alt=alt)
    st.caption(alt)


def _line(figure: go.Figure, calls: Sequence[CallPoint], t: Translator) -> None:
    colour = TEAL_ON_DARK if st.context.theme.type == "dark" else TEAL
    figure.add_scatter(
        x=[call.ts for call in calls],
        y=[call.latency_ms for call in calls],
        name=t.text("metrics.chart.ok"),
        mode="lines" if len(calls) > 1 else "markers",
        line={"width": 1.8, "color": colour},
        cliponaxis=False,
        **hover(calls, t),
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
            cliponaxis=False,
            **hover(failed, t),
        )


def _failing_spans(calls: Sequence[CallPoint]) -> list[tuple[datetime, datetime]]:
    """From the first to the last failed call of each run of at least two."""
    runs = [list(group) for ok, group in groupby(calls, key=lambda call: call.ok) if not ok]
    return [(run[0].ts, run[-1].ts) for run in runs if len(run) > 1]


def _description(calls: Sequence[CallPoint], t: Translator) -> str:
    """The chart in words, for those who do not see it."""
    middle = t.milliseconds(median(call.latency_ms for call in calls))
    return t.plural("metrics.chart.alt", len(calls), failed=sum(not call.ok for call in calls), median=middle)
