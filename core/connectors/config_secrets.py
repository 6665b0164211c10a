"""The secrets inside a configuration, by their paths: `password`, `auth.password`, `headers.X-Api-Key`.

A path is a tuple of outside names; people see it dotted. Headers are one name whatever the case of their letters.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, SecretStr
from pydantic_core import to_jsonable_python

from core.connectors.base import ConnectorConfig
from core.connectors.field_specs import field_specs
from core.connectors.shapes import Shape, fields_of
from core.form_values import KEPT, suggests_secret

Path = tuple[str, ...]
_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^:@/?#]*:([^@/?#]*)@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Held:
    """A kept secret on its way through a merge: who still stands at the end was not replaced."""

    value: Any = field(repr=False)


def plain_config(config: ConnectorConfig) -> dict[str, Any]:
    """JSON-ready values by outside names, secrets in clear, without what is None."""
    return _plain(config)


def public_config(model: type[BaseModel], plain: Mapping[str, Any]) -> dict[str, Any]:
    """`plain` for outsiders, in the order of the form: `{"set": True}` in the place of each secret that is there."""
    order = _order(model)
    public = {name: plain[name] for name in [*order, *(plain.keys() - set(order))] if plain.get(name) is not None}
    for path in secret_paths(model, plain):
        public = _replaced(public, path, dict(KEPT))
    return public


@lru_cache(maxsize=256)
def _order(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spec.name.partition(".")[0] for spec in field_specs(model)))


def merge_secrets(model: type[BaseModel], kept: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """`kept` with the changes of a JSON merge patch (RFC 7396); a secret sent as `{"set": True}` stays as it was.

    Where a value changes its variant, nothing of the old one is left. A `{"set": True}` that stands for no kept
    secret remains, for `core.connectors.forms.validate_config` to refuse.
    """
    merged: dict[str, Any] = _released(_merged(model, kept, sent))
    return merged


def kept_secrets(model: type[BaseModel], kept: Mapping[str, Any], sent: Mapping[str, Any]) -> tuple[str, ...]:
    """Dotted paths of the secrets whose value after a merge is the kept one."""
    return tuple(".".join(path) for path in _held_paths(_merged(model, kept, sent)))


def secret_names(model: type[BaseModel]) -> tuple[str, ...]:
    """Dotted names of the fields that hold secrets; `headers.*` where the names inside decide."""
    return tuple(dict.fromkeys(name for outer, _, shape in fields_of(model) for name in _names(outer, shape)))


def secret_paths(model: type[BaseModel], config: Mapping[str, Any]) -> tuple[Path, ...]:
    """Where the secrets of a configuration stand, `{"set": True}` included."""
    return tuple(_paths(model, config, ()))


def value_of(config: Mapping[str, Any], path: Path) -> Any:
    """What stands at a path that is there."""
    value: Any = config
    for name in path:
        value = value[name]
    return value


def secret_values(config: ConnectorConfig) -> tuple[str, ...]:
    """Every secret of a validated configuration as text, so that it can be taken out of what others say.

    Of a secret that is an address, the password inside it is one more.
    """
    texts = [text for value in _secrets_in(config) for text in _texts(value)]
    inside = [unquote(found[1]) for text in texts if (found := _PASSWORD.match(text))]
    return tuple(text for text in dict.fromkeys([*texts, *inside]) if text)


def _plain(config: BaseModel, *only: str) -> dict[str, Any]:
    dumped = config.model_dump(by_alias=True, exclude_none=True, include=set(only) or None)
    plain: dict[str, Any] = to_jsonable_python(_revealed(dumped))
    return plain


def _names(outer: str, shape: Shape) -> Iterator[str]:
    if shape.type == "secret":
        yield outer
    elif shape.secret_keys:
        yield f"{outer}.*"
    for variant in shape.variants:
        yield from (f"{outer}.{name}" for name in secret_names(variant))


def _paths(model: type[BaseModel], config: Mapping[str, Any], above: Path) -> Iterator[Path]:
    for name, _, shape in fields_of(model):
        value, path = config.get(name), (*above, name)
        if shape.type == "secret" and value is not None:
            yield path
        elif isinstance(value, Mapping):
            inner = (p for variant in shape.variants_of(value) for p in _paths(variant, value, path))
            # Several variants where none is named: all that any of them calls a secret, each once.
            yield from dict.fromkeys(inner)
            if shape.secret_keys:
                yield from ((*path, key) for key in value if value[key] is not None and suggests_secret(key))


@lru_cache(maxsize=256)
def _secret_fields(model: type[BaseModel]) -> tuple[tuple[str, Shape], ...]:
    """The fields, by their own names, in which a secret can stand."""
    fields = zip(model.model_fields, fields_of(model), strict=True)
    return tuple(
        (own, shape) for own, (_, _, shape) in fields if shape.type == "secret" or shape.secret_keys or shape.variants
    )


def _secrets_in(config: BaseModel) -> Iterator[Any]:
    """What `secret_paths` lead to, without writing out all the rest: every connector asks as it is built."""
    for own_name, shape in _secret_fields(type(config)):
        value = getattr(config, own_name)
        if isinstance(value, BaseModel) and shape.type != "secret":
            yield from _secrets_in(value)
        elif shape.type == "secret" and value is not None:
            yield value.get_secret_value() if isinstance(value, SecretStr) else _plain(config, own_name)
        elif shape.secret_keys and value:
            yield from (_revealed(held) for name, held in value.items() if held is not None and suggests_secret(name))


def _merged(model: type[BaseModel], kept: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    held = dict(kept)
    for path in secret_paths(model, kept):
        held = _replaced(held, path, _Held(value_of(kept, path)))
    return _patched(held, sent, {name: shape for name, _, shape in fields_of(model)})


def _patched(kept: Mapping[str, Any], sent: Mapping[str, Any], shapes: Mapping[str, Shape]) -> dict[str, Any]:
    merged = dict(kept)
    for name, value in sent.items():
        before, shape = merged.get(name), shapes.get(name)
        if value is None:
            merged.pop(name, None)
        elif value == KEPT and isinstance(before, _Held):
            continue
        elif isinstance(value, Mapping):
            base = before if isinstance(before, Mapping) else {}
            merged[name] = _patched_inner(base, value, shape) if shape else _patched(base, value, {})
        else:
            merged[name] = value
    return merged


def _patched_inner(base: Mapping[str, Any], sent: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    if shape.type == "mapping":
        return _patched(*_respelled(base, sent), {})
    if shape.tag and sent.get(shape.tag, base.get(shape.tag)) != base.get(shape.tag):
        base = {}
    variants = shape.variants_of({**base, **sent})
    return _patched(base, sent, {name: inner for variant in variants for name, _, inner in fields_of(variant)})


def _respelled(base: Mapping[str, Any], sent: Mapping[str, Any]) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """`base` with its names spelled as `sent` spells them, so that a header meets itself."""
    spelled = {name.casefold(): name for name in sent}
    return {spelled.get(name.casefold(), name): value for name, value in base.items()}, sent


def _held_paths(value: Any, above: Path = ()) -> Iterator[Path]:
    if isinstance(value, _Held):
        yield above
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _held_paths(inner, (*above, name))


def _released(value: Any) -> Any:
    if isinstance(value, _Held):
        return value.value
    return {name: _released(inner) for name, inner in value.items()} if isinstance(value, Mapping) else value


def _replaced(config: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    name, *rest = path
    return {**config, name: _replaced(config[name], tuple(rest), value) if rest else value}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
    else:
        yield str(value)


def _revealed(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, dict):
        return {name: _revealed(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_revealed(member) for member in value]
    return value
