"""Where the organisation's incidents are told: addresses with a button that tries each, and one that takes it away."""

from uuid import UUID

import streamlit as st

from core.i18n import LANGUAGES, Translator, name_of
from core.services.alerts import Hook
from ui import asking, grid, once, rows, state
from ui.refusals import refusals_shown
from ui.runtime import run, runtime
from ui.session import Reader, reader
from ui.widgets import plain

NAME = "hooks"
WIDTHS = {"host": 250, "language": 90, "waiting": 100, "error": 330}
FIELDS = ("ltr_hook_url", "ltr_hook_secret")


def hooks(person: Reader, t: Translator) -> None:
    """Of an address the host alone: the rest of it is a secret."""
    found = {hook.id: hook for hook in run(runtime().alerts.hooks(person.actor, person.org))}
    match rows.pressed(NAME, "test", "remove"):
        case ("test", hook_id) if hook_id in found:
            _try(person, found[hook_id], t)
        case ("remove", hook_id) if hook_id in found:
            asking.ask("hook_remove", found[hook_id])
    asking.show({"hook_remove": _remove}, t)
    once.show("hook", t)
    _table(found, t)
    _add(t)


def _table(found: dict[UUID, Hook], t: Translator) -> None:
    if not found:
        st.caption(t.text("admin.hooks.none"))
        return
    columns = {name: grid.text(t.text(f"admin.hooks.{name}"), t, width=width) for name, width in WIDTHS.items()}
    actions = {"test": t.text("admin.hooks.test"), "remove": t.text("admin.hooks.remove")}
    rows.table(NAME, columns, {key: _row(hook, t) for key, hook in found.items()}, t, actions)


def _row(hook: Hook, t: Translator) -> tuple[str, ...]:
    return hook.host, name_of(hook.language), t.number(hook.waiting), _met(hook.last_error, t)


def _met(code: str | None, t: Translator) -> str:
    """What the last attempt met, in words."""
    if code is None:
        return ""
    name, _, status = code.partition("_")
    if name == "status":
        return t.text("alert.refused", status=int(status))
    return t.text("admin.hooks.unreached", code=code)


def _add(t: Translator) -> None:
    with st.expander(t.text("admin.hooks.add"), icon=":material/add:", key="hook_add"):
        url = st.text_input(t.text("input.url"), placeholder="https://", key=FIELDS[0])
        left, right = st.columns(2)
        secret = left.text_input(
            t.text("input.secret"), help=t.text("admin.hooks.secret.help"), type="password", key=FIELDS[1]
        )
        language = right.selectbox(
            t.text("input.language"),
            LANGUAGES,
            format_func=name_of,
            key="hook_language",
        )
        if once.asked("hook", t.text("admin.hooks.add.go"), "hook_add_go"):
            with refusals_shown("hook", t):
                _make(url.strip(), secret or None, language)


def _make(url: str, secret: str | None, language: str) -> None:
    person, service = reader(), runtime().alerts

    async def made() -> str:
        return (await service.add(person.actor, person.org, url, secret=secret, language=language)).secret

    once.make("hook", made)
    state.sent(*FIELDS)
    st.rerun()


def _try(person: Reader, hook: Hook, t: Translator) -> None:
    with st.spinner(t.text("admin.hooks.testing", host=hook.host)):
        posted = run(runtime().alerts.test(person.actor, person.org, hook.id))
    with st.container(border=True, key="why_healthy_hook_test" if posted.ok else "why_error_hook_test"):
        st.markdown(f"**{plain(hook.host)}** {plain(t.message(posted.message))}")


def _remove(hook: Hook, t: Translator) -> None:
    asking.consequence("ask.hook_remove.body", t, host=hook.host)
    if asking.confirmed("hook_remove", t.text("admin.hooks.remove")):
        with refusals_shown("dialog", t):
            person = reader()
            run(runtime().alerts.remove(person.actor, person.org, hook.id))
            asking.answered(t.text("admin.hooks.removed", host=hook.host))
