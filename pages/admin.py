"""For administrators: who belongs to the organisation, which tokens it has given out, whom its incidents
are told, and what serves it."""

import streamlit as st

from core.errors import Forbidden
from core.i18n import Translator
from core.models import Role
from ui import admin_parts
from ui.runtime import run, runtime
from ui.session import Reader, reader, words
from ui.widgets import plain


def page(person: Reader, t: Translator) -> None:
    st.title(t.text("admin.title"), anchor=False)
    if not person.may(Role.ADMIN):
        raise Forbidden("role", role=Role.ADMIN.label)
    st.caption(f"{t.isolated(plain(person.organisation.name))} · {t.text('admin.lead')}")
    admin_parts.members(run(runtime().members.list(person.actor, person.org)), person.org, t)
    admin_parts.tokens(run(runtime().tokens.list(person.actor, person.org)), person.org, t)
    admin_parts.hooks(run(runtime().alerts.hooks(person.actor, person.org)), person.org, t)
    admin_parts.system(run(runtime().administration.system(person.actor, person.org)), t)


page(reader(), words())
