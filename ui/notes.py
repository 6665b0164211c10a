"""What people say about a source to whoever looks at it: the note on its page, and the dialog that writes it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import streamlit as st

from core.errors import InvalidInput
from core.i18n import Translator
from core.models import Note, Role, Source
from core.services.inputs import NOTE_MAX
from ui import state, timing
from ui.breaker import actor_name
from ui.forms import wrong
from ui.runtime import run, runtime
from ui.session import Reader, reader
from ui.widgets import dialog, errors_shown, plain

UNTIL_TAKEN = "taken"


def counting(source: Source) -> Note | None:
    """The source's note, unless its time is over."""
    return source.note if source.note is not None and source.note.counts(datetime.now(UTC)) else None


def note(source: Source, person: Reader, t: Translator) -> None:
    """A box with what somebody said, who, and until when; nothing without a note."""
    present = counting(source)
    if present is None:
        return
    with st.container(border=True, key="why_note"):
        st.markdown(f":material/sticky_note_2: **{plain(t.isolated(present.text))}**")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="note_controls"):
            st.caption(_by(present, t), width="content")
            if person.may(Role.EDITOR):
                _controls(source, t)


def write_button(source: Source, t: Translator) -> None:
    """The way to say something where nobody has."""
    label = t.text("note.write")
    if st.button(label, icon=":material/add_comment:", help=t.text("note.write.help"), key="note_write"):
        dialog(label, write_form, source, t)


def in_short(source: Source, t: Translator) -> str:
    """One line for lists; empty without a note."""
    present = counting(source)
    if present is None:
        return ""
    until = f" ({until_words(present, t)})" if present.until else ""
    return f":material/sticky_note_2: {plain(t.isolated(present.text))}{until}"


def until_words(present: Note, t: Translator) -> str:
    now = datetime.now(UTC)
    return t.text("note.until", until=t.moment(present.until, now)) if present.until else t.text("note.until.taken")


def write_form(source: Source, t: Translator) -> None:
    """What is to be said and until when; what stands there is the beginning."""
    present = counting(source)
    example = t.text("form.example", example=t.text("note.text.example"))
    label, said = f"{t.text('note.text')} \\*", present.text if present else ""
    text = st.text_area(label, said, max_chars=NOTE_MAX, key="note_text", placeholder=example)
    until = _until(present, t)
    beside = st.container()
    if st.button(t.text("note.save"), type="primary", icon=":material/add_comment:", key="note_go"):
        with beside, errors_shown("dialog"):
            _save(source.id, {"text": text or "", **until}, t)


def _by(present: Note, t: Translator) -> str:
    now = datetime.now(UTC)
    ago = t.relative(present.ts, now)
    said = t.text("note.by", author=actor_name(present.author, t), ago=ago)
    return plain(f"{said} · {until_words(present, t)}")


def _controls(source: Source, t: Translator) -> None:
    if st.button(t.text("note.change"), type="tertiary", icon=":material/edit:", key="note_change"):
        dialog(t.text("note.change"), write_form, source, t)
    if st.button(t.text("note.take"), type="tertiary", icon=":material/close:", key="note_take"):
        with errors_shown("note"):
            _patch(source.id, None)
            state.notify(t.text("note.taken"))
            st.rerun()


def _until(present: Note | None, t: Translator) -> dict[str, Any]:
    """The part of the patch that says until when: nothing where that stays as it is."""
    options = [*([timing.KEEP] if present and present.until else []), UNTIL_TAKEN, *timing.CHOICES]
    words = {UNTIL_TAKEN: t.text("note.until.taken")}
    words |= {name: t.text(f"source.edit.maintenance.{name}") for name in timing.CHOICES}
    if present is not None:
        words[timing.KEEP] = until_words(present, t)
    chosen = st.selectbox(t.text("note.until.label"), options, format_func=words.__getitem__, key="note_until")
    if chosen == timing.KEEP:
        return {}
    span = timing.CHOICES.get(chosen)
    return {"until": span and (datetime.now(UTC) + span).isoformat()}


def _save(source_id: UUID, said: dict[str, Any], t: Translator) -> None:
    try:
        _patch(source_id, said)
    except InvalidInput as error:
        for refused in error.fields:
            wrong(refused.message, refused.field, t)
        return
    state.notify(t.text("note.saved"))
    st.rerun()


def _patch(source_id: UUID, said: dict[str, Any] | None) -> None:
    """Against whatever the source is by now: a note is nobody's rival."""
    person = reader()
    run(runtime().sources.update(person.actor, person.org, source_id, {"note": said}))
