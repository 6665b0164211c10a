"""Who belongs to the organisation and as what; below them the invitations."""

from collections.abc import Iterable, Mapping

import streamlit as st

from core.i18n import Translator
from core.models import Role
from core.services.members import Member
from ui import asking, grid, rows
from ui.admin import invitations
from ui.admin.roles import role_choice, role_pills
from ui.refusals import refusals_shown
from ui.runtime import run, runtime
from ui.session import Reader, reader

NAME = "members"
LOCAL = "local"


def members(person: Reader, t: Translator) -> None:
    found = {member.name: member for member in run(runtime().members.list(person.actor, person.org))}
    match rows.pressed(NAME, "role", "remove"):
        case (action, name) if name in found:
            asking.ask(f"member_{action}", (found[name], _is_last_admin(found[name], found.values())))
    asking.show({"member_role": _role, "member_remove": _remove}, t)
    _table(found, t)
    invitations.invitations(person, t)


def _table(found: Mapping[str, Member], t: Translator) -> None:
    def label(name: str) -> str:
        return t.text(f"admin.members.{name}")

    columns = {
        "name": grid.text(label("name"), t, width=250),
        "role": role_pills(t, label("role"), 92),
        "origin": grid.text(label("origin"), t, width=190),
        "state": grid.text(label("state"), t, width=130),
    }
    cells = {name: _cells(member, t) for name, member in found.items()}
    provided = frozenset(name for name, member in found.items() if member.origin != LOCAL)
    actions = {"role": label("change"), "remove": label("remove")}
    rows.table(NAME, columns, cells, t, actions, {"role": provided})


def _cells(member: Member, t: Translator) -> tuple[object, ...]:
    state = "disabled" if member.disabled else "active"
    origin = t.text(f"admin.members.origin.{member.origin}")
    return member.name, [t.text(f"role.{member.role.label}")], origin, t.text(f"admin.members.state.{state}")


def _is_last_admin(member: Member, everybody: Iterable[Member]) -> bool:
    able = [each.name for each in everybody if each.role is Role.ADMIN and not each.disabled]
    return able == [member.name]


def _role(about: tuple[Member, bool], t: Translator) -> None:
    member, last = about
    asking.consequence("ask.member_role.body", t, name=member.name)
    wanted = role_choice(t, "member_role_choice", member.role)
    if last and wanted is not Role.ADMIN:
        st.warning(t.text("admin.members.last"), icon=":material/lock:")
    same = wanted is member.role
    if asking.confirmed("member_role", t.text("admin.members.change.go"), disabled=same or (last and not same)):
        with refusals_shown("dialog", t):
            person = reader()
            run(runtime().members.set_role(person.actor, person.org, member.name, wanted))
            asking.answered(t.text("admin.members.changed", name=member.name, role=wanted.label))


def _remove(about: tuple[Member, bool], t: Translator) -> None:
    member, last = about
    if last:
        st.warning(t.text("admin.members.last"), icon=":material/lock:")
        return
    person = reader()
    asking.consequence("ask.member_remove.body", t, name=member.name, org=person.organisation.name)
    if member.origin != LOCAL:
        asking.consequence("ask.member_remove.provider", t)
    if asking.confirmed("member_remove", t.text("ask.member_remove.go")):
        with refusals_shown("dialog", t):
            run(runtime().members.remove(person.actor, person.org, member.name))
            asking.answered(t.text("admin.members.removed", name=member.name))
