"""Figures to take along, as spreadsheets read them."""

from collections.abc import Iterable, Sequence

import streamlit as st

from core.i18n import Translator
from core.spreadsheet import Cell, written


def csv_button(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], t: Translator) -> None:
    """Downloads the rows as `name`.csv."""
    st.download_button(
        t.text("export.csv"),
        written(header, rows),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        key=f"csv_{name}",
    )
