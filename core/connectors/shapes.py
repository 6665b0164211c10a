"""What the fields of a configuration model hold, read from their annotations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

Models = tuple[type[BaseModel], ...]
_WORDS = {bool: "boolean", int: "integer", float: "number"}


@dataclass(frozen=True, slots=True)
class Shape:
    """`type` is a word of `core.models.FieldSpec`, or `nested`: then `variants` are its models, told apart by `tag`.

    `secret_keys`: of a mapping, those values are secrets whose names suggest it.
    """

    type: str
    choices: tuple[str, ...] = ()
    variants: Models = ()
    tag: str | None = None
    secret_keys: bool = False

    def variants_of(self, value: Mapping[str, Any]) -> Models:
        """The one variant that `value` names, or all of them where it names none."""
        named = tuple(model for model in self.variants if self.tag and value.get(self.tag) in tags(model, self.tag))
        return named or self.variants


@lru_cache(maxsize=256)
def fields_of(model: type[BaseModel]) -> tuple[tuple[str, FieldInfo, Shape], ...]:
    """Outside name, pydantic's own description and shape of each field. Read once a model: it takes some 0.2 ms."""
    return tuple((info.alias or name, info, shape_of(info)) for name, info in model.model_fields.items())


def shape_of(info: FieldInfo) -> Shape:
    """What cannot be told apart but holds a secret somewhere is a secret as a whole."""
    members = list(_members(info.annotation))
    models = tuple(found for found in members if isinstance(found, type) and issubclass(found, BaseModel))
    if models and len(models) == len(members):
        return Shape("nested", variants=models, tag=_tag_of(models))
    if any(get_origin(member) is dict for member in members):
        return _mapping(info, members)
    if any(map(holds_secret, members)):
        return Shape("secret")
    return _ordinary(info, members)


def extra_of(info: FieldInfo) -> Mapping[str, Any]:
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


@lru_cache(maxsize=256)
def tags(model: type[BaseModel], tag: str) -> tuple[str, ...]:
    """The values of the field `tag` that name this variant."""
    return tuple(map(str, get_args(model.model_fields[tag].annotation)))


def holds_secret(annotation: Any) -> bool:
    """Whether a secret stands anywhere in a type."""
    if isinstance(annotation, type) and issubclass(annotation, SecretStr):
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(holds_secret(info.annotation) for info in annotation.model_fields.values())
    return any(map(holds_secret, get_args(annotation)))


def _mapping(info: FieldInfo, members: list[Any]) -> Shape:
    by_name = bool(extra_of(info).get("secret_keys"))
    return Shape("mapping", secret_keys=by_name) if by_name or not any(map(holds_secret, members)) else Shape("secret")


def _ordinary(info: FieldInfo, members: list[Any]) -> Shape:
    for member in members:
        if get_origin(member) is Literal:
            return Shape("choice", tuple(map(str, get_args(member))))
    if any(get_origin(member) in (list, tuple, set, frozenset) for member in members):
        return Shape("list")
    word = next((word for kind, word in _WORDS.items() if kind in members), "text")
    return Shape("multiline" if word == "text" and extra_of(info).get("multiline") else word)


def _tag_of(models: Models) -> str | None:
    """The field by which a union's variants are told apart: a literal in each."""
    literal = (
        {name for name, info in m.model_fields.items() if get_origin(info.annotation) is Literal} for m in models
    )
    shared = set.intersection(*literal) if len(models) > 1 else set()
    return min(shared, default=None)


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
