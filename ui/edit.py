"""The two dialogs of a source's page: edit what people call it, and delete it."""

from collections.abc import Collection, Mapping
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any

import streamlit as st

from core.errors import InvalidInput, PreconditionFailed, Unproven
from core.folding import fold
from core.form_values import KEPT, changes, dotted, nested, suggests_secret
from core.i18n import Translator
from core.models import KindInfo, Source
from ui import forms, meanwhile, navigation, state, timing
from ui.runtime import run, runtime
from ui.session import reader
from ui.state import Draft
from ui.widgets import dialog, errors_shown, plain

Config = dict[str, Any]


def open_dialog(source: Source, t: Translator) -> None:
    state.forget(state.RIVAL)
    dialog(t.text("source.edit.title"), edit_form, source, t, width="large")


def open_delete_dialog(source: Source, t: Translator) -> None:
    dialog(t.text("source.delete.title"), delete_form, source, t)


def edit_form(source: Source, t: Translator) -> None:
    """What people call the source, then the form of its kind; a stored secret stays unless replaced or cleared.

    Whoever was second is told what changed meanwhile, and says whose version of each field stays.
    """
    given = {
        "name": st.text_input(t.text("add.field.name"), source.name, key="edit_name"),
        "description": st.text_area(t.text("add.field.description"), source.description, key="edit_description"),
        "tags": list(forms.tags_of(_tags(source, t), source.tags)),
        "paused": st.toggle(t.text("source.edit.paused"), source.paused, key="edit_paused"),
    }
    present = meanwhile.fields_of(source)
    changed = {name: value for name, value in given.items() if value != present[name]}
    changed |= timing.timing_form(source, t) | _thresholds(source, t)
    wanted = _config(source, t)
    mine = changed | {f"config.{name}": wanted.get(name) for name in _patch(source, wanted)}
    place, first = st.container(), _tried_first(mine, t)
    if st.button(t.text("source.edit.save"), type="primary", key="edit_save"):
        with errors_shown("dialog"):
            _save(source, mine, changed, wanted, t, verify=first)
    rival = state.rival(source.id)
    if rival is not None:
        with place:
            meanwhile.show(source, rival, _masked(source, mine), t)


def _tried_first(mine: Collection[str], t: Translator) -> bool:
    """Whether new settings are to be proven before they take the old ones' place; asked only where there are any."""
    if not any(name.startswith("config.") for name in mine):
        return False
    return st.toggle(t.text("source.edit.verify"), True, help=t.text("source.edit.verify.help"), key="edit_verify")


def _tags(source: Source, t: Translator) -> str:
    label, how = t.text("add.field.tags"), t.text("add.field.tags.help")
    return st.text_input(label, forms.tags_text(source.tags), help=how, key="edit_tags") or ""


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


def _config(source: Source, t: Translator) -> Config:
    """The configuration that the form says; nothing for a kind that is not there."""
    kind = _kind(source)
    return forms.config_form(kind, Draft(kind=kind.name, config=dict(source.config)), t) if kind else {}


def _patch(source: Source, wanted: Config) -> dict[str, Any]:
    """What makes `wanted` of the configuration that the source has."""
    kind = _kind(source)
    if kind is None:
        return {}
    # What is not stored counts as its default: an untouched input is no change.
    held = {spec.name: spec.default for spec in kind.fields} | dotted(source.config, kind.fields)
    return changes(nested(held, kind.fields), wanted)


def _kind(source: Source) -> KindInfo | None:
    return next((kind for kind in runtime().sources.kinds() if kind.name == source.kind), None)


def _masked(source: Source, mine: Mapping[str, Any]) -> dict[str, Any]:
    """As it may be shown: of a secret that was typed only that it is there."""
    kind = _kind(source)
    secret = {f"config.{spec.name}" for spec in kind.fields if spec.type == "secret"} if kind else set()

    def shown(name: str, value: Any) -> Any:
        if isinstance(value, Mapping) and value != KEPT:
            return {inner: shown(f"{name}.{inner}", each) for inner, each in value.items()}
        hidden = name in secret or (name.startswith("config.") and suggests_secret(name.rpartition(".")[2]))
        return KEPT if hidden and value else value

    return {name: shown(name, value) for name, value in mine.items()}


def _chosen(source: Source, kept: Collection[str], changed: Mapping[str, Any], wanted: Config) -> dict[str, Any]:
    """The patch of those fields alone, against the source as it is now."""
    config = {name: value for name, value in _patch(source, wanted).items() if f"config.{name}" in kept}
    own = {name: value for name, value in changed.items() if name in kept}
    return own | ({"config": config} if config else {})


def _save(
    source: Source, mine: Mapping[str, Any], changed: Mapping[str, Any], wanted: Config, t: Translator, *, verify: bool
) -> None:
    """Goes out from what somebody else made of the source meanwhile, once this person has been told of it."""
    person, rival = reader(), state.rival(source.id)
    kept = meanwhile.kept(source, rival, mine) if rival else mine.keys()
    given = _chosen(rival or source, kept, changed, wanted)
    try:
        version = (rival or source).version
        update = runtime().sources.update
        with st.spinner(t.text("source.edit.verifying")) if verify else nullcontext():
            run(update(person.actor, person.org, source.id, given, if_version=version, verify=verify))
    except PreconditionFailed:
        st.session_state[state.RIVAL] = run(runtime().sources.get(person.actor, person.org, source.id))
    except (InvalidInput, Unproven) as error:
        if isinstance(error, Unproven):
            st.error(plain(t.message(error.message)), icon=":material/error:")
        for refused in error.fields:
            label = forms.field_label(source.kind, refused.field, t)
            st.error(f"**{plain(label)}**: {plain(t.message(refused.message))}", icon=":material/error:")
    else:
        state.forget(state.RIVAL)
        state.notify(t.text("source.edit.saved"))
        st.rerun()


def delete_form(source: Source, t: Translator) -> None:
    st.markdown(plain(t.text("source.delete.body", name=source.name)))
    typed = st.text_input(t.text("source.delete.confirm"), key="delete_name")
    # No two sources have names that people take for the same, and what was copied off a page has signs of it in it.
    sure = fold(typed or "") == fold(source.name)
    if st.button(t.text("source.delete.go"), type="primary", disabled=not sure, key="delete_go"):
        with errors_shown("dialog"):
            person = reader()
            run(runtime().sources.delete(person.actor, person.org, source.id))
            state.notify(t.text("source.deleted", name=source.name))
            navigation.open_page(navigation.SOURCES)
