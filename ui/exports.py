"""Figures to take along, as spreadsheets read them."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import streamlit as st

from core.i18n import Translator

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would carry out instead of showing it."""

Cell = str | float | datetime | None
Rows = Iterable[Sequence[Cell]]


def csv_button(name: str, header: Sequence[str], rows: Rows | Callable[[], Rows], t: Translator) -> None:
    """Downloads the rows as `name`.csv. Those that a function makes are made when somebody wants them."""
    st.download_button(
        t.text("export.csv"),
        (lambda: written(header, rows())) if callable(rows) else written(header, rows),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        key=f"csv_{name}",
    )


def written(header: Sequence[str], rows: Rows) -> bytes:
    """UTF-8 behind a byte order mark, without which a spreadsheet takes Persian for Latin; times in ISO 8601."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Cell) -> Cell:
    if isinstance(value, datetime):
        return value.isoformat()
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
