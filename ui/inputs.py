"""One input a field: drawn by the field's type, with what is kept, and read back into a value of the configuration."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.form_values import KEPT, suggests_secret
from core.i18n import LANGUAGES, Translator
from core.models import FieldSpec
from ui import state

MASK = "•••"
YES_OR_NO = ("true", "false")


def label_of(kind: str, name: str, t: Translator) -> str:
    """What people call a field of this kind; a header is named behind the word for headers."""
    found = t.text_or(f"kind.{kind}.field.{name}", t.text_or(f"field.label.{name}", ""))
    if found or "." not in name:
        return found or name
    outer, _, inner = name.partition(".")
    outside = label_of(kind, outer, t)
    return f"{outside}: {inner}" if outside != outer else name


def help_of(kind: str, name: str, t: Translator) -> str | None:
    return t.text_or(f"kind.{kind}.help.{name}", t.text_or(f"field.help.{name}", "")) or None


def choice_of(kind: str, name: str, value: str, t: Translator) -> str:
    """The word for one of a field's choices, itself where the catalogues have none."""
    return t.text_or(f"kind.{kind}.choice.{name}.{value}", t.text_or(f"field.choice.{name}.{value}", value))


def key_of(kind: str, spec: FieldSpec, t: Translator) -> str:
    """The input's key. Values are Latin text: rtl.css keeps inputs whose key starts with ltr_ left-to-right."""
    worded = any(choice_of(kind, spec.name, value, t) != value for value in spec.choices)
    if worded or _may_be_open(spec):
        return _key_in(kind, spec, t.lang)
    return _plain_key(kind, spec)


def _plain_key(kind: str, spec: FieldSpec) -> str:
    return state.of_draft(f"ltr_{kind}_{spec.name}")


def carried(kind: str, spec: FieldSpec, kept: Any, t: Translator) -> Any:
    """What an input that this language has not drawn yet begins with: what was chosen in another one, else `kept`.

    The other's key is there in the first run after the change alone, and only until Streamlit drops it.
    """
    if key_of(kind, spec, t) in st.session_state:
        return kept
    keys = (_plain_key(kind, spec), *(_key_in(kind, spec, lang) for lang in LANGUAGES))
    return next((state_value(spec, st.session_state[key]) for key in keys if key in st.session_state), kept)


def _key_in(kind: str, spec: FieldSpec, lang: str) -> str:
    return state.in_words(state.of_draft(f"words_{kind}_{spec.name}"), lang)


def draw(kind: str, spec: FieldSpec, kept: Any, common: Mapping[str, Any], t: Translator) -> Any:
    """The value that the input holds now; a secret that stays as it is comes back as it was kept."""
    current = spec.default if kept is None else kept
    match spec.type:
        case "secret":
            return _secret(kept, common, label_of(kind, spec.name, t), t)
        case "integer" | "number":
            step = 1 if spec.type == "integer" else 0.5
            value = current if current is None or spec.type == "integer" else float(current)
            return st.number_input(value=value, step=step, placeholder=_example(spec), **common)
        case "boolean":
            return (
                _open_switch(current, common, t) if _may_be_open(spec) else st.checkbox(value=bool(current), **common)
            )
        case "choice":
            index = spec.choices.index(current) if current in spec.choices else None
            words = {value: choice_of(kind, spec.name, value, t) for value in spec.choices}
            return st.selectbox(options=spec.choices, index=index, format_func=words.__getitem__, **common)
        case "multiline":
            return st.text_area(value=current or "", height=110, placeholder=_example(spec), **common)
        case "list":
            text = "\n".join(map(str, current or ()))
            return _entries(st.text_area(value=text, height=90, placeholder=_example(spec), **common))
        case "mapping":
            text = _lines_of(current or {}, secret_keys=spec.secret_keys)
            typed = st.text_area(value=text, height=90, placeholder=_example(spec), **common)
            return _mapping_of(typed, kept if isinstance(kept, Mapping) else {}, secret_keys=spec.secret_keys)
        case _:
            return st.text_input(value=current or "", placeholder=_example(spec), **common)


def state_value(spec: FieldSpec, held: Any) -> Any:
    """What the session state holds of a yes or no, or of a choice, as the configuration has it."""
    return held == YES_OR_NO[0] if spec.type == "boolean" and isinstance(held, str) else held


def shown(spec: FieldSpec, kind: str, value: Any, t: Translator) -> str:
    """A value in a summary, secrets only as being there."""
    match value:
        case None:
            return ""
        case _ if spec.type == "secret":
            return t.text("add.summary.secret")
        case bool():
            return t.text("form.yes" if value else "form.no")
        case Mapping():
            return _lines_of(value, secret_keys=spec.secret_keys).replace("\n", ", ")
        case list() | tuple():
            return ", ".join(map(str, value))
    return choice_of(kind, spec.name, value, t) if spec.type == "choice" else str(value)


def _may_be_open(spec: FieldSpec) -> bool:
    """A yes or no that may be left to the kind."""
    return spec.type == "boolean" and spec.default is None and not spec.required


def _open_switch(current: bool | None, common: Mapping[str, Any], t: Translator) -> bool | None:
    index = None if current is None else 0 if current else 1
    words = {"true": t.text("form.yes"), "false": t.text("form.no")}
    chosen = st.selectbox(options=YES_OR_NO, index=index, format_func=words.__getitem__, **common)
    return None if chosen is None else chosen == YES_OR_NO[0]


def _secret(kept: Any, common: Mapping[str, Any], label: str, t: Translator) -> Any:
    """A masked input that never receives the kept value: it stays on the server."""
    hint = t.text("form.secret.kept") if kept else None
    typed = st.text_input(type="password", value="", placeholder=hint, autocomplete="new-password", **common)
    cleared = bool(kept) and st.checkbox(t.text("form.secret.clear", field=label), key=f"clear_{common['key']}")
    return typed or (None if cleared else kept)


def _entries(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _lines_of(values: Mapping[str, Any], *, secret_keys: bool) -> str:
    return "\n".join(
        f"{name}: {MASK if _is_secret(name, value, secret_keys) else value}" for name, value in values.items()
    )


def _is_secret(name: str, value: Any, secret_keys: bool) -> bool:
    return value == KEPT or (secret_keys and suggests_secret(name))


def _mapping_of(text: str | None, kept: Mapping[str, Any], *, secret_keys: bool) -> dict[str, Any]:
    """`name: value` lines; a secret left as its mask is the kept one."""
    held = {name.casefold(): value for name, value in kept.items()}
    values: dict[str, Any] = {}
    for line in _entries(text):
        name, value = (part.strip() for part in line.partition(":")[::2])
        masked = value == MASK and _is_secret(name, held.get(name.casefold()), secret_keys)
        values[name] = held.get(name.casefold(), dict(KEPT)) if masked else value
    return values


def _example(spec: FieldSpec) -> str | None:
    if isinstance(spec.example, Sequence) and not isinstance(spec.example, str):
        return "\n".join(map(str, spec.example))
    return None if spec.example is None else str(spec.example)
