"""Tables whose rows have buttons: which row was pressed is told by the ids of the run that showed it."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.i18n import Translator
from ui import grid, state

Row = Sequence[Any]
BUTTON_WIDTH = 92


def table(
    name: str,
    columns: Mapping[str, Any],
    rows: Mapping[Any, Row],
    t: Translator,
    actions: Mapping[str, str] | None = None,
    idle: Mapping[str, frozenset[Any]] | None = None,
) -> None:
    """`rows` by their ids. `actions` are buttons with their labels; rows that are `idle` in one have none there."""
    actions, idle = actions or {}, idle or {}
    st.session_state.setdefault(state.ROWS, {})[name] = list(rows)
    buttons = {
        f"do_{action}": st.column_config.ButtonColumn("", type="tertiary", width=BUTTON_WIDTH, key=_key(name, action))
        for action in actions
    }
    cells = [
        (*row, *(None if id_ in idle.get(action, ()) else label for action, label in actions.items()))
        for id_, row in rows.items()
    ]
    whole = {**columns, **buttons}
    grid.grid(grid.frame_of(cells, whole), whole, t.text(f"table.{name}"), t, key=name)


def pressed(name: str, *actions: str) -> tuple[str, Any] | None:
    """The button that was pressed just before this run, and its row's id."""
    shown = st.session_state.get(state.ROWS, {}).get(name, [])
    for action in actions:
        click = st.session_state.get(_key(name, action))
        if click is not None and click["row"] < len(shown):
            return action, shown[click["row"]]
    return None


def _key(name: str, action: str) -> str:
    return f"{name}_{action}"
