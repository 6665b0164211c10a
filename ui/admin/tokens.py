"""Bearer tokens of programs: made here and shown once, listed with their last use, revoked."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import streamlit as st

from core.i18n import Translator
from core.i18n.actors import actor_words
from core.models import Role
from core.services.tokens import DAYS_MAX, METRICS, Token, TokenState
from ui import asking, grid, once, rows, state
from ui.refusals import refusals_shown
from ui.runtime import run, runtime
from ui.session import Reader, reader

NAME = "tokens"
NAME_INPUT = "token_name"
DAYS = 90
HOLDS = (*(role.label for role in Role), METRICS)
STATE_COLOURS = {TokenState.VALID: "#27803A", TokenState.EXPIRED: "#5C6870", TokenState.REVOKED: "#C92A2A"}
WIDTHS = {"name": 150, "role": 105, "by": 110, "used": 120, "created": 120, "expires": 120}


def tokens(person: Reader, t: Translator) -> None:
    found = {token.id: token for token in run(runtime().tokens.list(person.actor, person.org))}
    match rows.pressed(NAME, "revoke"):
        case (_, token_id) if token_id in found:
            asking.ask("token_revoke", found[token_id])
    asking.show({"token_revoke": _revoke}, t)
    once.show("token", t)
    _add(t)
    if found:
        _table(found, t)
    else:
        st.caption(t.text("admin.tokens.none"))
    _usage(person.org, t)


def _add(t: Translator) -> None:
    with st.expander(t.text("admin.tokens.add"), icon=":material/key:", key="token_add"):
        left, middle, right = st.columns([3, 2, 1])
        name = left.text_input(t.text("input.name"), help=t.text("admin.tokens.name.help"), key=NAME_INPUT)
        with middle:
            held = st.selectbox(
                t.text("admin.tokens.role"),
                HOLDS,
                format_func=lambda held: t.text("admin.tokens.metrics" if held == METRICS else f"role.{held}"),
                key=f"token_role_{t.lang}",
            )
            st.caption(t.text(f"admin.role.{held}"))
        days = right.number_input(t.text("input.days"), 1, DAYS_MAX, DAYS, key="token_days")
        if once.asked("token", t.text("admin.tokens.add.go"), "token_add_go"):
            with refusals_shown("token", t):
                _make((name or "").strip(), held, int(days))


def _make(name: str, held: str, days: int) -> None:
    person = reader()
    role = None if held == METRICS else Role.parse(held)
    scopes = frozenset({METRICS}) if role is None else frozenset()
    service = runtime().tokens

    async def secret() -> str:
        return (await service.create(person.actor, person.org, name, role, scopes, days)).token

    once.make("token", secret)
    state.sent(NAME_INPUT)
    st.rerun()


def _table(found: Mapping[UUID, Token], t: Translator) -> None:
    def label(name: str) -> str:
        return t.text(f"admin.tokens.{name}")

    colours = {label(each.value): colour for each, colour in STATE_COLOURS.items()}
    columns = {"state": grid.pills(label("state"), colours, width=90)} | {
        name: grid.text(label(name), t, width=width) for name, width in WIDTHS.items()
    }
    ended = frozenset(key for key, token in found.items() if token.state is not TokenState.VALID)
    cells = {key: _cells(token, t) for key, token in found.items()}
    rows.table(NAME, columns, cells, t, {"revoke": label("revoke")}, {"revoke": ended})


def _cells(token: Token, t: Translator) -> tuple[object, ...]:
    role = [t.text(f"role.{token.role.label}")] if token.role else []
    held = t.listed([*role, *(t.text_or(f"admin.tokens.{scope}", scope) for scope in token.scopes)])
    used = t.relative(token.last_used_at, datetime.now(UTC)) if token.last_used_at else t.text("admin.tokens.unused")
    states, by = [t.text(f"admin.tokens.{token.state.value}")], actor_words(token.created_by or grid.NOTHING, t)
    return states, token.name, held, by, used, t.date(token.created_at), t.date(token.expires_at)


def _revoke(token: Token, t: Translator) -> None:
    asking.consequence("ask.token_revoke.body", t, name=token.name)
    if asking.confirmed("token_revoke", t.text("admin.tokens.revoke")):
        with refusals_shown("dialog", t):
            person = reader()
            run(runtime().tokens.revoke(person.actor, person.org, token.id))
            asking.answered(t.text("admin.tokens.revoke.done", name=token.name))


def _usage(org: str, t: Translator) -> None:
    st.caption(t.text("admin.tokens.usage"))
    url = f"{runtime().settings.origin}/orgs/{org}/datasources"
    st.code(f'curl -H "Authorization: Bearer chsh_…" {url}', language="bash", wrap_lines=True)
