"""Tables of our own words (not of a source's data): pills, sides of text, and columns in the order of reading."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # carries no types
import pyarrow as pa
import streamlit as st

from core.i18n import Translator
from core.models import Source, Status
from ui.palette import STATUS_COLOURS
from ui.widgets import kind_colour, kind_name

NOTHING = "—"
HEADER_HEIGHT, ROW_HEIGHT, ROWS_IN_VIEW = 36, 36, 14


def grid(
    frame: pd.DataFrame | pa.Table, columns: Mapping[str, Any], alt: str, t: Translator, *, key: str, **how: Any
) -> None:
    """`columns` in the order of reading. They do not mirror by themselves: right to left the first one stands last.

    The container's key lets `behaviour.js` open a table that is too wide at the side where reading starts.
    """
    height = HEADER_HEIGHT + min(len(frame), ROWS_IN_VIEW) * how.setdefault("row_height", ROW_HEIGHT)
    held = frame.column_names if isinstance(frame, pa.Table) else frame
    order = [name for name in columns if name in held]
    with st.container(key=f"mirrored_{key}"):
        st.dataframe(
            frame,
            hide_index=True,
            column_order=order[::-1] if t.direction == "rtl" else order,
            column_config=dict(columns),
            alt=alt,
            key=key,
            height=height,
            **how,
        )


def text(label: str, t: Translator, **how: Any) -> Any:
    # Left to right the grid finds the side of each text by itself; told to start left, it cuts Persian names off.
    return st.column_config.TextColumn(label, alignment="right" if t.direction == "rtl" else None, **how)


def opener(label: str, t: Translator, *, key: str, width: int) -> Any:
    """Names that can be pressed."""
    side: Any = "right" if t.direction == "rtl" else "left"
    return st.column_config.ButtonColumn(label, type="tertiary", alignment=side, width=width, key=key)


def pills(label: str, colours: Mapping[str, str], **how: Any) -> Any:
    """One word a cell, each cell a list of it."""
    return st.column_config.MultiselectColumn(label, options=list(colours), color=list(colours.values()), **how)


def status_pills(t: Translator, **how: Any) -> Any:
    colours = {t.text(f"status.{status.value}"): colour for status, colour in STATUS_COLOURS.items()}
    colours[t.text("sources.paused")] = STATUS_COLOURS[Status.UNKNOWN]
    return pills(t.text("sources.column.status"), colours, **how)


def status_word(source: Source, t: Translator) -> str:
    """Of what nobody checks because somebody said so, that: unknown would ask for a reason."""
    paused = source.paused and source.status is Status.UNKNOWN
    return t.text("sources.paused" if paused else f"status.{source.status.value}")


def kind_pills(kinds: Iterable[str], t: Translator, **how: Any) -> Any:
    colours = {kind_name(kind, t): kind_colour(kind) for kind in sorted(set(kinds))}
    return pills(t.text("sources.column.kind"), colours, **how)


def frame_of(rows: Sequence[Sequence[Any]], columns: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))
