"""The Metrics tab: the seven figures and the latency of recent calls."""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from core.i18n import Translator
from core.models import CallPoint, Figures
from ui.widgets import empty, figure_tile

NOTHING = "—"


def metrics(figures: Figures, calls: Sequence[CallPoint], t: Translator) -> None:
    _tiles(figures, t)
    st.markdown(f"## {t.text('metrics.chart.title')}")
    if not calls:
        empty(t.text("metrics.chart.empty.title"), t.text("metrics.chart.empty.body"))
        return
    from ui.charts import latency_chart  # late: Plotly is only imported by those who look at a chart

    latency_chart(calls, figures.p95_ms, t)


def _tiles(figures: Figures, t: Translator) -> None:
    first = st.columns(4)
    rate = figures.errors_total / figures.calls_total if figures.calls_total else None
    with first[0]:
        figure_tile("calls", t.text("metrics.calls"), t.number(figures.calls_total), "")
    with first[1]:
        share = t.text("metrics.errors.rate", rate=t.percent(rate)) if rate is not None else t.text("metrics.none")
        figure_tile("errors", t.text("metrics.errors"), t.number(figures.errors_total), share)
    with first[2]:
        _latency("avg", figures.avg_latency_ms, t)
    with first[3]:
        _latency("p95", figures.p95_ms, t)
    second = st.columns(3)
    with second[0]:
        _moment("last_ok", figures.last_ok_ts, t)
    with second[1]:
        _moment("last_err", figures.last_err_ts, t)
    with second[2]:
        figure_tile("words_state", t.text("metrics.state"), t.text(f"state.{figures.state.value}"), "")


def _latency(name: str, value: float | None, t: Translator) -> None:
    label, title = t.text(f"metrics.{name}"), t.text(f"metrics.{name}.help")
    if value is None:
        figure_tile(name, label, NOTHING, t.text("metrics.none"), title=title)
    else:
        figure_tile(name, label, t.milliseconds(value), "", unit=t.text("metrics.unit.ms"), title=title)


def _moment(name: str, when: datetime | None, t: Translator) -> None:
    label = t.text(f"metrics.{name}")
    if when is None:
        figure_tile(f"words_{name}", label, t.text("metrics.never"), "")
    else:
        figure_tile(f"words_{name}", label, t.relative(when, datetime.now(UTC)), t.datetime(when))
