"""Two people edit one source: what the first changed while the second had the form open, and whose version stays."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from core.i18n import Translator
from core.models import Source
from ui import forms, state
from ui.changes import field_words, value_words
from ui.widgets import plain

MINE, THEIRS = "mine", "theirs"


def fields_of(source: Source) -> dict[str, Any]:
    """What can be edited, as JSON values; each field of the configuration as `config.<field>`."""
    window, note = source.maintenance, source.note
    return {
        "name": source.name,
        "description": source.description,
        "tags": list(source.tags),
        "paused": source.paused,
        "check_interval_s": source.check_interval_s,
        "maintenance": window and {"from": window.start.isoformat(), "until": window.until.isoformat()},
        "note": note and note.said,
        "breaker": asdict(source.breaker),
        **{f"config.{name}": value for name, value in source.config.items()},
    }


def kept(seen: Source, now: Source, mine: Collection[str]) -> frozenset[str]:
    """Of the fields that this person changed those whose version is to stay: all that the other left alone, and what
    was chosen. The choices are read before they are drawn again."""
    return frozenset(name for name in mine if name not in _changed(seen, now) or _choice(name) == MINE)


def show(seen: Source, now: Source, mine: Mapping[str, Any], t: Translator) -> None:
    """What somebody else changed between `seen` and `now`, and the choice for each field that both changed.

    `mine` are the fields that this person changed, with values that may be shown.
    """
    with st.container(border=True, key="why_suspended_meanwhile"):
        ago = t.relative(now.updated_at, datetime.now(UTC))
        st.markdown(f"**{t.text('meanwhile.title', ago=ago)}** {t.text('meanwhile.body')}")
        theirs = _changed(seen, now)
        if not theirs:
            st.markdown(t.text("meanwhile.unseen"))
        for name, (old, new) in theirs.items():
            label = forms.field_label(seen.kind, name, t) if name.startswith("config.") else field_words(name, t)
            told = [plain(value_words(name, value, t)) for value in (old, new)]
            st.markdown(f"**{plain(label)}**: {t.text('meanwhile.change', old=told[0], new=told[1])}")
            if name in mine:
                _choose(name, label, value_words(name, mine[name], t), value_words(name, new, t), t)
        if st.button(t.text("meanwhile.reload"), icon=":material/refresh:", key="edit_reload"):
            state.forget(state.RIVAL)
            st.rerun()


def _changed(seen: Source, now: Source) -> dict[str, tuple[Any, Any]]:
    before, after = fields_of(seen), fields_of(now)
    pairs = {name: (before.get(name), after.get(name)) for name in {**before, **after}}
    return {name: (old, new) for name, (old, new) in pairs.items() if old != new}


def _choose(name: str, label: str, mine: str, theirs: str, t: Translator) -> None:
    labels = {MINE: t.text("meanwhile.mine", value=mine), THEIRS: t.text("meanwhile.theirs", value=theirs)}
    st.radio(
        label,
        [MINE, THEIRS],
        format_func=lambda side: plain(labels[side]),
        label_visibility="collapsed",
        key=f"keep_{name}",
    )


def _choice(name: str) -> str:
    chosen: str = st.session_state.get(f"keep_{name}") or MINE
    return chosen
