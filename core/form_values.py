"""Between a form's inputs, named with dots, and the nested configuration they stand for."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.models import FieldSpec

KEPT = {"set": True}
"""What stands for a secret outside; sent back, it means: as it is."""

_SECRET_NAME = re.compile(r"authorization|cookie|key|token|secret|password|credential|session|signature", re.IGNORECASE)
_EMPTY: tuple[Any, ...] = (None, "", [], (), {})


def suggests_secret(name: str) -> bool:
    """Whether a header or a parameter of this name holds a secret."""
    return _SECRET_NAME.search(name) is not None


def nested(values: Mapping[str, Any], specs: Sequence[FieldSpec] = ()) -> dict[str, Any]:
    """The configuration that dotted `values` say, without empty ones and without those that `specs` hide."""
    hidden = {spec.name for spec in specs if not is_shown(spec, values)}
    config: dict[str, Any] = {}
    for name, value in values.items():
        if name not in hidden and value not in _EMPTY:
            *outer, last = name.split(".")
            place = config
            for part in outer:
                place = place.setdefault(part, {})
            place[last] = value
    return config


def without_kept(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration as it is seen from outside, without the secrets that stay where they are."""
    return {
        name: without_kept(value) if isinstance(value, Mapping) else value
        for name, value in config.items()
        if value != KEPT
    }


def overlaid(config: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`config` with the changes of a JSON merge patch (RFC 7396)."""
    merged = dict(config)
    for name, value in over.items():
        if isinstance(value, Mapping):
            inner = merged.get(name)
            merged[name] = overlaid(inner if isinstance(inner, Mapping) else {}, value)
        elif value is None:
            merged.pop(name, None)
        else:
            merged[name] = value
    return merged


def value_at(config: Mapping[str, Any], name: str) -> Any:
    """What stands under a dotted name, None where nothing does."""
    value: Any = config
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def dotted(config: Mapping[str, Any], specs: Sequence[FieldSpec]) -> dict[str, Any]:
    """The values that the inputs of `specs` hold in `config`, by dotted names; the reverse of `nested`."""
    found = ((spec.name, value_at(config, spec.name)) for spec in specs)
    return {name: value for name, value in found if value is not None}


def is_shown(spec: FieldSpec, values: Mapping[str, Any]) -> bool:
    """Whether an input counts beside the dotted `values` of the others."""
    return all(values.get(name) in wanted for name, wanted in spec.shown_when)


def changes(kept: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON merge patch (RFC 7396) that makes `wanted` of `kept`."""
    patch: dict[str, Any] = dict.fromkeys(kept.keys() - wanted.keys())
    for name, value in wanted.items():
        before = kept.get(name)
        if value == before:
            continue
        if isinstance(value, Mapping) and isinstance(before, Mapping) and before != KEPT:
            # Whole, for a changed variant keeps nothing of the old one, and would miss what is the same in both.
            value = dict.fromkeys(before.keys() - value.keys()) | dict(value)
        patch[name] = value
    return patch
