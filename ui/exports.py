"""Figures to take along, as spreadsheets read them."""

from collections.abc import Callable, Iterable, Sequence

import streamlit as st

from core.i18n import Translator
from core.spreadsheet import Cell, written

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
