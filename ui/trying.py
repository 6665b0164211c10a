"""The test of a draft, live: the ladder of a configuration that is not saved yet."""

from collections.abc import Callable

import streamlit as st

from core.i18n import Translator
from core.models import CheckStatus, Message, TestResult
from ui import checks, presence, state
from ui.forms import field_label
from ui.navigation import ADD
from ui.runtime import run, runtime
from ui.session import Reader, reader, words
from ui.widgets import errors_shown

REFRESH_S = 0.3


def start(person: Reader) -> None:
    """Starts the job, unless it runs already. Raises InvalidInput, ConfigError, Busy."""
    draft = state.draft()
    if state.trying() is None:
        alive = presence.watcher(ADD)
        job = run(runtime().sources.try_out(person.actor, person.org, draft.kind, draft.config, alive=alive))
        st.session_state[state.TRIAL] = draft.once, job.id


@st.fragment(run_every=REFRESH_S)
def watch(kind: str) -> None:
    """The rungs climbed so far; at the end the whole page anew. Reads the job and returns at once."""
    t, draft = words(), state.draft()
    job_id = state.trying()
    with errors_shown("trial"):
        job = runtime().sources.climb(reader().actor, job_id) if job_id else None
        view = job.view() if job else None
        if job is None or view is None or view.finished:
            state.forget(state.TRIAL)
            if job is not None and view is not None and not view.cancelled:
                draft.result = job.result()
                draft.errors = _advice(draft.result)
            st.rerun()
        st.markdown(f"**{t.text('add.test.running')}**")
        checks.show_checks(view.checks, lambda name: field_label(kind, name, t), t, view.ahead)
        _leave(t, job.cancel)


def _leave(t: Translator, cancel: Callable[[], None]) -> None:
    if st.button(t.text("add.back"), key="add_stop"):
        cancel()
        state.forget(state.TRIAL)
        state.draft().step -= 1
        st.rerun()


def _advice(result: TestResult) -> dict[str, Message]:
    """The advice of failed rungs, to stand beside the fields at fault."""
    failed = [check for check in result.checks if check.status is CheckStatus.FAILED and check.advice is not None]
    return {name: check.advice for check in failed for name in check.fields if check.advice is not None}
