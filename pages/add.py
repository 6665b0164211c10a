"""Adding a source: kind, settings, test and create."""

import streamlit as st

from core.errors import Forbidden
from core.i18n import Translator
from core.models import Role
from ui import cloning, wizard
from ui.runtime import runtime
from ui.session import Reader, reader, words


def page(person: Reader, t: Translator) -> None:
    st.title(t.text("add.title"), anchor=False)
    if not person.may(Role.EDITOR):
        raise Forbidden("role", role=Role.EDITOR.label)
    kinds = {kind.name: kind for kind in runtime().sources.kinds()}
    draft = cloning.draft(person, kinds, t)
    if draft is None:
        return
    step = draft.step if draft.kind in kinds else wizard.KIND
    wizard.progress(step, t)
    if step == wizard.KIND:
        wizard.choose_kind(tuple(kinds.values()), draft, t)
    elif step == wizard.SETTINGS:
        wizard.fill_settings(kinds[draft.kind], draft, person, t)
    else:
        wizard.try_and_create(kinds[draft.kind], draft, person, t)


page(reader(), words())
