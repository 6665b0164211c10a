"""The form of a kind: one `FieldSpec` an input, made from the kind's configuration model."""

import inspect
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from core.connectors.shapes import Shape, extra_of, fields_of, tags
from core.models import FieldSpec


@cache
def field_specs(model: type[BaseModel]) -> tuple[FieldSpec, ...]:
    """One spec an input, the kind's own before those of its bases; members of a nested value are dotted."""
    place = {field: index for index, field in enumerate(_own_first(model))}
    ordered = sorted(fields_of(model), key=lambda found: place[id(found[1])])
    return tuple(spec for name, info, shape in ordered for spec in _specs(name, info, shape))


def _own_first(model: type[BaseModel]) -> Iterator[int]:
    """Identities of the fields in the order in which the classes, from the model up, write them down."""
    written = (name for cls in model.__mro__ for name in inspect.get_annotations(cls))
    return (id(model.model_fields[name]) for name in dict.fromkeys(written) if name in model.model_fields)


def described(spec: FieldSpec) -> dict[str, Any]:
    """A field for programs: name, type, whether it is required and a secret, default, choices, when it counts."""
    when = {name: list(values) for name, values in spec.shown_when}
    known = {"name": spec.name, "type": spec.type, "required": spec.required, "secret": is_secret(spec)}
    return known | {"default": spec.default, "choices": list(spec.choices), "shown_when": when}


def notation(spec: FieldSpec) -> str:
    """A field in short: `name`, `*` when it is a secret, `?` when it may be left out, then default or choices."""
    marks = f"{'*' if is_secret(spec) else ''}{'' if spec.required else '?'}"
    choices = f" ({'/'.join(spec.choices)})" if spec.choices else ""
    return f"{spec.name}{marks}{_default(spec.default)}{choices}"


def is_secret(spec: FieldSpec) -> bool:
    """Whether the field holds a secret, or may."""
    return spec.type == "secret" or spec.secret_keys


def _default(default: Any) -> str:
    if default in (None, "", [], {}):
        return ""
    if isinstance(default, list):
        return f" {', '.join(map(str, default))}"
    return f" {str(default).lower() if isinstance(default, bool) else default}"


def _specs(name: str, info: FieldInfo, shape: Shape) -> Iterator[FieldSpec]:
    if shape.type == "nested":
        return _nested(name, info, shape)
    return iter([_spec(name, info, shape)])


def _spec(name: str, info: FieldInfo, shape: Shape) -> FieldSpec:
    extra = extra_of(info)
    return FieldSpec(
        name=name,
        type=shape.type,
        required=info.is_required(),
        default=_shown_default(info, shape),
        choices=shape.choices,
        section=str(extra.get("section", "connection")),
        example=extra.get("example"),
        shown_when=_conditions(extra.get("shown_when")),
        secret_keys=shape.secret_keys,
    )


def _conditions(when: Any) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    return tuple((name, tuple(values)) for name, values in when.items()) if when else ()


def _shown_default(info: FieldInfo, shape: Shape) -> Any:
    default = info.get_default(call_default_factory=True, validated_data={})
    hidden = default is PydanticUndefined or shape.type == "secret" or shape.secret_keys
    return None if hidden else to_jsonable_python(default, by_alias=True)


def _nested(name: str, info: FieldInfo, shape: Shape) -> Iterator[FieldSpec]:
    """The choice between the variants first, then each member once, with the variants that have it."""
    outer, found = _spec(name, info, replace(shape, type="text")), dict[str, FieldSpec]()
    section = str(extra_of(info).get("section", name))
    if shape.tag:
        choices = tuple(value for model in shape.variants for value in tags(model, shape.tag))
        default = (outer.default or {}).get(shape.tag)
        tag = FieldSpec(f"{name}.{shape.tag}", "choice", outer.required, default, choices, section)
        yield replace(tag, shown_when=outer.shown_when)
    for model in shape.variants:
        for spec in _members(name, model, shape, outer):
            earlier = found.get(spec.name)
            found[spec.name] = _joined(earlier, spec, f"{name}.{shape.tag}") if earlier else spec
    yield from (replace(spec, section=section) for spec in found.values())


def _members(name: str, model: type[BaseModel], shape: Shape, outer: FieldSpec) -> Iterator[FieldSpec]:
    when = ((f"{name}.{shape.tag}", tags(model, shape.tag)),) if shape.tag else ()
    for spec in field_specs(model):
        if spec.name != shape.tag:
            inner = tuple((f"{name}.{other}", values) for other, values in spec.shown_when)
            yield replace(spec, name=f"{name}.{spec.name}", shown_when=(*outer.shown_when, *when, *inner))


def _joined(one: FieldSpec, other: FieldSpec, tag: str) -> FieldSpec:
    """A member that two variants have is one input, shown with either."""
    values = dict(other.shown_when).get(tag, ())
    when = tuple((name, (*wanted, *values) if name == tag else wanted) for name, wanted in one.shown_when)
    return replace(one, shown_when=when, required=one.required and other.required)
