"""One source asked for an answer by a person, and what came back."""

from uuid import UUID

import streamlit as st

from core.errors import SourceError
from core.i18n import Translator
from core.models import Message, PingResult
from ui import state
from ui.runtime import run, runtime
from ui.session import Reader
from ui.state import Pinged
from ui.widgets import advice, plain


def ping(person: Reader, source_id: UUID, t: Translator) -> None:
    """Pings and keeps the answer for `show_pinged`. A refusal is an answer too."""
    service = runtime().sources
    source = run(service.get(person.actor, person.org, source_id))
    with st.spinner(plain(t.text("sources.ping.running", name=source.name))):
        try:
            answer = _answered(source_id, source.name, run(service.ping(person.actor, person.org, source_id)), t)
        except SourceError as error:
            answer = Pinged(source_id, False, _sentence("failed", source.name), error.message, error.advice)
    st.session_state[state.PINGED] = answer


def show_pinged(t: Translator, of: UUID | None = None, *, explained: bool = False) -> None:
    """What the last ping of this page showed, on a source's own page `of` that one alone.

    `explained`: the page itself says why it failed.
    """
    answer = state.pinged()
    if answer is None or of not in (None, answer.source_id):
        return
    with st.container(border=True, key="why_healthy_ping" if answer.ok else "why_error_ping"):
        told = explained and not answer.ok
        detail = f" {plain(t.message(answer.detail))}" if answer.detail and not told else ""
        st.markdown(f"**{plain(t.message(answer.sentence))}**{detail}")
        if answer.advice is not None and not told:
            advice(answer.advice, t)


def _answered(source_id: UUID, name: str, result: PingResult, t: Translator) -> Pinged:
    if result.ok:
        sentence = _sentence("ok", name, latency=t.duration_ms(result.latency_ms))
        return Pinged(source_id, True, sentence, result.message)
    advised = result.diagnosis.advice if result.diagnosis else None
    return Pinged(source_id, False, _sentence("failed", name), result.message, advised)


def _sentence(how: str, name: str, **more: str) -> Message:
    return Message(f"sources.ping.{how}", {"name": name, **more})
