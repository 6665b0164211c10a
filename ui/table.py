"""The table of sources: one dataframe, however many they are."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import pyarrow as pa
import streamlit as st

from core.i18n import Translator
from core.models import PingRow, Source
from ui import axes, grid, state
from ui.table_rows import Recent, Rows

ROW_HEIGHT = 42


def sources_table(
    sources: Sequence[Source], recent: Recent, t: Translator, *, pings: bool, choosing: bool = False
) -> None:
    """The table with its buttons. What was clicked is read with `clicked` at the beginning of the next run.

    A press on a row opens the source, or chooses it beside others.
    """
    st.session_state[state.SHOWN] = sources
    rows = _rows()
    written = rows.columns(sources, recent, t, datetime.now(UTC))
    written["recent"] = rows.sparklines(sources, recent)
    if pings:
        written["ping"] = pa.repeat(t.text("sources.ping"), len(sources))
    _show(
        written,
        _columns(sources, t)
        | {
            "name": grid.opener(t.text("sources.column.name"), t, key=state.NAME_CLICK, width=135),
            "ping": st.column_config.ButtonColumn(t.text("sources.column.ping"), width=76, key=state.PING_CLICK),
        },
        t,
        key=many_key(sources) if choosing else state.TABLE,
        selection_mode="multi-row" if choosing else "single-row",
        on_select="rerun",
    )


def running_table(sources: Sequence[Source], recent: Recent, rows: Sequence[PingRow], t: Translator) -> None:
    """The same table while a job runs: each answer as it comes, in the place of sparkline and button.

    Without its sparklines the table is a sixth of the size, and it is sent several times a second.
    """
    written = _rows().columns(sources, recent, t, datetime.now(UTC))
    answers = {row.id: _answer(row, t) for row in rows}
    waiting = t.text("ping_all.waiting")
    written["ping"] = pa.array([answers.get(source.id, waiting) for source in sources], pa.string())
    _show(written, _columns(sources, t), t, key=f"{state.TABLE}_running")


def clicked() -> tuple[str, UUID] | None:
    """What was pressed in the table (`ping` or `open`) and on which source, by the list of the run that showed it."""
    shown: Sequence[Source] = st.session_state.get(state.SHOWN, [])
    for key, action in ((state.PING_CLICK, "ping"), (state.NAME_CLICK, "open")):
        click = st.session_state.get(key)
        if click is not None and click["row"] < len(shown):
            return action, shown[click["row"]].id
    chosen = st.session_state.get(state.TABLE)
    rows = chosen["selection"]["rows"] if chosen else []
    return ("open", shown[rows[0]].id) if rows and rows[0] < len(shown) else None


def chosen(sources: Sequence[Source]) -> list[Source]:
    """Those that are chosen beside each other in the table of exactly these sources."""
    drawn = st.session_state.get(many_key(sources))
    return [sources[row] for row in sorted(drawn["selection"]["rows"] if drawn else [])]


def choose_anew() -> None:
    """The next run's table has nothing chosen."""
    st.session_state[state.ROUND] = st.session_state.get(state.ROUND, 0) + 1


def many_key(sources: Sequence[Source]) -> str:
    """Of this list alone: the browser keeps what is chosen by its row, where another list has another source."""
    ids = hash(tuple(source.id for source in sources)) % 2**64
    return f"{state.TABLE_MANY}_{st.session_state.get(state.ROUND, 0)}_{ids:x}"


def _rows() -> Rows:
    rows: Rows | None = st.session_state.get(state.ROWS_WRITTEN)
    if rows is None:
        rows = st.session_state[state.ROWS_WRITTEN] = Rows()
    return rows


def _answer(row: PingRow, t: Translator) -> str:
    return t.duration_ms(row.latency_ms) if row.ok and row.latency_ms is not None else t.message(row.message)


def _columns(sources: Sequence[Source], t: Translator) -> dict[str, Any]:
    def column(name: str, width: int, **more: Any) -> Any:
        return grid.text(t.text(f"sources.column.{name}"), t, width=width, **more)

    return {
        "status": grid.status_pills(t, width=96),
        "name": column("name", 135),
        "kind": grid.kind_pills(map(attrgetter("kind"), sources), t, width=106),
        "last_ok": column("last_ok", 185),
        "p95": column("p95", 102, help=t.text("sources.column.p95.help")),
        "errors": column("errors", 84, help=t.text("sources.column.errors.help")),
        "recent": st.column_config.LineChartColumn(
            t.text("sources.column.recent"),
            help=t.text("sources.column.recent.help"),
            y_min=0,
            width=120,
            color=axes.teal(),
        ),
        "ping": column("ping", 250),
    }


def _show(written: Mapping[str, pa.Array], columns: Mapping[str, Any], t: Translator, *, key: str, **how: Any) -> None:
    # As Arrow, which is how Streamlit sends it: making a frame of it first takes several times as long.
    table = pa.table(dict(written))
    grid.grid(table, columns, t.plural("sources.table", len(table)), t, key=key, row_height=ROW_HEIGHT, **how)
