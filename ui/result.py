"""A sample as a table and as JSON, every limit said in words, and the same rows to take away."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # carries no types
import streamlit as st

from core.i18n import Translator
from core.models import Sample, SampleResult, Source
from core.spreadsheet import Cell, written
from core.values import json_value
from ui import state
from ui.grid import NOTHING
from ui.widgets import plain

KIB = 1024
MAX_HEIGHT, ROW_HEIGHT = 460, 35
JSON_ROWS_MAX = 100
CODE = {"postgres": "sql", "graphql": "graphql", "mongodb": "json", "rest": "http"}
TABLE, JSON = "table", "json"
NUMBERS = frozenset({"integer", "float", "decimal"})


def result(source: Source, found: SampleResult, t: Translator) -> None:
    sample = found.sample
    rows = t.plural("playground.result.rows", len(sample.rows))
    read = {"bytes": size(sample.bytes_read, t), "latency": t.duration_ms(found.latency_ms)}
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{rows}** · {t.text('playground.result.read', **read)}", width="content")
        if sample.rows:
            _downloads(source, sample, t)
    if sample.truncated_by is not None:
        st.warning(t.text(f"playground.truncated.{sample.truncated_by}"), icon=":material/content_cut:")
    for note in sample.notes:
        st.info(plain(t.message(note)), icon=":material/info:")
    if sample.rows:
        _views(sample, t)
    else:
        st.info(t.text("playground.result.empty"), icon=":material/table_rows:")
    if sample.executed:
        st.caption(t.text("playground.executed"))
        st.code(sample.executed, language=CODE.get(source.kind), wrap_lines=True)


def size(count: int, t: Translator) -> str:
    if count < KIB:
        return t.text("unit.bytes", value=t.number(count))
    if count < KIB * KIB:
        return t.text("unit.kib", value=t.number(round(count / KIB, 1)))
    return t.text("unit.mib", value=t.number(round(count / KIB / KIB, 1)))


def as_csv(sample: Sample) -> bytes:
    """For spreadsheets (see `core.spreadsheet.written`); nested values as JSON, missing ones empty."""
    rows = ([_cell(value) for value in row] for row in sample.rows)
    return written([column.name for column in sample.columns], rows)


def as_json_lines(sample: Sample) -> bytes:
    """One object a row."""
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in _objects(sample)).encode()


def _downloads(source: Source, sample: Sample, t: Translator) -> None:
    stem = re.sub(r"[^\w\u200c-]+", "-", source.name).strip("-") or source.kind
    name = f"{stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    with st.container(horizontal=True, width="content", gap="small"):
        for ending, mime, make in (
            ("csv", "text/csv", as_csv),
            ("jsonl", "application/x-ndjson", as_json_lines),
        ):
            st.download_button(
                t.text(f"playground.download.{ending}"),
                partial(make, sample),
                f"{name}.{ending}",
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"download_{ending}",
            )


def _views(sample: Sample, t: Translator) -> None:
    labels = [t.text(f"playground.view.{view}") for view in (TABLE, JSON)]
    key = state.in_words(state.VIEW, t.lang)
    table, tree = st.tabs(labels, key=key, on_change="rerun")
    if tree.open:
        with tree:
            _json(sample, t)
    else:
        with table:
            _table(sample, t)


def _json(sample: Sample, t: Translator) -> None:
    rows = [row for row, _ in zip(_objects(sample), range(JSON_ROWS_MAX), strict=False)]
    if len(sample.rows) > len(rows):
        st.caption(t.text("playground.view.json.first", shown=len(rows), total=len(sample.rows)))
    st.json(rows, expanded=2)


def _objects(sample: Sample) -> Iterator[dict[str, Any]]:
    names = [column.name for column in sample.columns]
    return ({name: json_value(value) for name, value in zip(names, row, strict=True)} for row in sample.rows)


def _table(sample: Sample, t: Translator) -> None:
    """Every value as text that says exactly what the source holds; numbers of JSON's own types stay numbers."""
    columns = {str(index): column for index, column in enumerate(sample.columns)}
    frame = pd.DataFrame(
        {name: _column([row[int(name)] for row in sample.rows], column.type) for name, column in columns.items()}
    )
    st.dataframe(
        frame,
        hide_index=True,
        column_config={
            name: st.column_config.Column(f"{column.name} ({column.type})", alignment=_side(column.type))
            for name, column in columns.items()
        },
        height=min(MAX_HEIGHT, (len(frame) + 1) * ROW_HEIGHT + 3),
        alt=t.plural("playground.result.table", len(frame)),
        placeholder=NOTHING,
        key="sample",
    )


def _side(kind: str) -> Any:
    """Numbers end where their units stand, those that are text to stay exact too."""
    return "right" if kind in NUMBERS else None


def _column(values: list[Any], kind: str) -> Any:
    if kind == "boolean":
        return pd.array(values, dtype="boolean")
    if kind == "float" or (kind == "integer" and all(v is None or abs(v) <= 2**53 for v in values)):
        return pd.array(values, dtype="Int64" if kind == "integer" else "Float64")
    return [_text(value) for value in values]


def _cell(value: Any) -> Cell:
    return value if isinstance(value, int | float | Decimal | datetime) else _text(value)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict | list | tuple):
        return json.dumps(json_value(value), ensure_ascii=False)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex(" ")
    return str(value)
