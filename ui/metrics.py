"""The Metrics tab: the seven figures, and how the source was over time."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from core.i18n import Translator
from core.models import Figures, Source
from ui import history_range, state, week_before
from ui.runtime import run, runtime
from ui.session import Reader
from ui.widgets import empty, figure_tile

NOTHING = "—"
RANGES = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "90d": timedelta(days=90),
}


def metrics(source: Source, person: Reader, t: Translator) -> None:
    figures = run(runtime().sources.metrics(person.actor, person.org, source.id))
    _tiles(figures, t)
    title, choice = st.columns([2, 3], vertical_alignment="center")
    title.markdown(f"## {t.text('metrics.chart.title')}")
    with choice, st.container(horizontal=True, horizontal_alignment="right"):
        chosen = history_range.chosen(RANGES, state.SOURCE_RANGE, t)
    _history(source, person, chosen, t)


def _history(source: Source, person: Reader, chosen: str, t: Translator) -> None:
    now = datetime.now(UTC)
    since, until = history_range.ends(chosen, RANGES, now, t)
    past = run(runtime().history.of_source(person.actor, person.org, source.id, since, until))
    history_range.show_moment(t)
    if not any(point.calls or point.rejected for point in past.buckets):
        ever = _why_empty(source, over=until < now)
        empty(t.text(f"metrics.chart.empty.{ever}.title"), t.text(f"metrics.chart.empty.{ever}.body"))
        return
    before = week_before.read(source, person, since, until)
    from ui import history_chart  # late: Plotly is only imported by those who look at a chart

    history_chart.history_chart(past, before, t)
    with st.expander(t.text("health.chart.table"), icon=":material/table_rows:"):
        history_chart.history_table(past, before, t)


def _why_empty(source: Source, *, over: bool) -> str:
    """In a range that is over no check would help."""
    if not source.figures.calls_total:
        return "never"
    return "past" if over else "range"


def _tiles(figures: Figures, t: Translator) -> None:
    first = st.columns(4)
    rate = figures.errors_total / figures.calls_total if figures.calls_total else None
    with first[0]:
        figure_tile("calls", t.text("metrics.calls"), t.number(figures.calls_total), t.text("metrics.calls.below"))
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
    label, title, below = (t.text(f"metrics.{name}{part}") for part in ("", ".help", ".below"))
    if value is None:
        figure_tile(name, label, NOTHING, t.text("metrics.none"), title=title)
    else:
        figure_tile(name, label, t.milliseconds(value), below, unit=t.text("metrics.unit.ms"), title=title)


def _moment(name: str, when: datetime | None, t: Translator) -> None:
    label = t.text(f"metrics.{name}")
    if when is None:
        figure_tile(f"words_{name}", label, t.text("metrics.never"), "")
    else:
        figure_tile(f"words_{name}", label, t.ago(when, datetime.now(UTC)), t.datetime(when))
