"""The columns of a sample: one table of them all, and one column in full."""

import zlib
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go  # type: ignore[import-untyped]  # carries no types
import streamlit as st

from core.i18n import Translator
from core.models import Sample
from core.profiles import ColumnProfile, ColumnSummary, TextCheck, profile, summary
from core.profiles.bins import placed
from core.profiles.numbers import moment_of
from core.profiles.persian import HALF_SPACE
from ui import axes, grid, result_axes
from ui.result_axes import figure
from ui.result_table import shown
from ui.widgets import facts, plain

COLUMNS_MAX = 100
"""In the table of all; each further one can be chosen."""
TEXT_MAX = 60
EXACT_DIGITS = 15
"""Decimal digits that a float holds for certain (IEEE 754 binary64)."""
HEIGHT = 260


def columns(sample: Sample, t: Translator) -> None:
    st.caption(t.plural("profile.of_rows", len(sample.rows)))
    _table([summary(sample, index) for index in range(min(COLUMNS_MAX, len(sample.columns)))], t)
    if len(sample.columns) > COLUMNS_MAX:
        st.caption(t.text("profile.first_columns", shown=COLUMNS_MAX, all=len(sample.columns)))
    chosen = st.selectbox(
        t.text("profile.column"),
        range(len(sample.columns)),
        format_func=lambda index: named(sample, index),
        key=f"profile_{signature(sample)}",
    )
    if chosen is not None:
        _detail(profile(sample, chosen), t)


def named(sample: Sample, index: int) -> str:
    column = sample.columns[index]
    return f"{column.name} ({column.type})"


def signature(sample: Sample) -> str:
    """The same for samples with the same columns: an input about others would hold places that are not there."""
    return f"{zlib.crc32(repr(sample.columns).encode('utf-8', 'replace')):08x}"


def told(value: Any, t: Translator) -> str:
    """A value within a sentence or a cell: numbers in the reader's digits, long texts with their beginning."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _number(Decimal(str(value)), t)
    short = t.in_figures(value) if isinstance(value, date) else ""
    text = short or shown(value, t) or ""
    return text if len(text) <= TEXT_MAX else f"{text[: TEXT_MAX - 1]}…"


def _number(value: Decimal, t: Translator) -> str:
    """With every digit that it has; as the source writes it where a float would not hold them all."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or len(digits) + max(0, exponent) > EXACT_DIGITS or exponent < -EXACT_DIGITS:
        return t.digits(str(value))
    return t.number(float(value), max(0, -exponent))


def _table(found: list[ColumnSummary], t: Translator) -> None:
    names = ("name", "type", "nulls", "distinct", "low", "high")
    heads = {name: grid.text(t.text(f"profile.column.{name}"), t) for name in names}
    frame = grid.frame_of([_row(each, t) for each in found], heads)
    grid.grid(frame, heads, t.plural("profile.table", len(found)), t, key="profile_table")


def _row(each: ColumnSummary, t: Translator) -> tuple[str, ...]:
    low, high = (grid.NOTHING if value is None else told(value, t) for value in (each.low, each.high))
    return each.name, each.type, _share(each.nulls, each.rows, t), t.number(each.distinct), low, high


def _share(count: int, rows: int, t: Translator) -> str:
    return f"{t.number(count)} ({t.percent(count / rows)})" if count else t.number(0)


def _detail(found: ColumnProfile, t: Translator) -> None:
    words, spread = st.columns([1, 1.4])
    with words:
        facts(_facts(found, t))
        _top(found, t)
    with spread:
        if found.bins:
            _histogram(found, t)
        for check in found.checks:
            _warning(check, t)


def _facts(found: ColumnProfile, t: Translator) -> list[tuple[str, str]]:
    short, lengths = found.summary, found.lengths
    rows = [
        ("nulls", _share(short.nulls, short.rows, t)),
        ("distinct", t.number(short.distinct)),
        ("low", _whole(short.low, t)),
        ("high", _whole(short.high, t)),
        ("mean", "" if found.mean is None else figure(found.mean, t)),
        ("median", "" if found.median is None else figure(found.median, t)),
        ("others", t.number(found.others) if found.others else ""),
    ]
    if lengths is not None:
        spread = {"least": lengths.least, "mean": figure(lengths.mean, t), "most": lengths.most}
        rows.append(("lengths", t.text("profile.lengths", **spread)))
    return [(t.text(f"profile.column.{name}"), value) for name, value in rows]


