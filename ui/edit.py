"""The two dialogs of a source's page: edit what people call it, and delete it."""

import streamlit as st

from core.i18n import Translator
from core.models import Source
from ui import navigation, state
from ui.runtime import run, runtime
from ui.session import reader
from ui.widgets import errors_shown, plain


def open_dialog(source: Source, t: Translator) -> None:
    st.dialog(t.text("source.edit.title"))(edit_form)(source, t)


def open_delete_dialog(source: Source, t: Translator) -> None:
    st.dialog(t.text("source.delete.title"))(delete_form)(source, t)


def edit_form(source: Source, t: Translator) -> None:
    with st.form("edit", border=False):
        name = st.text_input(t.text("add.field.name"), source.name, key="edit_name")
        description = st.text_area(t.text("add.field.description"), source.description, key="edit_description")
        paused = st.toggle(t.text("source.edit.paused"), source.paused, key="edit_paused")
        save = st.form_submit_button(t.text("source.edit.save"), type="primary", key="edit_save")
    if save:
        changes = {"name": name, "description": description, "paused": paused}
        with errors_shown("dialog"):
            person = reader()
            service = runtime().sources
            run(service.update(person.actor, person.org, source.id, changes, if_version=source.version))
            state.notify(t.text("source.edit.saved"))
            st.rerun()


def delete_form(source: Source, t: Translator) -> None:
    st.markdown(plain(t.text("source.delete.body", name=source.name)))
    typed = st.text_input(t.text("source.delete.confirm"), key="delete_name")
    sure = (typed or "").strip() == source.name
    if st.button(t.text("source.delete.go"), type="primary", disabled=not sure, key="delete_go"):
        with errors_shown("dialog"):
            person = reader()
            run(runtime().sources.delete(person.actor, person.org, source.id))
            state.notify(t.text("source.deleted", name=source.name))
            navigation.open_page(navigation.SOURCES)
