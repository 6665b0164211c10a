"""A form made from a kind's fields: sections, help, examples, masked secrets, what is wrong beside each input.

Its inputs stand in no `st.form`, so that a choice shows and hides others at once.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import streamlit as st

from core.form_values import KEPT, is_shown, nested, value_at
from core.i18n import Translator
from core.models import FieldSpec, KindInfo, Message
from ui import inputs, state
from ui.state import Draft
from ui.widgets import plain

FOLDED = frozenset({"limits", "advanced", "options"})
ABOUT = ("name", "description", "tags")
WIDE = frozenset({"multiline", "list", "mapping"})


def about_form(draft: Draft, t: Translator) -> dict[str, str]:
    """Name, description and tags."""
    st.markdown(f"## {t.text('add.section.about')}")
    left, right = st.columns(2)
    with left:
        name = st.text_input(
            _starred(t.text("add.field.name")),
            draft.about.get("name", ""),
            placeholder=t.text("form.example", example=t.text("add.field.name.example")),
            help=t.text("add.field.name.help"),
            key=state.of_draft("about_name"),
        )
        wrong(draft.errors.get("name"), "name", t)
    with right:
        tags = st.text_input(
            t.text("add.field.tags"),
            draft.about.get("tags", ""),
            help=t.text("add.field.tags.help"),
            key=state.of_draft("about_tags"),
        )
        wrong(draft.errors.get("tags"), "tags", t)
    description = st.text_input(
        t.text("add.field.description"),
        draft.about.get("description", ""),
        help=t.text("add.field.description.help"),
        key=state.of_draft("about_description"),
    )
    wrong(draft.errors.get("description"), "description", t)
    return {"name": name or "", "tags": tags or "", "description": description or ""}


def tags_text(tags: Sequence[str]) -> str:
    return ", ".join(tags)


def tags_of(text: str, present: Sequence[str] = ()) -> tuple[str, ...]:
    """What was typed, at commas of either script; where nothing was, the present ones: one may hold a comma itself."""
    if text == tags_text(present):
        return tuple(present)
    return tuple(tag.strip() for tag in text.replace("،", ",").split(",") if tag.strip())


def config_form(kind: KindInfo, draft: Draft, t: Translator) -> dict[str, Any]:
    """The configuration that the kind's own inputs say, without empty and hidden ones.

    Kept secrets stay unless replaced or cleared.
    """
    values = {spec.name: _present(kind.name, spec, draft, t) for spec in kind.fields}
    for section, fields in _sections([spec for spec in kind.fields if is_shown(spec, values)]):
        title = t.text_or(f"kind.{kind.name}.section.{section}", t.text_or(f"section.{section}", section))
        faulty = any(_faults(spec, draft) for spec in fields)
        with st.expander(title, expanded=faulty) if section in FOLDED else st.container():
            if section not in FOLDED:
                st.markdown(f"## {title}")
            values |= _fields(kind.name, fields, values, draft, t)
    return nested(values, kind.fields)


def field_label(kind: str, name: str, t: Translator) -> str:
    """What people call a field of this kind; `name` may be dotted."""
    if name in ABOUT:
        return t.text(f"add.field.{name}")
    return inputs.label_of(kind, name.removeprefix("config."), t)


def show_faults(kind: KindInfo, draft: Draft, t: Translator) -> None:
    """That something is wrong, and what of it stands beside no input."""
    if not draft.errors:
        return
    beside = {name for spec in kind.fields for name in _faults(spec, draft)} | set(ABOUT)
    lost = [(name, message) for name, message in draft.errors.items() if name not in beside]
    lines = [f"{plain(field_label(kind.name, name, t))}: {plain(t.message(message))}" for name, message in lost]
    st.error("\n\n".join([t.text("form.errors"), *lines]), icon=":material/error:")


def wrong(message: Message | None, name: str, t: Translator, label: str = "") -> None:
    """What is wrong with the input above, or with the one of that label."""
    if message is not None:
        named = f"**{plain(label)}**: " if label else ""
        with st.container(key=f"wrong_{name}"):
            st.markdown(f":material/error: {named}{plain(t.message(message))}")


def _present(kind: str, spec: FieldSpec, draft: Draft, t: Translator) -> Any:
    """The value of an input before it is drawn in this run: others may depend on it."""
    key, kept = inputs.key_of(kind, spec, t), value_at(draft.config, spec.name)
    if key in st.session_state:
        return inputs.state_value(spec, st.session_state[key])
    found = inputs.carried(kind, spec, kept, t)
    return spec.default if found is None else found


def _faults(spec: FieldSpec, draft: Draft) -> dict[str, Message]:
    """What is wrong with an input, and with the headers inside it."""
    path = f"config.{spec.name}"
    return {name: message for name, message in draft.errors.items() if name == path or name.startswith(f"{path}.")}


def _sections(fields: Sequence[FieldSpec]) -> list[tuple[str, list[FieldSpec]]]:
    order = list(dict.fromkeys(spec.section for spec in fields))
    by_section = sorted(fields, key=lambda spec: (spec.section in FOLDED, order.index(spec.section)))
    return [(section, list(group)) for section, group in groupby(by_section, key=lambda spec: spec.section)]


def _fields(
    kind: str, fields: Sequence[FieldSpec], present: Mapping[str, Any], draft: Draft, t: Translator
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    short = [spec for spec in fields if spec.type not in WIDE]
    for start in range(0, len(short), 2):
        for column, spec in zip(st.columns(2), short[start : start + 2], strict=False):
            with column:
                values[spec.name] = _field(kind, spec, present, draft, t)
    for spec in fields:
        if spec.type in WIDE:
            values[spec.name] = _field(kind, spec, present, draft, t)
    return values


def _field(kind: str, spec: FieldSpec, present: Mapping[str, Any], draft: Draft, t: Translator) -> Any:
    label = inputs.label_of(kind, spec.name, t)
    common = {
        "label": _starred(label) if spec.required else label,
        "help": inputs.help_of(kind, spec.name, t),
        "key": inputs.key_of(kind, spec, t),
    }
    value = inputs.draw(kind, spec, inputs.carried(kind, spec, _kept(spec, present, draft), t), common, t)
    for name, message in _faults(spec, draft).items():
        wrong(message, name.removeprefix("config."), t)
    return value


def _kept(spec: FieldSpec, present: Mapping[str, Any], draft: Draft) -> Any:
    """What was kept; a stored secret belongs to the variant that it was stored with."""
    kept = value_at(draft.config, spec.name)
    other = any(present.get(name) != value_at(draft.config, name) for name, _ in spec.shown_when)
    return None if kept == KEPT and other else kept


def _starred(label: str) -> str:
    return f"{label} \\*"
