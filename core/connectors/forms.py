"""A kind's configuration model seen from outside: its checking here, its form and its secrets beside it.

Outside names are the aliases where a field has one. Refusals are `field.<pydantic's error type>` in the catalogues and
never repeat the refused value.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core.connectors.base import ConnectorConfig, SampleParams
from core.connectors.config_secrets import (
    kept_secrets,
    merge_secrets,
    plain_config,
    public_config,
    secret_names,
    secret_paths,
    secret_values,
    value_of,
)
from core.connectors.field_specs import field_specs
from core.connectors.shapes import fields_of
from core.errors import InvalidInput
from core.form_values import KEPT
from core.models import FieldError, Message

__all__ = [
    "KEPT",
    "field_specs",
    "kept_secrets",
    "merge_secrets",
    "plain_config",
    "public_config",
    "secret_names",
    "secret_paths",
    "secret_values",
    "validate",
    "validate_config",
    "validate_params",
    "value_of",
]

Model = TypeVar("Model", bound=BaseModel)
Config = TypeVar("Config", bound=ConnectorConfig)
Params = TypeVar("Params", bound=SampleParams)

_HIDDEN = frozenset(
    {"tag", "error", "input_value", "field", "discriminator", "expected_tags"}
)  # in an error's context: the input, or no argument
_UNION = {"union_tag_invalid": "literal_error", "union_tag_not_found": "missing"}
"""Which variant is meant is a choice like any other to who fills in the form."""


def validate(model: type[Model], data: Mapping[str, Any], prefix: str = "") -> Model:
    """The typed values, read as strict JSON: lists and whole numbers fit, numeric text does not.

    Raises InvalidInput with one error a wrong field, each named `<prefix>.<field>`, or `<field>` without a prefix.
    """
    try:
        return model.model_validate_json(_as_json(data))
    except UnicodeEncodeError:
        found = _unencodable(data, prefix)
    except ValidationError as err:
        found = _field_errors(model, err.errors(include_input=False, include_url=False), prefix)
    # Raised out here, so that not even the context of this error holds the refused values.
    raise InvalidInput(fields=found)


def validate_config(model: type[Config], plain: Mapping[str, Any]) -> Config:
    """Raises InvalidInput naming each wrong field as `config.<field>`, a `{"set": True}` without a kept secret too."""
    try:
        config = validate(model, plain, "config")
        found = _repeated(model, plain)
    except InvalidInput as err:
        found = _named_unset(model, plain, err.fields)
    if found:
        raise InvalidInput(fields=found)
    return config


def validate_params(model: type[Params], params: Mapping[str, Any], rows_max: int | None = None) -> Params:
    """Raises InvalidInput naming each wrong field as `params.<field>`; the highest `limit` is `rows_max`.

    Where nobody names a limit, a lower `rows_max` is the default.
    """
    given = validate(model, params, "params")
    if rows_max is None or given.limit <= rows_max:
        return given
    if "limit" in given.model_fields_set:
        raise InvalidInput(fields=(FieldError("params.limit", Message("field.less_than_equal", {"le": rows_max})),))
    return given.model_copy(update={"limit": rows_max})


def _named_unset(
    model: type[BaseModel], plain: Mapping[str, Any], errors: Iterable[FieldError]
) -> tuple[FieldError, ...]:
    """Says of a secret that is to stay as it is, and is not there, just that."""
    kept = {_dotted("config", path) for path in secret_paths(model, plain) if value_of(plain, path) == KEPT}
    message = Message("field.secret_not_set")
    return tuple(FieldError(error.field, message) if error.field in kept else error for error in errors)


def _repeated(model: type[BaseModel], plain: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """Headers that differ only in the case of their letters are one header given twice."""
    found = list[FieldError]()
    for name, _, shape in fields_of(model):
        given = plain.get(name) if shape.secret_keys else None
        if not given:
            continue
        times = Counter(map(str.casefold, given))
        twice = {key.casefold(): key for key in given if times[key.casefold()] > 1}
        found += (FieldError(_dotted("config", (name, key)), Message("field.header_twice")) for key in twice.values())
    return tuple(found)


def _as_json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, default=_mapping).encode()


def _mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def _unencodable(data: Mapping[str, Any], prefix: str) -> tuple[FieldError, ...]:
    """The fields that hold half a surrogate pair, which no text on its way to a source can carry."""
    message = Message("field.string_unicode")
    return tuple(FieldError(_dotted(prefix, [name]), message) for name in data if not _encodes({name: data[name]}))


def _encodes(data: Mapping[str, Any]) -> bool:
    try:
        _as_json(data)
    except UnicodeEncodeError:
        return False
    return True


def _field_errors(model: type[BaseModel], errors: Iterable[ErrorDetails], prefix: str) -> tuple[FieldError, ...]:
    """One error a field, the first that pydantic found."""
    found: dict[str, FieldError] = {}
    for error in errors:
        field = _dotted(prefix, _path(model, error))
        found.setdefault(field, FieldError(field, _message(error)))
    return tuple(found.values())


def _message(error: ErrorDetails) -> Message:
    context = error.get("ctx", {})
    kind = error["type"]
    # Pydantic counts the characters of a SecretStr as if they were entries of a list.
    if context.get("field_type") == "Value" and kind in ("too_long", "too_short"):
        kind = f"string_{kind}"
    if kind in _UNION:
        kind, context = _UNION[kind], {"expected": context.get("expected_tags", "")}
    args = {name: value for name, value in context.items() if isinstance(value, int | float | str)}
    if "expected" in args:  # pydantic joins the choices with an English "or"
        args["expected"] = ", ".join(re.findall(r"'([^']*)'", str(args["expected"])))
    return Message(f"field.{kind}", {name: _plain_number(value) for name, value in args.items() if name not in _HIDDEN})


def _plain_number(value: float | str) -> float | str:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _path(model: type[BaseModel], error: ErrorDetails) -> list[str]:
    """Names of fields and of headers only: indexes and the branches of a union mean nothing to who filled in the form.

    A rule over several fields has no place of its own; it may name the field at fault in its context.
    """
    path, models, in_mapping = list[str](), [model], False
    for part in error["loc"] or (error.get("ctx", {}).get("field"),):
        inner = [info for each in models for name, info in each.model_fields.items() if (info.alias or name) == part]
        if inner or (in_mapping and isinstance(part, str)):
            path.append(str(part))
        if inner or in_mapping:
            models = [found for info in inner for found in _models(info.annotation)]
            in_mapping = any(_holds_mapping(info.annotation) for info in inner)
    return path + _last(error)


def _last(error: ErrorDetails) -> list[str]:
    if error["type"] == "extra_forbidden":
        return [str(error["loc"][-1])]
    if error["type"] in _UNION:
        return [str(error.get("ctx", {}).get("discriminator", "")).strip("'")]
    return []


def _holds_mapping(annotation: Any) -> bool:
    return get_origin(annotation) is dict or any(map(_holds_mapping, get_args(annotation)))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for member in get_args(annotation):
        yield from _models(member)


def _dotted(prefix: str, path: Iterable[str]) -> str:
    return ".".join(part for part in (prefix, *path) if part).encode(errors="replace").decode()
