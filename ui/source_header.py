"""The top of a source's page: where one is, what it is, how it is, and why when something is wrong."""

from datetime import UTC, datetime
from uuid import UUID

import streamlit as st

from core.i18n import Translator
from core.models import BreakerState, Role, Source, Status
from ui import breaker, edit, navigation, pinging, timing
from ui.runtime import run, runtime
from ui.session import Reader, reader, words
from ui.widgets import advice, errors_shown, kind_badge, labelled, plain, status_badge


def header(source: Source, person: Reader, t: Translator) -> None:
    with st.container(horizontal=True, key="breadcrumb", vertical_alignment="center", gap="xsmall"):
        st.page_link(navigation.page(navigation.SOURCES, t), icon="")
        st.markdown(f"› {plain(source.name)}")
    names, buttons = st.columns(2, vertical_alignment="center")
    with names:
        st.title(plain(source.name), anchor=False)
        _badges(source, t)
        _proven(source, t)
    with buttons, st.container(horizontal=True, horizontal_alignment="right"):
        _buttons(source, person, t)


def why(source: Source, person: Reader, t: Translator) -> None:
    """One box: what, since when, why, what changed, what to do. Nothing when all is well."""
    if source.diagnosis is None and source.status is not Status.SUSPENDED:
        return
    with st.container(border=True, key=f"why_{source.status.value}"):
        if source.status is Status.SUSPENDED:
            _suspended(source, t)
        elif source.diagnosis is not None:
            st.markdown(f"**{plain(t.message(source.diagnosis.message))}** {_since(source, t)}")
        _changed(source, person, t)
        if source.diagnosis is not None:
            advice(source.diagnosis.advice, t)


def _badges(source: Source, t: Translator) -> None:
    with st.container(horizontal=True, gap="small", key="badges"):
        status_badge(source.status, t)
        kind_badge(source.kind, t)
        if source.state not in (BreakerState.CLOSED, BreakerState.OPEN):
            st.badge(t.text(f"state.{source.state.value}"), icon=":material/electric_bolt:", color="orange")
        if source.paused:
            st.badge(t.text("source.paused"), icon=":material/pause:", color="gray")
        if maintenance := timing.said(source, t):
            st.badge(maintenance, icon=":material/build:", color="gray")
        for tag in source.tags:
            st.badge(plain(tag), color="gray")


def _proven(source: Source, t: Translator) -> None:
    """What the status rests on: when it was proven, and by what."""
    if source.evidence_ts is None:
        st.caption(t.text("source.proven.never"))
        return
    ago = t.relative(source.evidence_ts, datetime.now(UTC))
    by = t.text(f"source.proven.{source.evidence_by}") if source.evidence_by else ""
    st.caption(t.text("source.proven.by" if by else "source.proven", ago=ago, by=by))


def _buttons(source: Source, person: Reader, t: Translator) -> None:
    if person.may(Role.ANALYST) and st.button(
        t.text("source.ping"), icon=":material/monitor_heart:", type="primary", key="source_ping"
    ):
        pinging.ping(person, source.id, t)
        st.rerun()
    if person.may(Role.EDITOR) and st.button(t.text("source.edit"), icon=":material/edit:", key="source_edit"):
        edit.open_dialog(source, t)
    if person.may(Role.EDITOR) and st.button(
        t.text("source.clone"), icon=":material/content_copy:", help=t.text("source.clone.help"), key="source_clone"
    ):
        navigation.open_clone(person, source.id)
    if person.may(Role.ADMIN) and st.button(t.text("source.delete"), icon=":material/delete:", key="source_delete"):
        edit.open_delete_dialog(source, t)


def _suspended(source: Source, t: Translator) -> None:
    if source.state is BreakerState.FORCED_OPEN:
        st.markdown(f"**{t.text('source.countdown.forced')}**")
        if source.hold is not None:
            breaker.held(source.hold, t)
    else:
        st.markdown(f"**{t.text('error.circuit_open')}**")
        countdown(source.id, source.state)
    if source.diagnosis is not None:
        labelled(t.text("box.cause"), f"{plain(t.message(source.diagnosis.message))} {_since(source, t)}")


@st.fragment(run_every=1)
def countdown(source_id: UUID, drawn: BreakerState) -> None:
    """Seconds until the breaker admits a call again. Draws the whole page anew when the state is another one."""
    with errors_shown("countdown"):
        t, person = words(), reader()
        source = run(runtime().sources.get(person.actor, person.org, source_id))
        if source.state is not drawn:
            breaker.draw_anew()
        if source.state is BreakerState.HALF_OPEN:
            st.markdown(t.text("source.countdown.probing"))
        elif source.retry_after_s:
            st.markdown(t.text("source.countdown", wait=t.seconds(source.retry_after_s)))
        else:
            st.markdown(t.text("source.countdown.ready"))


def _changed(source: Source, person: Reader, t: Translator) -> None:
    """What the ladder found that was climbed since it was last well: an older one says nothing about this trouble."""
    last = run(runtime().sources.ladder(person.actor, person.org, source.id))
    well = source.figures.last_ok_ts or source.state_since
    if last is None or last.outdated or well is None or last.climbed_at < well:
        return
    if last.changes:
        labelled(t.text("box.changed"), " ".join(plain(t.message(change.message)) for change in last.changes))


def _since(source: Source, t: Translator) -> str:
    if source.state_since is None:
        return ""
    now = datetime.now(UTC)
    return t.text("box.since", when=t.moment(source.state_since, now), ago=t.ago(source.state_since, now))
