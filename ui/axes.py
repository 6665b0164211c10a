"""What every chart shares: axes in the reader's digits and direction, colours, the ground."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import streamlit as st

from core.i18n import Translator

TEAL, TEAL_ON_DARK, AMBER, RED = "#0B7285", "#3BC9DB", "#D97706", "#E03131"
LINES = (TEAL, AMBER, "#7048E8", "#0CA678", "#862E9C", "#868E96", "#1C7ED6", "#D6336C", "#2F9E44", "#5C940D")
LINES_ON_DARK = (
    TEAL_ON_DARK, AMBER, "#9775FA", "#0CA678", "#DA77F2", "#868E96", "#1C7ED6", "#D6336C", "#2F9E44", "#5C940D",
)  # fmt: skip
"""Of things that are alike; red is kept for what failed."""
DASHES, OF_ONE_DASH = ("solid", "dash", "dot", "dashdot"), 5
"""So many colours differ for every reader, so the next lines have another dash."""
DAY_S = 86_400
GRID = "rgba(128,140,150,.18)"
LEAST = timedelta(seconds=1)
TICKS, SIDE, ABOVE = 6, 76, 62
DATES_FROM = timedelta(hours=36)
STEPS = (1, 2, 2.5, 5, 10)
LOWEST_MS = 0.1
"""The least value of a logarithmic axis, which has no zero."""


def layout(t: Translator, *, height: int, **axes: Any) -> dict[str, Any]:
    """A transparent chart whose value axis and legend stand where reading starts."""
    mirrored = t.direction == "rtl"
    return {
        "height": height,
        "margin": {"l": 24 if mirrored else SIDE, "r": SIDE if mirrored else 24, "t": ABOVE, "b": 10},
        "font": {"family": "Vazirmatn, system-ui, sans-serif", "size": 13},
        "legend": {
            "orientation": "h",
            "traceorder": "reversed" if mirrored else "normal",  # the first one where reading starts
            "y": 1.02,
            "yanchor": "bottom",
            "x": 1 if mirrored else 0,
            "xanchor": "right" if mirrored else "left",
        },
        "showlegend": True,
        "modebar": modebar(),
        "annotations": [_unit(t, mirrored)],
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        **axes,
    }


def value_axis(top: float, t: Translator, *, few: bool = False) -> dict[str, Any]:
    """From zero to just above `top`, evenly; with `few` only zero and `top` itself have a line."""
    values = [0.0, max(top, 1)] if few else scale(top)
    return _axis(values, t) | {"range": [0, values[-1] * (1.1 if few else 1)]}


def log_axis(lowest: float, top: float, t: Translator) -> dict[str, Any]:
    """Whole powers of ten around the values, with 2 and 5 between them where there is room."""
    values = log_scale(lowest, top)
    return _axis(values, t) | {"type": "log", "range": [math.log10(values[0]), math.log10(values[-1])]}


def config(name: str) -> dict[str, Any]:
    """Of the buttons above a chart only the one that saves it as a picture, called `name`."""
    picture = {"format": "png", "filename": name, "scale": 2}
    return {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": picture,
    }


def time_axis(start: datetime, end: datetime, t: Translator) -> dict[str, Any]:
    """Clock times, or days where a clock time would say too little; both where one day would stand there twice."""
    start = min(start, datetime.max.replace(tzinfo=start.tzinfo) - LEAST)
    span = max(end - start, LEAST)
    moments = [start + span * index / (TICKS - 1) for index in range(TICKS)]
    labels = [t.clock(moment) if span < DATES_FROM else day_and_month(moment, t) for moment in moments]
    if span >= DATES_FROM and any(one == other for one, other in pairwise(labels)):
        labels = [day_and_clock(moment, t) for moment in moments]
    return {
        "tickvals": moments,
        "ticktext": list(map(t.drawn, labels)),
        "tickfont": {"color": ink()},
        "gridcolor": GRID,
        "range": [start, start + span],
    }


def day_and_month(moment: datetime, t: Translator) -> str:
    """A date without its year, which stands last in every language of ours."""
    return t.date(moment).rpartition(" ")[0]


def day_and_clock(moment: datetime, t: Translator) -> str:
    return f"{day_and_month(moment, t)} · {t.clock(moment)}"


def modebar() -> dict[str, str]:
    return {"bgcolor": "rgba(0,0,0,0)", "color": ink(), "activecolor": TEAL}


def on_dark() -> bool:
    return st.context.theme.type == "dark"


def line_style(number: int) -> dict[str, str]:
    """Colour and dash of one line of several; as many as 20 differ, those of unlike dash by it alone."""
    colours, dash = _lines(), DASHES[number // OF_ONE_DASH % len(DASHES)]
    return {"color": colours[number % len(colours)], "dash": dash}


def teal() -> str:
    """What stands alone, such as the bars of one column."""
    return _lines()[0]


def _lines() -> tuple[str, ...]:
    return LINES_ON_DARK if on_dark() else LINES


def ink() -> str:
    """The colour of words on the ground of the reader's theme; Streamlit's own grey is too pale to read."""
    return "#C9D1D9" if on_dark() else "#3D4852"


def told(moment: datetime, step_s: int, t: Translator) -> str:
    """A stretch of history under the pointer: its clock time on its day."""
    return stretch(moment, step_s, t) if step_s >= DAY_S else day_and_clock(moment, t)


def stretch(moment: datetime, step_s: int, t: Translator) -> str:
    """When it begins. Days are those of UTC: west of Greenwich they begin on the reader's day before."""
    return t.date(t.midnight(moment.astimezone(UTC).date())) if step_s >= DAY_S else t.datetime(moment)


