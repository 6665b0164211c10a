"""The table of sources: one dataframe, however many they are."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import pandas as pd  # type: ignore[import-untyped]  # carries no types
import pyarrow as pa
import streamlit as st

from core.i18n import Translator
from core.models import PingRow, Source, Status
from ui import grid, state
from ui.widgets import kind_name

COLUMNS = ("status", "name", "kind", "last_ok", "p95", "errors", "recent", "ping")
ROW_HEIGHT = 42
KEPT = 8
"""Tables that are kept as they were drawn, for all sessions: of 1,000 sources each holds about 1 MB."""

Facts = tuple[Status, str, str, str, float | None, int, int, tuple[float, ...]]
"""Of a source what a row says: status, name, kind, when it was last well, p95 in ms, errors, calls, sparkline."""
Recent = Mapping[UUID, Sequence[float]]


def sources_table(
    sources: Sequence[Source], recent: Recent, t: Translator, *, pings: bool, choosing: bool = False
) -> None:
    """The table with its buttons. What was clicked is read with `clicked` at the beginning of the next run.

    A press on a row opens the source, or chooses it beside others.
    """
    st.session_state[state.SHOWN] = [source.id for source in sources]
    _show(
        _drawn(_facts(sources, recent, t), t.text("sources.ping") if pings else None, t),
        _columns(sources, t)
        | {
            "name": grid.opener(t.text("sources.column.name"), t, key=state.NAME_CLICK, width=135),
            "ping": st.column_config.ButtonColumn(t.text("sources.column.ping"), width=76, key=state.PING_CLICK),
        },
        t,
        key=state.TABLE_MANY if choosing else state.TABLE,
        selection_mode="multi-row" if choosing else "single-row",
        on_select="rerun",
    )


def running_table(sources: Sequence[Source], recent: Recent, rows: Sequence[PingRow], t: Translator) -> None:
    """The same table while a job runs: each answer as it comes, in the place of sparkline and button.

    Without its sparklines the table is a sixth of the size, and it is sent several times a second.
    """
    frame = _frame(_facts(sources, recent, t), t)
    answers = {row.id: _answer(row, t) for row in rows}
    waiting = t.text("ping_all.waiting")
    frame["ping"] = [answers.get(source.id, waiting) for source in sources]
    _show(frame.drop(columns="recent"), _columns(sources, t), t, key=f"{state.TABLE}_running")


def clicked() -> tuple[str, UUID] | None:
    """What was pressed in the table (`ping` or `open`) and on which source, by the ids of the run that showed it."""
    shown: list[UUID] = st.session_state.get(state.SHOWN, [])
    for key, action in ((state.PING_CLICK, "ping"), (state.NAME_CLICK, "open")):
        click = st.session_state.get(key)
        if click is not None and click["row"] < len(shown):
            return action, shown[click["row"]]
    chosen = st.session_state.get(state.TABLE)
    rows = chosen["selection"]["rows"] if chosen else []
    return ("open", shown[rows[0]]) if rows and rows[0] < len(shown) else None


def chosen() -> list[UUID]:
    """The sources that are chosen beside each other, by the ids of the run that showed them."""
    shown: list[UUID] = st.session_state.get(state.SHOWN, [])
    drawn = st.session_state.get(state.TABLE_MANY)
    return [shown[row] for row in (drawn["selection"]["rows"] if drawn else []) if row < len(shown)]


@lru_cache(maxsize=KEPT)
def _drawn(rows: tuple[Facts, ...], ping: str | None, t: Translator) -> pa.Table:
    """The table in the form that Streamlit sends. Most runs of a page show what the one before did."""
    frame = _frame(rows, t)
    if ping is not None:
        frame["ping"] = ping
    return pa.Table.from_pandas(frame)


def _facts(sources: Sequence[Source], recent: Recent, t: Translator) -> tuple[Facts, ...]:
    now, never = datetime.now(UTC), t.text("sources.never")
    return tuple(_fact(source, recent.get(source.id, ()), t, now, never) for source in sources)


def _fact(source: Source, line: Sequence[float], t: Translator, now: datetime, never: str) -> Facts:
    figures = source.figures
    lately = never if figures.last_ok_ts is None else last_ok(figures.last_ok_ts, t, now)
    return (
        *(source.status, source.name, source.kind, lately),
        *(figures.p95_ms, figures.errors_total, figures.calls_total, tuple(line)),
    )


def _frame(rows: Sequence[Facts], t: Translator) -> pd.DataFrame:
    return pd.DataFrame([_cells(row, t) for row in rows], columns=list(COLUMNS[:-1]))


def _cells(row: Facts, t: Translator) -> tuple[Any, ...]:
    status, name, kind, when, p95_ms, errors, calls, latencies = row
    return (
        [t.text(f"status.{status.value}")],
        name,
        [kind_name(kind, t)],
        when,
        grid.NOTHING if p95_ms is None else t.duration_ms(p95_ms),
        t.percent(errors / calls) if calls else grid.NOTHING,
        [*latencies, *latencies] if len(latencies) == 1 else list(latencies),  # a single point would be no line
    )


def last_ok(when: datetime, t: Translator, now: datetime) -> str:
    """How long ago the source last answered well, and on which day of the reader's calendar."""
    ago, day = t.relative(when, now), t.date(when)
    return ago if ago == day else f"{ago} · {day}"


def _answer(row: PingRow, t: Translator) -> str:
    return t.duration_ms(row.latency_ms) if row.ok and row.latency_ms is not None else t.message(row.message)


def _columns(sources: Sequence[Source], t: Translator) -> dict[str, Any]:
    def column(name: str, width: int, **more: Any) -> Any:
        return grid.text(t.text(f"sources.column.{name}"), t, width=width, **more)

    return {
        "status": grid.status_pills(t, width=96),
        "name": column("name", 135),
        "kind": grid.kind_pills((source.kind for source in sources), t, width=106),
        "last_ok": column("last_ok", 185),
        "p95": column("p95", 102, help=t.text("sources.column.p95.help")),
        "errors": column("errors", 84, help=t.text("sources.column.errors.help")),
        "recent": st.column_config.LineChartColumn(
            t.text("sources.column.recent"), help=t.text("sources.column.recent.help"), y_min=0, width=120
        ),
        "ping": column("ping", 250),
    }


def _show(frame: pd.DataFrame | pa.Table, columns: Mapping[str, Any], t: Translator, *, key: str, **how: Any) -> None:
    alt = t.plural("sources.table", len(frame))
    grid.grid(frame, columns, alt, t, key=key, row_height=ROW_HEIGHT, **how)
