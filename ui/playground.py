"""The playground, on a source's page and on its own: what a source holds, a request for it, and the answer."""

from typing import Any

import streamlit as st

from core.errors import BreakerOpen
from core.i18n import Translator
from core.models import Role, Source, Status
from ui import params, runs, state
from ui.last_good import last_good
from ui.posture import posture
from ui.result import result
from ui.runtime import run, runtime
from ui.saved_queries import first_request, saved_queries
from ui.session import Reader
from ui.tree import tree
from ui.units import size
from ui.widgets import errors_shown


def playground(source: Source, person: Reader, t: Translator) -> None:
    settings = runtime().settings
    limits = t.text("playground.limits", rows=settings.sample_rows_max, bytes=size(settings.sample_bytes_max, t))
    st.caption(f"{t.text('playground.lead')} {limits}")
    if not person.may(Role.ANALYST):
        st.info(t.text("playground.forbidden"), icon=":material/lock:")
        return
    posture(source, person, t)
    holds, asks = st.columns([1, 2])
    runs.again(source, person)
    with asks:
        saved_queries(source, person, t)
        params.editor(source, lambda: first_request(source, person), t)
        request = params.judged(source, person, t)
        pressed = _buttons(source, request is None, t)
    with holds:
        tree(source, person, t)
    suspended = source.status is Status.SUSPENDED
    if pressed and request is not None:
        suspended = _sample(source, person, request, t)
    found = state.sampled(source.id)
    if suspended:
        last_good(source, person, found, t)
    elif found is not None:
        result(source, found, t)
    runs.runs(source, person, t)


def _buttons(source: Source, wrong: bool, t: Translator) -> bool:
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            t.text("playground.run"), type="primary", icon=":material/play_arrow:", disabled=wrong, key="run"
        )
        example = params.placeholder(source.kind)
        st.button(t.text("playground.reset"), key="reset", on_click=params.write, args=(source.id, example))
    return pressed


def _sample(source: Source, person: Reader, request: dict[str, Any], t: Translator) -> bool:
    """Keeps the answer for `result`; true when the breaker refused."""
    state.forget(state.SAMPLED)
    refused = False
    with errors_shown("playground"), st.spinner(t.text("playground.running"), show_time=True):
        try:
            answer = run(runtime().sources.sample(person.actor, person.org, source.id, request))
        except BreakerOpen:
            refused = True
            raise
        st.session_state[state.SAMPLED] = (source.id, answer)
    return refused