def hover(texts: Sequence[str], t: Translator) -> dict[str, Any]:
    """These words under the pointer, one a point."""
    return {"customdata": [letters(t.drawn(text)) for text in texts], "hovertemplate": "%{customdata}<extra></extra>"}


def beginning(text: str, most: int) -> str:
    """Data as a label of at most so many letters."""
    return letters(text if len(text) <= most else f"{text[: most - 1]}…")


def letters(text: str) -> str:
    """Data as a chart that shows exactly these letters: Plotly reads tags in every text of it, links among them."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def scale(top: float) -> list[float]:
    """Round values from zero to just above `top`, at most six of them."""
    if top <= 0:
        return [0.0, 1.0]
    rough = top / (TICKS - 1)
    power = 10.0 ** (len(f"{int(rough)}") - 1) if rough >= 1 else 0.1
    step = next(power * factor for factor in STEPS if power * factor >= rough)
    return [step * index for index in range(int(top / step) + 2)]


def log_scale(lowest: float, top: float) -> list[float]:
    """Powers of ten from below `lowest` to above `top`; with 2 and 5 in between when they span two decades or less."""
    first = math.floor(math.log10(max(lowest, LOWEST_MS)))
    last = max(first + 1, math.ceil(math.log10(max(top, LOWEST_MS))))
    factors = (1, 2, 5) if last - first <= 2 else (1,)
    values = [factor * 10.0**power for power in range(first, last) for factor in factors]
    return [*values, 10.0**last]


def _axis(values: Sequence[float], t: Translator) -> dict[str, Any]:
    return {
        "side": "right" if t.direction == "rtl" else "left",
        "tickvals": list(values),
        "ticktext": [t.number(value) for value in values],
        "tickfont": {"color": ink()},
        "gridcolor": GRID,
        "zeroline": False,
    }


def _unit(t: Translator, mirrored: bool) -> dict[str, Any]:
    """The unit above the values: Plotly's own title of a right-hand axis lies on top of wide numbers."""
    side = {"x": 1, "xanchor": "left", "xshift": 8} if mirrored else {"x": 0, "xanchor": "right", "xshift": -6}
    place = {"xref": "paper", "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 8, "showarrow": False}
    return {"text": t.text("metrics.chart.axis"), "font": {"size": 12, "color": ink()}, **side, **place}
