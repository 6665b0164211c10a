"""Invitations: a link that is shown once, and what became of each."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import streamlit as st

from core.i18n import Translator
from core.i18n.actors import actor_words
from core.models import Role
from core.services.invitations import DAYS_MAX, Invitation, InvitationState
from ui import asking, grid, once, rows, state
from ui.admin.roles import role_choice
from ui.refusals import refusals_shown
from ui.runtime import run, runtime
from ui.session import Reader, reader

NAME = "invitations"
NOTE = "invitation_note"
DAYS = 7
STATE_COLOURS = {
    InvitationState.OPEN: "#27803A",
    InvitationState.USED: "#0B7285",
    InvitationState.EXPIRED: "#5C6870",
    InvitationState.REVOKED: "#C92A2A",
}


def invitations(person: Reader, t: Translator) -> None:
    found = {each.id: each for each in run(runtime().invitations.list(person.actor, person.org))}
    match rows.pressed(NAME, "revoke"):
        case (_, invitation_id) if invitation_id in found:
            asking.ask("invitation_revoke", found[invitation_id])
    asking.show({"invitation_revoke": _revoke}, t)
    st.markdown(f"## {t.text('admin.invitations')}")
    once.show("invitation", t)
    _invite(t)
    if found:
        _table(found, t)
    else:
        st.caption(t.text("admin.invitations.none"))


def _invite(t: Translator) -> None:
    with st.expander(t.text("admin.invitations.add"), icon=":material/person_add:", key="invite"):
        left, middle, right = st.columns([2, 3, 1])
        with left:
            role = role_choice(t, "invitation_role")
        note = middle.text_input(t.text("input.note"), help=t.text("admin.invitations.note.help"), key=NOTE)
        days = right.number_input(t.text("input.days"), 1, DAYS_MAX, DAYS, key="invitation_days")
        if once.asked("invitation", t.text("admin.invitations.go"), "invite_go"):
            with refusals_shown("invite", t):
                _make(role, note or "", int(days))


def _make(role: Role, note: str, days: int) -> None:
    person, service, origin = reader(), runtime().invitations, runtime().settings.origin

    async def link() -> str:
        return f"{origin}{(await service.create(person.actor, person.org, role, note, days)).path}"

    once.make("invitation", link)
    state.sent(NOTE)
    st.rerun()


def _table(found: Mapping[UUID, Invitation], t: Translator) -> None:
    def label(name: str) -> str:
        return t.text(f"admin.invitations.{name}")

    colours = {label(each.value): colour for each, colour in STATE_COLOURS.items()}
    columns = {"state": grid.pills(label("state"), colours, width=110)} | {
        name: grid.text(label(name), t, width=width)
        for name, width in {"note": 190, "role": 90, "by": 120, "expires": 150, "by_whom": 190}.items()
    }
    ended = frozenset(key for key, each in found.items() if each.state is not InvitationState.OPEN)
    cells = {key: _cells(each, t) for key, each in found.items()}
    rows.table(NAME, columns, cells, t, {"revoke": label("revoke")}, {"revoke": ended})


def _cells(each: Invitation, t: Translator) -> tuple[object, ...]:
    now, used = datetime.now(UTC), ""
    if each.used_at is not None:
        used = f"{t.relative(each.used_at, now)} · {t.isolated(each.used_by or '')}"
    state_words, held = t.text(f"admin.invitations.{each.state.value}"), t.text(f"role.{each.role.label}")
    return [state_words], each.note, held, actor_words(each.invited_by, t), t.datetime(each.expires_at), used


def _revoke(each: Invitation, t: Translator) -> None:
    asking.consequence("ask.invitation_revoke.body", t, note=each.note or grid.NOTHING)
    if asking.confirmed("invitation_revoke", t.text("admin.invitations.revoke")):
        with refusals_shown("dialog", t):
            person = reader()
            run(runtime().invitations.revoke(person.actor, person.org, each.id))
            asking.answered(t.text("admin.invitations.revoke.done"))
