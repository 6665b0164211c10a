"""The two dialogs of a source's page: edit what people call it, and delete it."""

from dataclasses import asdict
from typing import Any

import streamlit as st

from core.errors import InvalidInput
from core.form_values import changes, dotted, nested
from core.i18n import Translator
from core.models import Source
from ui import forms, navigation, state, timing
from ui.runtime import run, runtime
from ui.session import reader
from ui.state import Draft
from ui.widgets import dialog, errors_shown, plain


def open_dialog(source: Source, t: Translator) -> None:
    dialog(t.text("source.edit.title"), edit_form, source, t, width="large")


def open_delete_dialog(source: Source, t: Translator) -> None:
    dialog(t.text("source.delete.title"), delete_form, source, t)


def edit_form(source: Source, t: Translator) -> None:
    """What people call the source, then the form of its kind; a stored secret stays unless replaced or cleared."""
    given = {
        "name": st.text_input(t.text("add.field.name"), source.name, key="edit_name"),
        "description": st.text_area(t.text("add.field.description"), source.description, key="edit_description"),
        "tags": list(forms.tags_of(_tags(source, t))),
        "paused": st.toggle(t.text("source.edit.paused"), source.paused, key="edit_paused"),
    }
    given |= timing.timing_form(source, t) | _thresholds(source, t)
    config = _config_patch(source, t)
    if st.button(t.text("source.edit.save"), type="primary", key="edit_save"):
        with errors_shown("dialog"):
            _save(source, given | ({"config": config} if config else {}), t)


def _tags(source: Source, t: Translator) -> str:
    label, how = t.text("add.field.tags"), t.text("add.field.tags.help")
    return st.text_input(label, ", ".join(source.tags), help=how, key="edit_tags") or ""


def _thresholds(source: Source, t: Translator) -> dict[str, Any]:
    """When the breaker opens and for how long; nothing when both stay as they are."""
    present = asdict(source.breaker)
    st.markdown(f"## {t.text('source.fact.breaker')}")
    left, right = st.columns(2)
    labels = {name: forms.field_label(source.kind, f"breaker.{name}", t) for name in present}
    threshold = left.number_input(
        labels["failure_threshold"], 1, 1000, source.breaker.failure_threshold, key="edit_threshold"
    )
    seconds = right.number_input(
        labels["timeout_seconds"], 1.0, 3600.0, source.breaker.timeout_seconds, 1.0, "%g", key="edit_timeout"
    )
    wanted = {"failure_threshold": threshold, "timeout_seconds": seconds}
    return {} if wanted == present else {"breaker": wanted}


def _config_patch(source: Source, t: Translator) -> dict[str, Any]:
    kind = next((kind for kind in runtime().sources.kinds() if kind.name == source.kind), None)
    if kind is None:
        return {}
    draft = Draft(kind=kind.name, config=dict(source.config))
    # What is not stored counts as its default: an untouched input is no change.
    held = {spec.name: spec.default for spec in kind.fields} | dotted(source.config, kind.fields)
    return changes(nested(held, kind.fields), forms.config_form(kind, draft, t))


def _save(source: Source, given: dict[str, Any], t: Translator) -> None:
    person = reader()
    try:
        run(runtime().sources.update(person.actor, person.org, source.id, given, if_version=source.version))
    except InvalidInput as error:
        for refused in error.fields:
            label = forms.field_label(source.kind, refused.field, t)
            st.error(f"**{plain(label)}**: {plain(t.message(refused.message))}", icon=":material/error:")
        return
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
