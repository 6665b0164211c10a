"""One's own account: who one is, another password, and where one is signed in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import streamlit as st

from core.access.password_rules import LENGTH_MIN
from core.i18n import Translator
from core.services.accounts import Account, Session
from ui import asking, grid, rows, state
from ui.refusals import refusals_shown
from ui.runtime import run, runtime
from ui.session import Reader, reader
from ui.widgets import facts

NAME = "sessions"
WIDTHS = {"which": 120, "browser": 230, "address": 150, "seen": 150, "started": 190}
BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
"""By a mark in what a browser calls itself; the earlier ones call themselves the later ones too."""
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iOS",
    "iPad": "iOS",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def who(mine: Account, t: Translator) -> None:
    roles = [t.text("account.role", role=each.role.label, org=each.org_name) for each in mine.memberships]
    with st.container(border=True, key="facts"):
        facts(
            [
                (t.text("input.username"), mine.name),
                (t.text("account.roles"), t.listed(roles) if roles else t.text("account.roles.none")),
                (t.text("account.server_admin"), t.text("form.yes") if mine.server_admin else ""),
            ]
        )


def password(mine: Account, t: Translator) -> None:
    st.markdown(f"## {t.text('account.password')}")
    if not mine.has_password:
        st.caption(t.text("account.password.provider"))
        return
    st.caption(f"{t.text('session.password.rule', min=LENGTH_MIN)} {t.text('account.password.effect')}")
    with st.form("password", clear_on_submit=True, width=520):
        old, new, again = (_secret(name, t) for name in ("old_password", "password", "password_again"))
        sent = st.form_submit_button(t.text("account.password.go"), type="primary", key="password_go")
    if sent:
        with refusals_shown("password", t):
            _change(old, new, again, t)


def sessions(person: Reader, t: Translator) -> None:
    found = {session.id: session for session in run(runtime().accounts.sessions(person.actor))}
    match rows.pressed(NAME, "end"):
        case (_, session_id) if session_id in found:
            run(runtime().accounts.end_session(person.actor, session_id))
            state.notify(t.text("account.session.ended"))
            st.rerun()
    st.markdown(f"## {t.text('account.sessions')}")
    asking.show({"sessions_end": _end_others}, t)
    _table(found, t)
    others = sum(not session.current for session in found.values())
    if others and st.button(t.plural("account.sessions.end_others", others), key="sessions_end_others"):
        asking.ask("sessions_end", others)
        st.rerun()


def agent_words(agent: str | None) -> str:
    """Browser and system, of what a browser calls itself; the beginning of it where both are unknown."""
    named = [next((name for mark, name in marks.items() if mark in (agent or "")), "") for marks in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, named)) or (agent or "")[:40] or grid.NOTHING


def _secret(name: str, t: Translator) -> str:
    how = "current-password" if name == "old_password" else "new-password"
    return st.text_input(t.text(f"input.{name}"), type="password", autocomplete=how, key=f"ltr_{name}") or ""


def _change(old: str, new: str, again: str, t: Translator) -> None:
    if new != again:
        st.error(t.text("account.password.differ"), icon=":material/error:")
        return
    actor = reader().actor
    run(runtime().accounts.change_password(actor, old, new, actor.session_id))
    state.notify(t.text("account.password.done"))
    st.rerun()


def _table(found: Mapping[UUID, Session], t: Translator) -> None:
    columns = {name: grid.text(t.text(f"account.session.{name}"), t, width=width) for name, width in WIDTHS.items()}
    cells = {key: _cells(session, t) for key, session in found.items()}
    own = frozenset(key for key, session in found.items() if session.current)
    rows.table(NAME, columns, cells, t, {"end": t.text("account.session.end")}, {"end": own})


def _cells(session: Session, t: Translator) -> tuple[str, ...]:
    which = t.text("account.session.this") if session.current else ""
    seen = t.relative(session.seen_at, datetime.now(UTC))
    return which, agent_words(session.agent), session.address or grid.NOTHING, seen, t.datetime(session.created_at)


def _end_others(others: int, t: Translator) -> None:
    asking.consequence("ask.sessions_end.body", t)
    if asking.confirmed("sessions_end", t.plural("account.sessions.end_others", others)):
        with refusals_shown("dialog", t):
            actor = reader().actor
            ended = run(runtime().accounts.end_other_sessions(actor, actor.session_id))
            asking.answered(t.plural("account.sessions.ended", ended))
