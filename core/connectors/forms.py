"""From a kind's models: its form, the validation of what people give, and which of it is secret."""

import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from core.connectors.base import secret_fields
from core.errors import ConfigError, InvalidInput
from core.models import FieldError, FieldSpec, Message

SET: Mapping[str, bool] = {"set": True}
"""What stands in the place of a secret wherever it can be seen."""

TRANSLATED = frozenset({
    "missing", "extra_forbidden", "string_type", "int_type", "float_type", "bool_type", "list_type", "dict_type",
    "model_type", "string_too_short", "string_too_long", "too_short", "too_long", "greater_than",
    "greater_than_equal", "less_than", "less_than_equal", "literal_error", "enum", "finite_number", "int_from_float",
    "int_parsing", "float_parsing", "string_pattern_mismatch", "json_invalid", "value_error",
    "one_host", "control_characters", "pem", "one_of", "only_with", "table_name",
})  # fmt: skip
"""The kinds of error that have a sentence `field.<kind>` of their own; all others say `field.value_error`."""

_TYPES: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number", str: "text", SecretStr: "secret"}

M = TypeVar("M", bound=BaseModel)


def field_specs(model: type[BaseModel]) -> tuple[FieldSpec, ...]:
    """One input for each field, in the order of the model; those of the section `limits` come last."""
    specs = [_spec(outside_name(name, info), info) for name, info in model.model_fields.items()]
    return tuple(sorted(specs, key=lambda spec: spec.section == "limits"))


def validate(model: type[M], data: Any, prefix: str = "") -> M:
    """`data` as `model`. Raises InvalidInput naming each wrong field, below `prefix` when one is given."""
    try:
        return model.model_validate(data)
    except ValidationError as err:
        raise InvalidInput(fields=_field_errors(err, prefix)) from None


def validate_config(model: type[M], plain: Mapping[str, Any], prefix: str = "config") -> M:
    """A configuration, typed. Raises InvalidInput naming `config.<field>`; no message repeats a value."""
    return validate(model, plain, prefix)


def validate_params(model: type[M], plain: Mapping[str, Any], limit_max: int | None = None) -> M:
    """Sample parameters, typed. Raises ConfigError naming `params.<field>`, also for a `limit` above `limit_max`."""
    try:
        params = model.model_validate(plain)
    except ValidationError as err:
        raise ConfigError(fields=_field_errors(err, "params")) from None
    if limit_max is not None and getattr(params, "limit", 0) > limit_max:
        message = Message("field.less_than_equal", {"le": limit_max})
        raise ConfigError(fields=(FieldError("params.limit", message),))
    return params


def plain_config(config: BaseModel) -> dict[str, Any]:
    """A validated configuration as plain values under their outside names: secrets in clear, unset fields left out."""
    values = config.model_dump(by_alias=True, exclude_none=True)
    return {name: _revealed(value) for name, value in values.items()}


def public_config(model: type[BaseModel], plain: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration for outsiders: `{"set": True}` for every secret that has a value."""
    secrets = secret_names(model)
    shown = {name: value for name, value in plain.items() if name not in secrets}
    return shown | {name: dict(SET) for name in secrets & plain.keys() if plain[name] is not None}


def merge_secrets(model: type[BaseModel], kept: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """The kept configuration with the sent changes.

    A field left out stays; `None` clears it; a secret sent as `{"set": True}` stays; any other value replaces.
    """
    untouched = _untouched(model, sent)
    changes = {name: value for name, value in sent.items() if name not in untouched}
    return {name: value for name, value in {**kept, **changes}.items() if value is not None}


def kept_secrets(model: type[BaseModel], kept: Mapping[str, Any], sent: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the secrets that a merge takes over unseen."""
    held = [name for name in secret_names(model) if kept.get(name) is not None]
    return tuple(sorted(name for name in held if name not in sent or name in _untouched(model, sent)))


def secret_names(model: type[BaseModel]) -> frozenset[str]:
    """Outside names of the fields that hold secrets."""
    return frozenset(outside_name(name, model.model_fields[name]) for name in secret_fields(model))


def outside_name(name: str, info: FieldInfo) -> str:
    return info.alias or name


def _untouched(model: type[BaseModel], sent: Mapping[str, Any]) -> set[str]:
    return {name for name in secret_names(model) if sent.get(name) == SET}


def _spec(name: str, info: FieldInfo) -> FieldSpec:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    type_, choices = _input(info.annotation)
    return FieldSpec(
        name=name,
        type=str(extra.get("input", type_)),
        required=info.is_required(),
        default=None if info.is_required() else info.default,
        choices=choices,
        section=str(extra.get("section", "connection")),
        example=extra.get("example"),
    )


def _input(annotation: Any) -> tuple[str, tuple[str, ...]]:
    """The type of input for an annotation, and its choices when it is a Literal."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _input(args[0])
    if origin in (Union, UnionType):
        return _input(next(arg for arg in args if arg is not type(None)))
    if origin is Literal:
        return "choice", tuple(map(str, args))
    return _TYPES.get(annotation, "text"), ()


def _field_errors(err: ValidationError, prefix: str) -> tuple[FieldError, ...]:
    found = err.errors(include_url=False, include_input=False)
    return tuple(FieldError(_path(error, prefix), _message(error)) for error in found)


def _path(error: ErrorDetails, prefix: str) -> str:
    # A rule between fields has no place of its own; it names the field at fault in its context.
    place = error["loc"] or (*filter(None, [error.get("ctx", {}).get("field")]),)
    return ".".join(str(part) for part in (prefix, *place) if part != "")


def _message(error: ErrorDetails) -> Message:
    type_ = error["type"] if error["type"] in TRANSLATED else "value_error"
    context = {name: value for name, value in error.get("ctx", {}).items() if isinstance(value, int | float | str)}
    if "expected" in context:
        context["expected"] = ", ".join(re.findall(r"'([^']*)'", str(context["expected"])))
    if type_ == "value_error":
        context = {}
    return Message(f"field.{type_}", context)


def _revealed(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
