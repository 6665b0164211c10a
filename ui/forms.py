"""A form made from a kind's fields: sections, help, examples, masked secrets, what is wrong beside each input."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import streamlit as st

from core.i18n import Translator
from core.models import FieldSpec, KindInfo, Message
from ui.state import Draft
from ui.widgets import plain

FOLDED = frozenset({"limits", "advanced", "options"})
ABOUT = ("name", "description", "tags")


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
            key="about_name",
        )
        _wrong(draft.errors.get("name"), "name", t)
    with right:
        tags = st.text_input(
            t.text("add.field.tags"), draft.about.get("tags", ""), help=t.text("add.field.tags.help"), key="about_tags"
        )
        _wrong(draft.errors.get("tags"), "tags", t)
    description = st.text_input(
        t.text("add.field.description"),
        draft.about.get("description", ""),
        help=t.text("add.field.description.help"),
        key="about_description",
    )
    _wrong(draft.errors.get("description"), "description", t)
    return {"name": name or "", "tags": tags or "", "description": description or ""}


def config_form(kind: KindInfo, draft: Draft, t: Translator) -> dict[str, Any]:
    """The kind's own fields; empty inputs are left out of the answer. Kept secrets stay unless replaced or cleared."""
    values: dict[str, Any] = {}
    for section, fields in _sections(kind.fields):
        title = t.text_or(f"kind.{kind.name}.section.{section}", t.text_or(f"section.{section}", section))
        wrong = any(f"config.{spec.name}" in draft.errors for spec in fields)
        with st.expander(title, expanded=wrong) if section in FOLDED else st.container():
            if section not in FOLDED:
                st.markdown(f"## {title}")
            values |= _fields(kind.name, fields, draft, t)
    return {name: value for name, value in values.items() if value not in (None, "")}


def field_label(kind: str, name: str, t: Translator) -> str:
    """What people call a field of this kind; `name` may be dotted."""
    bare = name.removeprefix("config.")
    if name in ABOUT:
        return t.text(f"add.field.{name}")
    return t.text_or(f"kind.{kind}.field.{bare}", bare)


def _sections(fields: Sequence[FieldSpec]) -> list[tuple[str, list[FieldSpec]]]:
    order = list(dict.fromkeys(spec.section for spec in fields))
    by_section = sorted(fields, key=lambda spec: (spec.section in FOLDED, order.index(spec.section)))
    return [(section, list(group)) for section, group in groupby(by_section, key=lambda spec: spec.section)]


def _fields(kind: str, fields: Sequence[FieldSpec], draft: Draft, t: Translator) -> dict[str, Any]:
    values: dict[str, Any] = {}
    short = [spec for spec in fields if spec.type != "multiline"]
    for start in range(0, len(short), 2):
        for column, spec in zip(st.columns(2), short[start : start + 2], strict=False):
            with column:
                values[spec.name] = _field(kind, spec, draft, t)
    for spec in fields:
        if spec.type == "multiline":
            values[spec.name] = _field(kind, spec, draft, t)
    return values


def _field(kind: str, spec: FieldSpec, draft: Draft, t: Translator) -> Any:
    label = field_label(kind, spec.name, t)
    help_key = f"kind.{kind}.help.{spec.name}"
    common = {
        "label": _starred(label) if spec.required else label,
        "help": t.text(help_key) if help_key in t else None,
        # Connection values are Latin text: rtl.css keeps inputs whose key starts with ltr_ left-to-right.
        "key": f"ltr_{kind}_{spec.name}",
    }
    value = _input(spec, draft.config.get(spec.name), common, label, t)
    _wrong(draft.errors.get(f"config.{spec.name}"), spec.name, t)
    return value


def _input(spec: FieldSpec, kept: Any, common: Mapping[str, Any], label: str, t: Translator) -> Any:
    current = spec.default if kept is None else kept
    match spec.type:
        case "secret":
            return _secret(kept, common, label, t)
        case "integer" | "number":
            step = 1 if spec.type == "integer" else 0.5
            value = current if current is None or spec.type == "integer" else float(current)
            return st.number_input(value=value, step=step, placeholder=_example(spec), **common)
        case "boolean":
            return st.checkbox(value=bool(current), **common)
        case "choice":
            index = spec.choices.index(current) if current in spec.choices else None
            return st.selectbox(options=spec.choices, index=index, **common)
        case "multiline":
            return st.text_area(value=current or "", height=110, placeholder=_example(spec), **common)
        case _:
            return st.text_input(value=current or "", placeholder=_example(spec), **common)


def _secret(kept: Any, common: Mapping[str, Any], label: str, t: Translator) -> Any:
    """A masked input that never receives the kept value: it stays on the server."""
    hint = t.text("form.secret.kept") if kept else None
    typed = st.text_input(type="password", value="", placeholder=hint, autocomplete="new-password", **common)
    cleared = bool(kept) and st.checkbox(t.text("form.secret.clear", field=label), key=f"clear_{common['key']}")
    return typed or (None if cleared else kept)


def _example(spec: FieldSpec) -> str | None:
    return None if spec.example is None else str(spec.example)


def _starred(label: str) -> str:
    return f"{label} \\*"


def _wrong(message: Message | None, name: str, t: Translator) -> None:
    if message is not None:
        with st.container(key=f"wrong_{name}"):
            st.markdown(f":material/error: {plain(t.message(message))}")
