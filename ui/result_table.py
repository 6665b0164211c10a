"""A sample's rows as a table: numbers stay numbers where a browser keeps them whole, all else is exact text."""

import json
import math
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zlib import crc32

import pandas as pd  # type: ignore[import-untyped]  # carries no types
import streamlit as st

from core.exports.cells import text_of
from core.i18n import Translator
from core.i18n.translator import END_ISOLATE, ISOLATE_LTR
from core.models import Column, Sample
from core.values import EXACT_INTEGER, clean, fits_float, json_value
from ui.grid import NOTHING
from ui.units import size

MAX_HEIGHT, ROW_HEIGHT = 460, 35
NUMBERS = frozenset({"integer", "float", "decimal"})
DIGITS_MAX = 15
"""What a number of a browser holds of any decimal (IEEE 754, double precision)."""
MEASURED = 50
"""Rows that tell one sample from another."""
HEX_MAX = 12
"""Bytes shown of a binary value."""


def table(sample: Sample, t: Translator) -> None:
    columns = {str(index): column for index, column in enumerate(sample.columns)}
    values = {name: [row[int(name)] for row in sample.rows] for name in columns}
    frame = pd.DataFrame({name: column_of(values[name], column.type, t) for name, column in columns.items()})
    # In a box of its own: a table that the browser takes for the one before keeps the widths of that one's columns.
    st.container(key=f"sample_of_{crc32(repr((sample.columns, sample.rows[:MEASURED])).encode())}").dataframe(
        frame,
        hide_index=True,
        column_config={name: _config(column, values[name]) for name, column in columns.items()},
        height=min(MAX_HEIGHT, (len(frame) + 1) * ROW_HEIGHT + 3),
        alt=t.plural("playground.result.table", len(frame)),
        placeholder=NOTHING,
        key="sample",
    )


def column_of(values: Sequence[Any], kind: str, t: Translator) -> Any:
    """What the table is given of one column; None stays None."""
    if kind == "boolean" and _all(values, lambda v: isinstance(v, bool)):
        return pd.array(values, dtype="boolean")
    if kind == "integer" and _all(values, lambda v: isinstance(v, int) and abs(v) <= EXACT_INTEGER):
        return pd.array(values, dtype="Int64")
    if kind == "float" and _all(values, lambda v: fits_float(v) and math.isfinite(v)):
        return pd.array(values, dtype="Float64")
    if kind == "decimal" and places_of(values) is not None:
        return pd.array([None if v is None else float(v) for v in values], dtype="Float64")
    return [shown(value, t) for value in values]


def places_of(values: Sequence[Any]) -> int | None:
    """Digits after the point, where all decimals have as many and no more than 15 of them in all; else None."""
    present = [value for value in values if value is not None]
    if not all(isinstance(v, Decimal) and v.is_finite() and v.adjusted() < DIGITS_MAX for v in present):
        return None
    places = {-int(v.as_tuple().exponent) for v in present}
    whole = max((max(v.adjusted() + 1, 1) for v in present), default=0)
    if len(places) != 1 or not 0 <= min(places) <= DIGITS_MAX - whole:
        return None
    return places.pop()


def shown(value: Any, t: Translator) -> str | None:
    """A value in words: of dates, in Persian, the Jalali day first; of binary its size and its beginning."""
    match value:
        case str():
            return value if value.isascii() else clean(value)
        case bytes() | bytearray() | memoryview():
            return _beginning(bytes(value), t)
        case datetime() | date():
            jalali = t.in_figures(value)
            return f"{jalali} · {value.isoformat()}" if jalali else str(value)
        case dict() | list() | tuple() | set() | frozenset():
            return json.dumps(json_value(value), ensure_ascii=False, separators=(",", ":"))
    return text_of(value)


def _beginning(value: bytes, t: Translator) -> str:
    more = " …" if len(value) > HEX_MAX else ""
    beginning = f"{value[:HEX_MAX].hex(' ')}{more}"
    if t.direction == "rtl":
        beginning = f"{ISOLATE_LTR}{beginning}{END_ISOLATE}"  # or the bytes would stand in another order
    return f"{size(len(value), t)} · {beginning}" if value else size(0, t)


def _config(column: Column, values: Sequence[Any]) -> Any:
    """Numbers end where their units stand, those that are text to stay exact too."""
    label = f"{column.name} ({column.type})"
    places = places_of(values) if column.type == "decimal" else None
    if places is not None:
        return st.column_config.NumberColumn(label, format=f"%.{places}f", alignment="right")
    return st.column_config.Column(label, alignment="right" if column.type in NUMBERS else None)


def _all(values: Sequence[Any], fits: Callable[[Any], bool]) -> bool:
    return all(value is None or fits(value) for value in values)