def _whole(value: Any, t: Translator) -> str:
    """A date or a moment to its last digit; numbers as everywhere."""
    return shown(value, t) or "" if value is None or isinstance(value, date) else told(value, t)


def _top(found: ColumnProfile, t: Translator) -> None:
    heads = {name: grid.text(t.text(f"profile.top.{name}"), t) for name in ("value", "count")}
    present = found.summary.rows
    rows = [(told(top.value, t), _share(top.count, present, t)) for top in found.top]
    if rows:
        grid.grid(grid.frame_of(rows, heads), heads, t.text("profile.top"), t, key="profile_top")


def _warning(check: TextCheck, t: Translator) -> None:
    example = plain(_visible(check.example))
    st.warning(
        f"{t.plural(f'profile.check.{check.rule}', check.cells)} {t.text('profile.example')} {example}",
        icon=":material/spellcheck:",
    )


def _visible(text: str) -> str:
    """A text with its invisible letters to be seen, and only its beginning."""
    inner = text.strip(" ")
    start, end = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
    whole = "␣" * start + inner + "␣" * end if inner else "␣" * len(text)
    for letter, sign in ((HALF_SPACE, "‹ZWNJ›"), ("\u200b", "‹ZWSP›"), ("\u00ad", "‹SHY›"), ("\ufeff", "‹BOM›")):
        whole = whole.replace(letter, sign)
    return "".join(letter if letter.isprintable() else "␤" for letter in whole[:TEXT_MAX])


def _histogram(found: ColumnProfile, t: Translator) -> None:
    bins, most = found.bins, max(each.count for each in found.bins)
    name = found.summary.name
    ends = [(_end(found, each.start, t), _end(found, each.end, t)) for each in bins]
    texts = [
        f"{start} … {end} · {t.plural('playground.result.rows', each.count)}"
        for each, (start, end) in zip(bins, ends, strict=True)
    ]
    chart = go.Figure()
    middles, width = placed(bins)
    chart.add_bar(
        x=[_moment(found, middle, t) for middle in middles] if found.timed else middles,
        y=[each.count for each in bins],
        width=width * 1000 if found.timed else width,
        marker={"color": axes.teal(), "line": {"width": 1, "color": "rgba(255,255,255,.5)"}},
        **axes.hover(texts, t),
    )
    x = _x_axis(found, t)
    chart.update_layout(result_axes.layout(t, HEIGHT, x, result_axes.counts(most, t), bargap=0, showlegend=False))
    peak = max(range(len(bins)), key=lambda number: bins[number].count)
    facts_of_it = {"column": name, "bins": len(bins), "start": ends[peak][0], "end": ends[peak][1], "most": most}
    alt = t.text("profile.histogram.alt", **facts_of_it)
    st.plotly_chart(chart, width="stretch", config=axes.config("histogram"), key="profile_histogram", alt=alt)
    st.caption(plain(alt))


def _x_axis(found: ColumnProfile, t: Translator) -> dict[str, Any]:
    low, high = found.bins[0].start, found.bins[-1].end
    if found.timed:
        return result_axes.moments(_moment(found, low, t), _moment(found, high, t), t)
    return result_axes.numbers(low, high, t) | {"range": [low, high]}


def _end(found: ColumnProfile, at: float, t: Translator) -> str:
    if not found.timed:
        return figure(at, t)
    moment = _moment(found, at, t)
    return t.date(moment) if found.summary.type == "date" else t.datetime(moment)


def _moment(found: ColumnProfile, at: float, t: Translator) -> datetime:
    """One without a zone stands where a clock on the reader's wall shows it."""
    moment = moment_of(at)
    return moment if found.summary.type == "timestamptz" else moment.replace(tzinfo=t.zone)
