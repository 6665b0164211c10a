"""The ladder on a source's page: find out why, live; the last time, and what has changed since all was well."""

from datetime import UTC, datetime
from typing import NoReturn
from uuid import UUID

import streamlit as st

from core.i18n import Translator
from core.models import Ladder, LadderView, Role, Source, failed
from ui import checks, presence, state
from ui.forms import field_label
from ui.navigation import SOURCE
from ui.runtime import run, runtime
from ui.session import Reader, reader, words
from ui.widgets import errors_shown, plain

REFRESH_S = 0.3


def ladder(source: Source, person: Reader, t: Translator) -> None:
    """Under way, or the last one; an analyst may start it."""
    with st.container(border=True, key="ladder"):
        running = state.climbing(source.id) is not None
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"## {t.text('ladder.title')}", width="content")
            pressed = person.may(Role.ANALYST) and _button(t, running=running)
        if pressed:
            with errors_shown("ladder"):
                _start(source, person)
                st.rerun()
        if running:
            watch(source.id, source.kind)
        else:
            _last(source, run(runtime().sources.ladder(person.actor, person.org, source.id)), t)


def _button(t: Translator, *, running: bool) -> bool:
    return st.button(
        t.text("ladder.start"),
        icon=":material/troubleshoot:",
        help=t.text("ladder.lead"),
        disabled=running,
        key="climb",
    )


def _start(source: Source, person: Reader) -> None:
    """Starts the job. It ends by itself when this session leaves the page."""
    job = run(runtime().sources.diagnose(person.actor, person.org, source.id, presence.watcher(SOURCE)))
    st.session_state[state.CLIMB] = (source.id, job.id)


@st.fragment(run_every=REFRESH_S)
def watch(source_id: UUID, kind: str) -> None:
    """The rungs climbed so far. Reads the job and returns at once."""
    t, job_id = words(), state.climbing(source_id)
    with errors_shown("climb"):
        job = runtime().sources.climb(reader().actor, job_id) if job_id else None
        view = job.view() if job else None
        # To draw the page anew would close what somebody writes in.
        if job is None or view is None or (view.finished and not state.in_dialog()):
            _finish(view, t)
        checks.show_checks(view.checks, lambda name: field_label(kind, name, t), t, view.ahead)
        if not view.finished and st.button(t.text("ladder.cancel"), icon=":material/stop_circle:", key="climb_cancel"):
            job.cancel()


def _finish(view: LadderView | None, t: Translator) -> NoReturn:
    state.forget(state.CLIMB)
    if view is not None and view.cancelled:
        state.notify(t.text("ladder.cancelled"))
    st.rerun()


def _last(source: Source, last: Ladder | None, t: Translator) -> None:
    if last is None:
        st.caption(f"{t.text('ladder.never')} {t.text('ladder.lead')}")
        return
    broken, now = failed(last.checks), datetime.now(UTC)
    said = t.text("ladder.broke", step=broken.step) if broken else t.text("ladder.held")
    when = t.text("ladder.when", ago=t.ago(last.climbed_at, now), when=t.datetime(last.climbed_at))
    outdated = t.text("ladder.outdated") if last.outdated else ""
    st.markdown(f"**{plain(said)}** {' '.join(filter(None, (when, outdated)))}")
    if broken and last.good_at is not None:
        _changes(last, last.good_at, now, t)
    checks.show_checks(last.checks, lambda name: field_label(source.kind, name, t), t)


def _changes(last: Ladder, good_at: datetime, now: datetime, t: Translator) -> None:
    """What tells the last ladder from the last one that held."""
    ago, when = t.ago(good_at, now), t.datetime(good_at)
    with st.container(border=True, key="why_unknown_changes"):
        if not last.changes:
            st.markdown(t.text("ladder.unchanged", ago=ago))
            return
        st.markdown(f"**{t.text('ladder.changed')}** {t.text('ladder.changed.when', ago=ago, when=when)}")
        checks.show_changes(last.changes, t)
