"""One's own latest runs of a source, and one press that puts such a request back into the editor."""

from datetime import UTC, datetime

import streamlit as st

from core.i18n import Translator
from core.models import SampleRun, Source
from ui import grid, params, rows
from ui.runtime import run, runtime
from ui.session import Reader

NAME = "runs"
SHOWN_MAX = 20
WIDTHS = {"when": 130, "request": 310, "outcome": 160, "rows": 80, "latency": 100}
REQUEST_MAX = 200


def again(source: Source, person: Reader) -> None:
    """Before the editor is drawn: it takes another text only then."""
    match rows.pressed(NAME, "again"):
        case ("again", (source_id, ts)) if source_id == source.id:
            asked = next((one for one in _latest(source, person) if one.ts == ts), None)
            if asked is not None and asked.params is not None:
                params.write(source.id, asked.params)


def runs(source: Source, person: Reader, t: Translator) -> None:
    latest = _latest(source, person)
    with st.expander(t.text("runs.title"), icon=":material/history:"):
        if not latest:
            st.caption(t.text("runs.none"))
            return
        columns = {name: grid.text(t.text(f"runs.{name}"), t, width=width) for name, width in WIDTHS.items()}
        known = {(source.id, one.ts): one for one in latest}
        idle = {"again": frozenset(key for key, one in known.items() if one.params is None)}
        table = {key: _row(one, t) for key, one in known.items()}
        rows.table(NAME, columns, table, t, {"again": t.text("runs.again")}, idle)


def _latest(source: Source, person: Reader) -> tuple[SampleRun, ...]:
    return run(runtime().sources.runs(person.actor, person.org, source.id, SHOWN_MAX))


def _row(one: SampleRun, t: Translator) -> tuple[str, ...]:
    request = t.text("runs.long") if one.params is None else " ".join(params.written(one.params).split())
    outcome = t.text("runs.answered") if one.code is None else t.text_or(f"title.{one.code}", one.code)
    count = "" if one.rows is None else t.number(one.rows)
    latency = "" if one.latency_ms is None else t.text("runs.ms", ms=t.number(round(one.latency_ms)))
    return t.relative(one.ts, datetime.now(UTC)), request[:REQUEST_MAX], outcome, count, latency
