"""For administrators: people, tokens, where sources may lie, the trail, who is told of incidents, what serves it."""

from functools import partial

import streamlit as st

from core.errors import Forbidden
from core.i18n import Translator
from core.models import Role
from ui import tabs
from ui.admin import audit, egress, hooks, members, queries, system, tokens, users
from ui.session import Reader, reader, words
from ui.widgets import errors_shown, plain

TABS = {
    "members": members.members,
    "tokens": tokens.tokens,
    "queries": queries.queries,
    "egress": egress.egress,
    "audit": audit.audit,
    "hooks": hooks.hooks,
    "system": system.system,
}
OF_THE_SERVER = {"audit": audit.audit, "users": users.users}


def page(person: Reader, t: Translator) -> None:
    st.title(t.text("admin.title"), anchor=False)
    known = (TABS if person.may(Role.ADMIN) else {}) | (OF_THE_SERVER if person.actor.server_admin else {})
    st.caption(t.isolated(plain(person.organisation.name)))
    if not known:
        raise Forbidden("role", role=Role.ADMIN.label)
    tabs.tabs({name: t.text(f"admin.tab.{name}") for name in known}, partial(content, person, t), t)


def content(person: Reader, t: Translator, name: str) -> None:
    with errors_shown(f"tab_{name}"):
        (TABS | OF_THE_SERVER)[name](person, t)


page(reader(), words())
