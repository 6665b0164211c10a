"""Latency per source over time: one series a source, failed calls marked, and the same in a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from statistics import median
from uuid import UUID

import plotly.graph_objects as go  # type: ignore[import-untyped]  # carries no types
import streamlit as st

from core.i18n import Translator
from core.models import CallPoint, Source
from ui import grid
from ui.axes import LOWEST_MS, RED, hover, layout, log_axis, time_axis, value_axis

SPAN = timedelta(hours=24)
SERIES_MAX = 12
"""More lines than this are no longer told apart; the worst ones are drawn."""
POINTS_MAX = 120
PALETTE = ("#1098AD", "#F59F00", "#7048E8", "#37B24D", "#D6336C", "#4263EB", "#E8590C", "#74B816", "#AE3EC9", "#868E96")
DASHES = ("solid", "dash")


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    calls: Sequence[CallPoint]

    @property
    def failed(self) -> list[CallPoint]:
        return [call for call in self.calls if not call.ok]


def series(
    sources: Sequence[Source], recent: Mapping[UUID, Sequence[CallPoint]], now: datetime | None = None
) -> list[Series]:
    """The calls of the last day of each source that had any, those with most failures first, then the slowest."""
    since = (now or datetime.now(UTC)) - SPAN
    made = [Series(s.name, [call for call in recent.get(s.id, ()) if call.ts >= since]) for s in sources]
    return sorted((one for one in made if one.calls), key=lambda one: (-len(one.failed), -_middle(one)))


def thinned(calls: Sequence[CallPoint], most: int = POINTS_MAX) -> list[CallPoint]:
    """About `most` of the calls, evenly chosen, and every failed one."""
    step = max(1, -(-len(calls) // most))
    return [call for index, call in enumerate(calls) if index % step == 0 or not call.ok or index == len(calls) - 1]


def health_chart(found: Sequence[Series], *, log: bool, t: Translator) -> None:
    """The worst SERIES_MAX of `found`, which is not empty; values in milliseconds."""
    shown = found[:SERIES_MAX]
    figure = go.Figure()
    for one, colour, dash in zip(shown, cycle(PALETTE), _dashes(), strict=False):
        _line(figure, one, {"color": colour, "dash": dash, "width": 1.8}, t)
    _failures(figure, shown, t)
    calls = [call for one in shown for call in one.calls]
    figure.update_layout(layout(t, height=340, yaxis=_values(calls, log, t), xaxis=_times(calls, t)))
    alt = t.text("health.chart.alt", sources=len(shown), calls=len(calls), failed=sum(not c.ok for c in calls))
    st.plotly_chart(figure, width="stretch", config={"displayModeBar": False}, key="health_latency", alt=alt)
    if len(found) > len(shown):
        st.caption(t.text("health.chart.some", shown=len(shown), total=len(found)))


def chart_table(found: Sequence[Series], t: Translator) -> None:
    """The chart in words and figures: one row a source."""
    names = ("name", "calls", "failed", "median", "slowest", "last")
    columns = {name: grid.text(t.text(f"health.table.{name}"), t) for name in names}
    frame = grid.frame_of([_row(one, t) for one in found], columns)
    grid.grid(frame, columns, t.text("health.chart.title"), t, key="health_table")


def _row(one: Series, t: Translator) -> tuple[str, ...]:
    latencies = [call.latency_ms for call in one.calls]
    figures = (len(one.calls), len(one.failed))
    spans = (_middle(one), max(latencies))
    return (one.name, *map(t.number, figures), *map(t.duration_ms, spans), t.datetime(one.calls[-1].ts))


def _line(figure: go.Figure, one: Series, line: dict[str, object], t: Translator) -> None:
    calls = thinned(one.calls)
    figure.add_scatter(
        x=[call.ts for call in calls],
        y=[max(call.latency_ms, LOWEST_MS) for call in calls],
        name=one.name,
        mode="lines+markers" if len(calls) < POINTS_MAX / 4 else "lines",
        line=line,
        marker={"size": 4},
        cliponaxis=False,
        **hover(calls, t, one.name),
    )


def _failures(figure: go.Figure, shown: Sequence[Series], t: Translator) -> None:
    """One trace for all: its place in the legend says once what the mark means."""
    failed = [(one.name, call) for one in shown for call in one.failed]
    if failed:
        hovers = [hover([call], t, name)["customdata"][0] for name, call in failed]
        figure.add_scatter(
            x=[call.ts for _, call in failed],
            y=[max(call.latency_ms, LOWEST_MS) for _, call in failed],
            name=t.text("metrics.chart.failed"),
            mode="markers",
            marker={"symbol": "x", "size": 8, "color": RED},
            cliponaxis=False,
            customdata=hovers,
            hovertemplate="%{customdata}<extra></extra>",
        )


def _values(calls: Sequence[CallPoint], log: bool, t: Translator) -> dict[str, object]:
    latencies = [call.latency_ms for call in calls]
    return log_axis(min(latencies), max(latencies), t) if log else value_axis(max(latencies), t)


def _times(calls: Sequence[CallPoint], t: Translator) -> dict[str, object]:
    moments = [call.ts for call in calls]
    return time_axis(min(moments), max(moments), t)


def _middle(one: Series) -> float:
    return median(call.latency_ms for call in one.calls)


def _dashes() -> list[str]:
    return [dash for dash in DASHES for _ in PALETTE]
