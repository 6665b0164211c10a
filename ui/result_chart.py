"""A chart of a sample in a few clicks, beginning with the one that its columns suggest."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import plotly.graph_objects as go  # type: ignore[import-untyped]  # carries no types
import streamlit as st

from core.i18n import Translator
from core.models import Sample
from core.plots import AGGREGATES, KINDS, Drawn, Plot, Role, Series, drawable, drawn, suggested
from core.spreadsheet import Cell
from ui import axes, result_axes
from ui.exports import csv_button
from ui.result_axes import figure
from ui.result_profile import named, signature
from ui.widgets import plain

HEIGHT = 440
COUNTED = "count"


def chart(sample: Sample, t: Translator) -> None:
    first = suggested(sample)
    if first is None:
        st.info(t.text("chart.nothing"), icon=":material/bar_chart_off:")
        return
    plot = _chosen(sample, first, t)
    if plot.kind != "histogram" and plot.aggregate != COUNTED and not plot.ys:
        st.info(t.text("chart.no_y"), icon=":material/stacked_line_chart:")
        return
    found = drawn(sample, plot)
    if not found.series:
        st.info(t.text("chart.empty"), icon=":material/bar_chart_off:")
        return
    _draw(sample, plot, found, t)


def _chosen(sample: Sample, first: Plot, t: Translator) -> Plot:
    """Inputs belong to these very columns: with others they begin anew."""
    roles, key = drawable(sample), signature(sample)
    left, middle, right = st.columns([1, 1.4, 1.6])
    with left:
        kind = st.selectbox(
            t.text("chart.kind"),
            KINDS,
            KINDS.index(first.kind),
            lambda k: t.text(f"chart.kind.{k}"),
            f"chart_kind_{key}",
        )
    histogram = kind == "histogram"
    places = [index for index, role in roles.items() if role is not Role.WORD] if histogram else list(roles)
    start = places.index(first.x) if first.x in places else 0
    with middle:
        # A histogram takes no words, so its list is another one.
        x = st.selectbox(
            t.text("chart.x"),
            places,
            start,
            lambda i: named(sample, i),
            f"chart_x_{histogram}_{key}",
            disabled=not places,
        )
    if histogram or x is None:
        return Plot(kind, first.x if x is None else x)
    with right:
        ys = _ys(sample, [i for i, role in roles.items() if role is Role.NUMBER], first, key, t)
    colour, aggregate = _further(sample, [i for i, role in roles.items() if role is Role.WORD], first, key, t)
    return Plot(kind, x, tuple(ys), colour, aggregate)


def _ys(sample: Sample, numbers: Sequence[int], first: Plot, key: str, t: Translator) -> list[int]:
    return st.multiselect(
        t.text("chart.y"),
        numbers,
        [y for y in first.ys if y in numbers],
        lambda index: named(sample, index),
        f"chart_y_{key}",
        placeholder=t.text("chart.y.none"),
    )


def _further(sample: Sample, words: Sequence[int], first: Plot, key: str, t: Translator) -> tuple[int | None, str]:
    left, right, _ = st.columns([1, 1.4, 1.6])
    with left:
        start = AGGREGATES.index(first.aggregate)
        aggregate = st.selectbox(
            t.text("chart.aggregate"), AGGREGATES, start, lambda a: t.text(f"chart.aggregate.{a}"), f"chart_fold_{key}"
        )
    with right:
        colour = st.selectbox(
            t.text("chart.colour"),
            words,
            None,
            lambda index: named(sample, index),
            f"chart_colour_{key}",
            placeholder=t.text("chart.colour.none"),
            disabled=not words,
        )
    return colour, aggregate


def _draw(sample: Sample, plot: Plot, found: Drawn, t: Translator) -> None:
    names = list(dict.fromkeys(str(x) for series in found.series for x in series.xs)) if found.x is Role.WORD else []
    picture = go.Figure()
    for number, series in enumerate(found.series):
        style = axes.line_style(number)
        _add(picture, plot.kind, found, series, _name(sample, series, t), _xs(series, names, t), style, t)
    picture.update_layout(_layout(found, plot, names, t))
    points = sum(len(series.xs) for series in found.series)
    words = {
        "kind": t.text(f"chart.kind.{plot.kind}"),
        "series": len(found.series),
        "column": sample.columns[plot.x].name,
    }
    alt = t.plural("chart.alt", points, what=words["kind"], series=words["series"], column=words["column"])
    st.plotly_chart(picture, width="stretch", config=axes.config("sample"), key="sample_chart", alt=alt)
    st.caption(plain(alt))
    if found.left_out:
        st.caption(t.plural("chart.left_out", found.left_out))
    csv_button("chart", ("series", "x", "y"), lambda: _exported(sample, found, t), t)


def _add(
    picture: go.Figure,
    kind: str,
    found: Drawn,
    series: Series,
    name: str,
    xs: list[Any],
    style: dict[str, str],
    t: Translator,
) -> None:
    texts = [
        f"{t.isolated(name)} · {_x_told(x, t)} · {figure(y, t)}" for x, y in zip(series.xs, series.ys, strict=True)
    ]
    shared = {"x": xs, "y": list(series.ys), "name": axes.letters(name), **axes.hover(texts, t)}
    if kind in ("bar", "histogram"):
        width = {"width": found.width * (1000 if found.x is Role.TIME else 1)} if kind == "histogram" else {}
        picture.add_bar(marker={"color": style["color"], "line": {"width": 0}}, **width, **shared)
    else:
        mode = "markers" if kind == "scatter" else "lines+markers"
        picture.add_scatter(
            mode=mode, marker={"size": 6, "color": style["color"]}, line=style | {"width": 1.8}, **shared
        )


def _layout(found: Drawn, plot: Plot, names: Sequence[str], t: Translator) -> dict[str, Any]:
    ys = [y for series in found.series for y in series.ys]
    bars = plot.kind in ("bar", "histogram")
    low, high = (min(0.0, *ys), max(0.0, *ys)) if bars else (min(ys), max(ys))
    how = {
        "barmode": "group",
        "bargap": 0.02 if plot.kind == "histogram" else 0.25,
        "showlegend": len(found.series) > 1,
    }
    return result_axes.layout(t, HEIGHT, _x_axis(found, names, t), result_axes.numbers(low, high, t), **how)


def _x_axis(found: Drawn, names: Sequence[str], t: Translator) -> dict[str, Any]:
    xs: list[Any] = [x for series in found.series for x in series.xs]
    if found.x is Role.WORD:
        return result_axes.words(names)
    if found.x is Role.NUMBER:
        half = found.width / 2
        return result_axes.numbers(min(xs) - half, max(xs) + half, t)
    moments = [_aware(x, t) for x in xs]
    return result_axes.moments(min(moments), max(moments), t) | {"range": None}


def _xs(series: Series, names: Sequence[str], t: Translator) -> list[Any]:
    places = {name: place for place, name in enumerate(names)}
    return [_aware(x, t) if isinstance(x, datetime) else places[x] if isinstance(x, str) else x for x in series.xs]


def _aware(moment: datetime, t: Translator) -> datetime:
    """A moment without a zone is drawn where a clock on the reader's wall shows it."""
    return moment if moment.tzinfo else moment.replace(tzinfo=t.zone)


def _x_told(x: Any, t: Translator) -> str:
    return (
        t.datetime(_aware(x, t)) if isinstance(x, datetime) else t.isolated(x) if isinstance(x, str) else figure(x, t)
    )


def _name(sample: Sample, series: Series, t: Translator) -> str:
    what = t.text("chart.rows") if series.y is None else sample.columns[series.y].name
    return what if series.group is None else f"{series.group or t.text('chart.no_word')} · {what}"


def _exported(sample: Sample, found: Drawn, t: Translator) -> Iterator[Sequence[Cell]]:
    for series in found.series:
        name = _name(sample, series, t)
        yield from ((name, x, y) for x, y in zip(series.xs, series.ys, strict=True))
