"""A kind's configuration model seen from outside: its form, its checking, and its secrets.

Outside names are the aliases where a field has one. Refusals are `field.<pydantic's error type>` in the catalogues and
never repeat the refused value.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, to_jsonable_python

from core.connectors.base import ConnectorConfig, SampleParams
from core.errors import InvalidInput
from core.models import FieldError, FieldSpec, Message

Model = TypeVar("Model", bound=BaseModel)
Config = TypeVar("Config", bound=ConnectorConfig)
Params = TypeVar("Params", bound=SampleParams)

KEPT = {"set": True}
"""What stands for a secret outside; sent back, it means: as it is."""

_TYPES = {SecretStr: "secret", bool: "boolean", int: "integer", float: "number"}
_HIDDEN = frozenset({"tag", "error", "input_value", "field"})  # in an error's context: the input, or no argument


def field_specs(model: type[BaseModel]) -> tuple[FieldSpec, ...]:
    """One spec a field, the kind's own before those that every kind has."""
    shared = ConnectorConfig.model_fields
    ordered = sorted(model.model_fields.items(), key=lambda item: item[0] in shared)
    return tuple(_spec(name, info) for name, info in ordered)


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
    """Raises InvalidInput naming each wrong field as `config.<field>`."""
    return validate(model, plain, "config")


def validate_params(model: type[Params], params: Mapping[str, Any]) -> Params:
    """Raises InvalidInput naming each wrong field as `params.<field>`."""
    return validate(model, params, "params")


def plain_config(config: ConnectorConfig) -> dict[str, Any]:
    """JSON-ready values by outside names, secrets in clear, without what is None."""
    plain: dict[str, Any] = to_jsonable_python(_revealed(config.model_dump(by_alias=True, exclude_none=True)))
    return plain


def public_config(model: type[BaseModel], plain: Mapping[str, Any]) -> dict[str, Any]:
    """`plain` for outsiders: `{"set": True}` in the place of each secret that is there."""
    secrets = secret_names(model)
    return {name: dict(KEPT) if name in secrets else value for name, value in plain.items() if value is not None}


def merge_secrets(model: type[BaseModel], kept: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """`kept` with the changes of a JSON merge patch (RFC 7396); a secret sent as `{"set": True}` stays as it was."""
    unchanged = {name for name in secret_names(model) if sent.get(name) == KEPT}
    return _merged(kept, {name: value for name, value in sent.items() if name not in unchanged})


def kept_secrets(model: type[BaseModel], kept: Mapping[str, Any], sent: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the secrets whose value after a merge is the kept one."""
    held = (name for name in secret_names(model) if kept.get(name) is not None)
    return tuple(name for name in held if name not in sent or sent[name] == KEPT)


def secret_names(model: type[BaseModel]) -> tuple[str, ...]:
    """Outside names of the fields that hold secrets."""
    specs = (_spec(name, info) for name, info in model.model_fields.items())
    return tuple(spec.name for spec in specs if spec.type == "secret")


def _spec(name: str, info: FieldInfo) -> FieldSpec:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    type_, choices = _type(info.annotation)
    if type_ == "text" and extra.get("multiline"):
        type_ = "multiline"
    required = info.is_required()
    return FieldSpec(
        name=info.alias or name,
        type=type_,
        required=required,
        default=None
        if required or type_ == "secret"
        else info.get_default(call_default_factory=True, validated_data={}),
        choices=choices,
        section=str(extra.get("section", "connection")),
        example=extra.get("example"),
    )


def _type(annotation: Any) -> tuple[str, tuple[str, ...]]:
    kinds = list(_members(annotation))
    for kind in kinds:
        if get_origin(kind) is Literal:
            return "choice", tuple(map(str, get_args(kind)))
    return next((word for kind, word in _TYPES.items() if kind in kinds), "text"), ()


def _members(annotation: Any) -> Iterator[Any]:
    """The types that an annotation joins, without `Annotated` and `None`."""
    origin, members = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _members(members[0])
    elif origin in (Union, UnionType):
        for member in members:
            yield from _members(member)
    elif annotation is not NoneType:
        yield annotation


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
    args = {name: value for name, value in context.items() if isinstance(value, int | float | str)}
    if "expected" in args:  # pydantic joins the choices with an English "or"
        args["expected"] = ", ".join(re.findall(r"'([^']*)'", str(args["expected"])))
    return Message(f"field.{kind}", {name: _plain_number(value) for name, value in args.items() if name not in _HIDDEN})


def _plain_number(value: float | str) -> float | str:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _path(model: type[BaseModel], error: ErrorDetails) -> list[str]:
    """Names of fields only: indexes, keys and the branches of a union mean nothing to who filled in the form.

    A rule over several fields has no place of its own; it may name the field at fault in its context.
    """
    path, models = list[str](), [model]
    for part in error["loc"] or (error.get("ctx", {}).get("field"),):
        inner = [info for each in models for name, info in each.model_fields.items() if (info.alias or name) == part]
        if inner:
            path.append(str(part))
            models = [found for info in inner for found in _models(info.annotation)]
    if error["type"] == "extra_forbidden":
        path.append(str(error["loc"][-1]))
    return path


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for member in get_args(annotation):
        yield from _models(member)


def _dotted(prefix: str, path: Iterable[str]) -> str:
    return ".".join(part for part in (prefix, *path) if part).encode(errors="replace").decode()


def _merged(kept: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(kept)
    for name, value in sent.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            inner = merged.get(name)
            merged[name] = _merged(inner if isinstance(inner, Mapping) else {}, value)
        else:
            merged[name] = value
    return merged


def _revealed(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, dict):
        return {name: _revealed(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_revealed(member) for member in value]
    return value
