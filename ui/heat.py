"""Fields of coloured cells: what share of calls failed, source by hour of a day and weekday by hour."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go  # type: ignore[import-untyped]  # carries no types
import streamlit as st

from core.i18n import Translator
from core.models import HourOfWeek, OrgHistory
from ui import axes
from ui.exports import csv_button

STEPS = (0, 0.005, 0.0051, 0.1, 0.5, 1)
"""Shares of failed calls: up to the second one they are within the budget."""
ON_LIGHT = ("#B2DFBE", "#B2DFBE", "#FFE08A", "#FFA94D", "#E8590C", "#FA5252")
ON_DARK = ("#23543A", "#23543A", "#7A5200", "#A34A00", "#B83A0B", "#C92A2A")
"""Within the budget green; beyond it the redder the worse. Words have a contrast of 4.5 : 1 on each."""
WORDS, WORDS_ON_DARK = "#101418", "#FFFFFF"
ROW, AROUND, NAME_MAX = 26, 76, 22
HOURS, DAYS = range(24), range(7)


def source_hours(past: OrgHistory, t: Translator) -> None:
    """`past.heat`, which is not empty: a row a source, a column an hour of the last day."""
    labels = [t.clock(hour) for hour in past.hours]
    hovers = [
        [
            f"{t.isolated(row.name)} · {axes.told(hour, 3600, t)} · {_share(share, t)}"
            for hour, share in zip(past.hours, row.shares, strict=True)
        ]
        for row in past.heat
    ]
    texts = [[t.percent(share) if share else "" for share in row.shares] for row in past.heat]
    names = [axes.beginning(row.name, NAME_MAX) for row in past.heat]
    failing = sum(any(row.shares) for row in past.heat)
    _field([row.shares for row in past.heat], names, labels, texts, hovers, "errors-by-hour", t,
           t.text("health.heat.alt", sources=len(names), failing=failing))  # fmt: skip
    header = ("source", *(hour.isoformat() for hour in past.hours))
    csv_button("errors-by-hour", header, [(row.name, *row.shares) for row in past.heat], t)


def week_hours(week: Sequence[HourOfWeek], t: Translator) -> None:
    """`week`, which is not empty: a row a weekday, a column an hour; in each cell the p95 of its calls."""
    found = {(each.weekday, each.hour): each for each in week}
    minute = week[0].minute
    labels = [t.digits(f"{hour:02}:{minute:02}") for hour in HOURS]
    cells = [[found.get((day, hour)) for hour in HOURS] for day in DAYS]
    shares = [[None if each is None else 1 - (each.window.availability or 0) for each in row] for row in cells]
    texts = [
        ["" if each is None or each.p95_ms is None else t.number(round(each.p95_ms)) for each in row] for row in cells
    ]
    hovers = [[_told(day, hour, found.get((day, hour)), labels, t) for hour in HOURS] for day in DAYS]
    names = [t.text(f"weekday.{day}") for day in DAYS]
    _field(shares, names, labels, texts, hovers, "hours-of-the-week", t, best(week, t))
    header = ("weekday", "hour", "calls", "errors", "p95_ms")
    rows = [(names[e.weekday], f"{e.hour:02}:{minute:02}", e.window.calls, e.window.errors, e.p95_ms) for e in week]
    csv_button("hours-of-the-week", header, rows, t)


def best(week: Sequence[HourOfWeek], t: Translator) -> str:
    """The three hours with the fewest failures, of these the quickest, in words."""
    ranked = sorted(week, key=lambda each: (-(each.window.availability or 0), each.p95_ms or 0))[:3]
    hours = [
        t.text("health.week.hour", day=t.text(f"weekday.{e.weekday}"), time=t.digits(f"{e.hour:02}:{e.minute:02}"))
        for e in ranked
    ]
    return t.text("health.week.best", hours=t.listed(hours))


def _field(
    shares: Sequence[Sequence[float | None]],
    names: Sequence[str],
    labels: Sequence[str],
    texts: Sequence[Sequence[str]],
    hovers: Sequence[Sequence[str]],
    name: str,
    t: Translator,
    alt: str,
) -> None:
    figure = go.Figure()
    figure.add_heatmap(
        z=[list(row) for row in shares],
        text=texts,
        customdata=[[axes.letters(t.drawn(each)) for each in row] for row in hovers],
        texttemplate="%{text}",
        textfont={"size": 11, "color": WORDS_ON_DARK if axes.on_dark() else WORDS},
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        colorscale=[list(pair) for pair in zip(STEPS, ON_DARK if axes.on_dark() else ON_LIGHT, strict=True)],
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=2,
        ygap=2,
    )
    figure.update_layout(_layout(names, labels, t))
    st.plotly_chart(figure, width="stretch", config=axes.config(name), key=f"heat_{name}", alt=alt)


def _layout(names: Sequence[str], labels: Sequence[str], t: Translator) -> dict[str, Any]:
    mirrored = t.direction == "rtl"
    side = "right" if mirrored else "left"
    return {
        "height": AROUND + ROW * len(names),
        "margin": {"l": 24 if mirrored else 150, "r": 150 if mirrored else 24, "t": 40, "b": 30},
        "font": {"family": "Vazirmatn, system-ui, sans-serif", "size": 12},
        "modebar": axes.modebar(),
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": {
            "tickfont": {"color": axes.ink()},
            "tickvals": list(range(0, len(labels), 3)),
            "ticktext": list(labels[::3]),
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {
            "side": side,
            "tickfont": {"color": axes.ink()},
            "autorange": "reversed",
            "tickvals": list(range(len(names))),
            "ticktext": list(names),
            "showgrid": False,
            "zeroline": False,
        },
    }


def _told(day: int, hour: int, found: HourOfWeek | None, labels: Sequence[str], t: Translator) -> str:
    head = t.text("health.week.hour", day=t.text(f"weekday.{day}"), time=labels[hour])
    if found is None or found.window.availability is None:
        return f"{head} · {t.text('history.no_calls')}"
    p95 = "" if found.p95_ms is None else f" · p95 {t.duration_ms(found.p95_ms)}"
    return f"{head} · {t.text('history.available', share=t.share(found.window.availability))}{p95}"


def _share(share: float | None, t: Translator) -> str:
    return t.text("history.no_calls") if share is None else t.text("history.failed.share", share=t.percent(share))
