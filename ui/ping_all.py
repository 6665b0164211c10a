"""«بررسی سلامت همه»: a job of the service, started, watched and summed up."""

from collections.abc import Collection, Sequence
from uuid import UUID

import streamlit as st

from core.i18n import Translator
from core.models import PingAllView, Source
from ui import presence, state, table
from ui.listing import updated
from ui.navigation import SOURCES
from ui.runtime import run, runtime
from ui.session import Reader, reader, words
from ui.table_rows import Recent
from ui.widgets import errors_shown

REFRESH_S = 0.3


def start(person: Reader, only: Collection[UUID] | None = None) -> None:
    """Starts the job, over all sources or these alone. It ends by itself when this session leaves the page."""
    state.forget(state.SUMMARY, state.PINGED)
    job = run(runtime().sources.ping_all(person.actor, person.org, presence.watcher(SOURCES), only=only))
    st.session_state[state.JOB] = job.id


def running() -> bool:
    return state.JOB in st.session_state


@st.fragment(run_every=REFRESH_S)
def watch(sources: Sequence[Source], recent: Recent) -> None:
    """How far the job is, with the rows that have changed. Reads the job and returns at once."""
    t = words()
    job_id = st.session_state.get(state.JOB)
    if job_id is None:
        st.rerun()  # two threads may run for one visit: the other one saw the end first
    with errors_shown("ping_all"):
        job = runtime().sources.job(reader().actor, job_id)
        view = job.view() if job else None
        if job is None or view is None or view.finished:
            st.session_state[state.SUMMARY] = view
            state.forget(state.JOB, state.ORDER)
            st.rerun()
        _progress(view, t)
        if st.button(t.text("ping_all.cancel"), icon=":material/stop_circle:", key="ping_all_cancel"):
            job.cancel()
        table.running_table(updated(sources, view.rows), recent, view.rows, t)


def show_summary(t: Translator) -> None:
    """The end of the last job, until it is dismissed."""
    view = state.summary()
    if view is None:
        return
    with st.container(border=True, key="ping_all_summary", horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{_headline(view, t)}** {_counts(view, t)}", width="stretch")
        if st.button(t.text("ping_all.dismiss"), icon=":material/close:", type="tertiary", key="ping_all_dismiss"):
            state.forget(state.SUMMARY)
            st.rerun()


def _progress(view: PingAllView, t: Translator) -> None:
    done = len(view.rows)
    text = t.text("ping_all.progress", done=done, total=view.total)
    st.progress(done / view.total if view.total else 1.0, f"{text} · {_counts(view, t)}")


def _headline(view: PingAllView, t: Translator) -> str:
    if view.cancelled:
        return t.text("ping_all.cancelled", done=len(view.rows), total=view.total)
    return t.plural("ping_all.done", view.total, elapsed=t.duration_ms(view.elapsed_ms))


def _counts(view: PingAllView, t: Translator) -> str:
    return t.text("ping_all.counts", ok=view.ok, failed=view.failed, suspended=view.suspended)
