"""How reliable each source was, and which were slowest and flakiest: tables whose names lead to the source."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import streamlit as st

from core.i18n import Translator
from core.models import OBJECTIVE, OrgHistory, SourceHistory, Window
from ui import grid, state
from ui.exports import csv_button
from ui.widgets import kind_name

BUDGET, SLOWEST, FLAKIEST = "budget", "slowest", "flakiest"
WINDOWS = ("24h", "7d", "30d")
Cells = Callable[[SourceHistory], tuple[str, ...]]


def budgets(past: OrgHistory, t: Translator) -> None:
    """Availability over the range, and what is left of each window's error budget; the worst first."""
    st.markdown(f"## {t.text('health.budget')}", help=t.text("health.budget.help", objective=t.share(OBJECTIVE)))
    figures = {"availability": 106, "calls": 92, "errors": 84} | {f"left.{window}": 118 for window in WINDOWS}

    def cells(source: SourceHistory) -> tuple[str, ...]:
        left = [_percent(source.windows[window].budget_left, t) for window in WINDOWS]
        return _available(source.asked, t), t.number(source.asked.calls), t.number(source.asked.errors), *left

    _table(BUDGET, past.sources, figures, cells, t)
    header = ("source", "kind", "calls", "errors", "availability", *(f"budget_left_{window}" for window in WINDOWS))
    rows = [
        (
            s.name,
            s.kind,
            s.asked.calls,
            s.asked.errors,
            s.asked.availability,
            *(s.windows[w].budget_left for w in WINDOWS),
        )
        for s in past.sources
    ]
    csv_button("availability", header, rows, t)


def rankings(past: OrgHistory, t: Translator) -> None:
    """The slowest by p95 and the flakiest by their share of failed calls, side by side."""
    slowest, flakiest = st.columns(2)
    p95 = {slow.source.id: slow.p95_ms for slow in past.slowest}
    with slowest:
        _ranking(
            SLOWEST,
            [slow.source for slow in past.slowest],
            {"p95": 106, "errors": 84},
            lambda source: (t.duration_ms(p95[source.id]), _failed(source.asked, t)),
            t,
        )
    with flakiest:
        _ranking(
            FLAKIEST,
            past.flakiest,
            {"errors": 84, "calls": 92},
            lambda source: (_failed(source.asked, t), t.number(source.asked.calls)),
            t,
        )


def clicked() -> UUID | None:
    """The source whose name was pressed in one of the tables."""
    for name in (BUDGET, SLOWEST, FLAKIEST):
        click, shown = st.session_state.get(_click_key(name)), st.session_state.get(state.RANKED, {}).get(name, [])
        if click is not None and click["row"] < len(shown):
            found: UUID = shown[click["row"]]
            return found
    return None


def _ranking(name: str, sources: Sequence[SourceHistory], figures: dict[str, int], cells: Cells, t: Translator) -> None:
    st.markdown(f"## {t.text(f'health.{name}')}")
    if sources:
        _table(name, sources, figures, cells, t)
    else:
        st.caption(t.text(f"health.{name}.none"))


def _table(name: str, sources: Sequence[SourceHistory], figures: dict[str, int], cells: Cells, t: Translator) -> None:
    st.session_state.setdefault(state.RANKED, {})[name] = [source.id for source in sources]
    columns: dict[str, Any] = {
        "name": grid.opener(t.text("sources.column.name"), t, key=_click_key(name), width=150),
        "kind": grid.kind_pills((source.kind for source in sources), t, width=106),
    } | {one: grid.text(t.text(f"health.column.{one}"), t, width=width) for one, width in figures.items()}
    rows = [(source.name, [kind_name(source.kind, t)], *cells(source)) for source in sources]
    grid.grid(grid.frame_of(rows, columns), columns, t.text(f"health.{name}"), t, key=f"health_{name}")


def _click_key(name: str) -> str:
    return f"health_{name}_open"


def _available(window: Window, t: Translator) -> str:
    return grid.NOTHING if window.availability is None else t.share(window.availability)


def _failed(window: Window, t: Translator) -> str:
    return t.percent(window.errors / window.calls) if window.calls else grid.NOTHING


def _percent(share: float | None, t: Translator) -> str:
    return grid.NOTHING if share is None else t.percent(share)
