"""Fields and values of what was changed, as people read them."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.form_values import KEPT
from core.i18n import LANGUAGES, Translator, name_of
from ui.inputs import MASK
from ui.runtime import runtime

NOTHING = "—"
WORDED = {
    "role": ("role",),
    "state": ("state",),
    "status": ("status", "queries.status"),
    "kind": ("kind",),
    "samples": ("admin.policy",),
}
"""Fields whose values have words of their own, and where these stand."""
AS_WRITTEN = ("params", "parameters")
"""Requests are people's own: a field of their data may have the name of one of ours."""
MOMENTS = ("start", "until", "from", "expires_at", "created_at")


def field_words(name: str, t: Translator) -> str:
    """What people call a field; of a configuration, what the first kind that has it calls it."""
    own = name.removeprefix("config.")
    by_kind = (f"kind.{kind.name}.field.{own}" for kind in runtime().sources.kinds())
    keys = (f"audit.field.{name}", f"input.{name}", *by_kind, f"field.label.{own}")
    return next((t.text(key) for key in keys if key in t), name)


def value_words(name: str, value: Any, t: Translator) -> str:
    """A JSON value as people read it; a secret is only said to be there, or to be another one."""
    if name in AS_WRITTEN:
        return json.dumps(value, ensure_ascii=False) if value else NOTHING
    if isinstance(value, Mapping):
        return _mapping_words(name, value, t)
    if isinstance(value, list | tuple):
        return t.listed([value_words(name, each, t) for each in value]) if value else NOTHING
    if isinstance(value, bool):
        return t.text("form.yes" if value else "form.no")
    return NOTHING if value in (None, "") else _scalar_words(name, value, t)


def _scalar_words(name: str, value: Any, t: Translator) -> str:
    if name in WORDED:
        keys = [f"{group}.{value}" for group in WORDED[name]]
        return next((t.text(key) for key in keys if key in t), str(value))
    if name == "language":
        return name_of(value) if value in LANGUAGES else str(value)
    if name in MOMENTS:
        try:
            return t.datetime(datetime.fromisoformat(str(value)))
        except ValueError:
            return str(value)
    if isinstance(value, int | float) and not name.startswith("config."):
        return t.number(value)
    return t.text_or(f"field.choice.{name.removeprefix('config.')}.{value}", str(value))


def _mapping_words(name: str, value: Mapping[str, Any], t: Translator) -> str:
    if value.get("set") is True and not set(value) - {*KEPT, "replaced"}:
        return t.text("audit.secret_replaced") if value.get("replaced") else MASK
    inner = ((_within(name, member), each) for member, each in value.items())
    return " · ".join(f"{field_words(path, t)} {value_words(path, each, t)}" for path, each in inner) or NOTHING


def _within(name: str, member: str) -> str:
    """A member of a configuration's field is known by its whole path, others by their own name."""
    return f"{name}.{member}" if name.startswith("config.") else member
