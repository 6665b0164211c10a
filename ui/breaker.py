"""The breaker of a source as a thing one sees: where it stands and since when, what a person set, and the controls."""

from datetime import UTC, datetime
from html import escape
from uuid import UUID

import streamlit as st

from core.errors import InvalidInput
from core.i18n import Translator
from core.models import BreakerAction, BreakerState, Hold, Message, Role, Source
from core.services.inputs import REASON_MAX
from ui import state
from ui.forms import wrong
from ui.runtime import run, runtime
from ui.session import Reader, reader, words
from ui.widgets import dialog, errors_shown, html, labelled, plain

TRACK = (BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN)
WAITING = frozenset({BreakerState.OPEN, BreakerState.HALF_OPEN})
EVERY_S, QUIET_EVERY_S = 1, 5
ICONS = {
    BreakerAction.FORCE_OPEN: ":material/front_hand:",
    BreakerAction.DISABLE: ":material/power_off:",
    BreakerAction.RESET: ":material/restart_alt:",
}
PROGRAM = "token:"


def panel(source: Source, person: Reader, t: Translator) -> None:
    with st.container(border=True, key="breaker"):
        st.markdown(f"## {t.text('breaker.title')}")
        every = EVERY_S if source.state in WAITING else QUIET_EVERY_S
        st.fragment(_live, run_every=every)(source.id, source.state)
        if person.may(Role.EDITOR):
            _controls(source, t)


def held(hold: Hold, t: Translator) -> None:
    """Who holds it, since when, and why."""
    now = datetime.now(UTC)
    when = {"when": t.moment(hold.ts, now), "ago": t.ago(hold.ts, now)}
    said = t.text(f"breaker.held.{hold.action.value}", actor=actor_name(hold.actor, t), **when)
    st.markdown(plain(said))
    labelled(t.text("breaker.reason"), plain(hold.reason))


def limits(source: Source, t: Translator) -> str:
    """After how many failures it opens, and for how long."""
    period = t.period(source.breaker.timeout_seconds)
    return t.plural("source.fact.breaker.value", source.breaker.failure_threshold, period=period)


def draw_anew() -> None:
    """The whole page, because the breaker moved on: what a ping showed before is old. Under an open dialog it waits."""
    if not state.in_dialog():
        state.forget(state.PINGED)
        st.rerun()


def actor_name(name: str, t: Translator) -> str:
    """The command line has a name in each language, a token says that it is one; people have their own names."""
    if name.startswith(PROGRAM):
        return t.text("actor.token", name=name.removeprefix(PROGRAM))
    return t.text_or(f"actor.{name}", name)


def _live(source_id: UUID, drawn: BreakerState) -> None:
    """Looks again by itself. Draws the whole page anew when the state is another one, but under no open dialog."""
    with errors_shown("breaker"):
        t, person = words(), reader()
        source = run(runtime().sources.get(person.actor, person.org, source_id))
        if source.state is not drawn:
            draw_anew()
        with st.container(key="breaker_live"):
            _track(source.state, t)
            _present(source, t)


def _track(present: BreakerState, t: Translator) -> None:
    """The ways of a breaker, the present one marked; what a person set stands beside them."""
    steps = TRACK if present in TRACK else (*TRACK, present)
    cells = "".join(
        f"<li class='at-{step.value}'{' aria-current=step' if step is present else ''}>"
        f"{escape(t.text(f'state.{step.value}'))}</li>"
        for step in steps
    )
    html(f"<ol class='track' aria-label='{escape(t.text('breaker.track'), quote=True)}'>{cells}</ol>")


def _present(source: Source, t: Translator) -> None:
    if source.hold is not None:
        held(source.hold, t)
        st.caption(t.text(f"breaker.held.{source.hold.action.value}.until"))
        return
    if source.state is BreakerState.CLOSED:
        st.markdown(_flows(source, t))
        return
    if source.breaker_since is not None:
        now = datetime.now(UTC)
        since = {"when": t.moment(source.breaker_since, now), "ago": t.ago(source.breaker_since, now)}
        st.markdown(f"{t.text(f'breaker.is.{source.state.value}')} {t.text('box.since', **since)}")
    if source.state is BreakerState.OPEN:
        _window(source, t)


def _flows(source: Source, t: Translator) -> str:
    threshold, period = source.breaker.failure_threshold, t.period(source.breaker.timeout_seconds)
    if source.failures:
        return t.text("breaker.counting", failures=source.failures, threshold=threshold, period=period)
    return t.plural("breaker.flows", threshold, period=period)


def _window(source: Source, t: Translator) -> None:
    """How much of the wait is over."""
    left = source.retry_after_s or 0.0
    said = t.text("source.countdown", wait=t.seconds(left)) if left else t.text("source.countdown.ready")
    st.progress(1 - min(1.0, left / source.breaker.timeout_seconds), said)


def _controls(source: Source, t: Translator) -> None:
    present = source.hold.action if source.hold else None
    with st.container(horizontal=True, gap="small", key="breaker_controls"):
        for action in BreakerAction:
            label, asked = t.text(f"breaker.do.{action.value}"), t.text(f"breaker.do.{action.value}.help")
            key = f"breaker_{action.value}"
            if st.button(label, icon=ICONS[action], help=asked, key=key, disabled=action is present):
                dialog(label, order_form, source, action, t)


def order_form(source: Source, action: BreakerAction, t: Translator) -> None:
    """What it does, why it is done, and the button that does it."""
    st.markdown(t.text(f"breaker.do.{action.value}.help"))
    label, example = t.text("breaker.reason"), t.text("breaker.reason.example")
    reason = st.text_input(
        f"{label} \\*", max_chars=REASON_MAX, key="breaker_reason", placeholder=t.text("form.example", example=example)
    )
    beside = st.container()
    if st.button(t.text(f"breaker.do.{action.value}"), type="primary", icon=ICONS[action], key="breaker_go"):
        with beside, errors_shown("dialog"):
            _order(source, {"action": action.value, "reason": reason or ""}, t)


def _order(source: Source, order: dict[str, str], t: Translator) -> None:
    person = reader()
    try:
        run(runtime().sources.set_breaker(person.actor, person.org, source.id, order))
    except InvalidInput as error:
        for refused in error.fields:
            missing = not order.get(refused.field, "").strip()
            wrong(Message("breaker.reason.missing") if missing else refused.message, refused.field, t)
        return
    state.notify(t.text(f"breaker.done.{order['action']}", name=source.name))
    st.rerun()
