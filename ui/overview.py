"""The Overview tab: the breaker, facts without secrets, what happened."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from core.form_values import KEPT
from core.i18n import Translator
from core.models import Event, Role, Source
from ui import breaker, notes, state, timing
from ui.forms import field_label
from ui.inputs import MASK, choice_of
from ui.runtime import run, runtime
from ui.session import Reader, reader
from ui.timeline import timeline
from ui.widgets import errors_shown, facts, kind_name, plain


def overview(source: Source, events: Sequence[Event], person: Reader, t: Translator) -> None:
    breaker.panel(source, person, t)
    left, right = st.columns(2)
    with left, st.container(border=True, key="facts"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"## {t.text('source.facts')}", width="content")
            if person.may(Role.EDITOR):
                _pause_button(source, t)
        if source.description:
            st.markdown(plain(source.description))
        facts(_facts(source, t))
    with right, st.container(border=True, key="settings_kept"):
        st.markdown(f"## {t.text('source.settings')}")
        facts(_settings(source, t))
    with st.container(border=True, key="events"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"## {t.text('source.events')}", width="content")
            if person.may(Role.EDITOR) and notes.counting(source) is None:
                notes.write_button(source, t)
        timeline(events, t)


def _pause_button(source: Source, t: Translator) -> None:
    """Ends scheduled checks until somebody presses again. Each has a key of its own: a press that comes after somebody
    else's would do the opposite of what it says."""
    action, icon = ("resume", ":material/play_arrow:") if source.paused else ("pause", ":material/pause:")
    if st.button(t.text(f"bulk.{action}"), icon=icon, key=f"source_{action}"):
        person = reader()
        with errors_shown("pause"):
            changed = {"paused": not source.paused}
            run(runtime().sources.update(person.actor, person.org, source.id, changed))
            state.notify(t.plural(f"bulk.{action}.done", 1))
            st.rerun()


def _facts(source: Source, t: Translator) -> list[tuple[str, str]]:
    return [
        (t.text("source.fact.kind"), kind_name(source.kind, t)),
        (t.text("source.fact.state"), t.text(f"state.{source.state.value}")),
        (t.text("source.fact.evidence"), _moment(source.evidence_ts, t) or t.text("source.fact.evidence.never")),
        (t.text("source.fact.interval"), timing.interval(source, t)),
        (t.text("source.fact.message"), t.message(source.message) if source.evidence_ts and source.message else ""),
        (t.text("source.fact.breaker"), breaker.limits(source, t)),
        (t.text("source.fact.created"), t.datetime(source.created_at)),
        (t.text("source.fact.updated"), t.datetime(source.updated_at)),
    ]


def _settings(source: Source, t: Translator) -> list[tuple[str, str]]:
    return [(field_label(source.kind, name, t), _value(source.kind, name, v, t)) for name, v in source.config.items()]


def _value(kind: str, name: str, value: Any, t: Translator) -> str:
    if value == KEPT:
        return t.text("add.summary.secret")
    if isinstance(value, Mapping):
        return " · ".join(_members(kind, name, value, t))
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return t.text("form.yes" if value else "form.no")
    first, *more = str(value if value is not None else "").splitlines() or [""]
    return f"{first} …" if more else first


def _members(kind: str, name: str, value: Mapping[str, Any], t: Translator) -> Iterator[str]:
    """Of a nested value: which variant it is, then each part with its name; secrets as dots."""
    if "type" in value:
        yield choice_of(kind, f"{name}.type", str(value["type"]), t)
    for inner, held in value.items():
        if inner != "type" and held is not None:
            # The names of headers are people's own and stand as they are.
            label = field_label(kind, f"{name}.{inner}", t).removeprefix(f"{name}.") if "type" in value else inner
            yield f"{label} {MASK if held == KEPT else _value(kind, f'{name}.{inner}', held, t)}"


def _moment(when: datetime | None, t: Translator) -> str:
    return f"{t.ago(when, datetime.now(UTC))} · {t.datetime(when)}" if when else ""
