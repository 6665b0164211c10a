"""A schema read as data: by an ordinary query, and never built, for real ones hold what no library accepts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

BYTES_MAX = 8 * 1024 * 1024
"""The largest public schemas, GitHub's and Shopify's, take 2 to 4 MiB without their descriptions."""
VALUES_MAX = 450_000
"""Three times what a sample has, 3 MiB and more of a schema: whatever they are, they take less than 64 MB."""

# Six levels name every type up to a list of lists; the query then stays within the depth that samples may have.
QUERY = """
query Schema { __schema { queryType { name } types { kind name
  fields { name type { ...Type } args { name defaultValue type { ...Type } } } } } }
fragment Type on __Type { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name } } } } } } }
"""
ALLOWED_QUERY = "{ __schema { queryType { name } } }"

_LEAVES = frozenset({"SCALAR", "ENUM"})
_COMPOUND = frozenset({"OBJECT", "INTERFACE"})


@dataclass(frozen=True, slots=True)
class Type:
    """How a type is written, `[Airline!]!`, and the name and kind of what is innermost in it."""

    text: str
    name: str
    kind: str

    @property
    def leaf(self) -> bool:
        return self.kind in _LEAVES

    @property
    def compound(self) -> bool:
        return self.kind in _COMPOUND


@dataclass(frozen=True, slots=True)
class Argument:
    name: str
    type: Type
    default: str | None

    @property
    def required(self) -> bool:
        return self.default is None and self.type.text.endswith("!")

    def __str__(self) -> str:
        return f"{self.name}: {self.type.text}" + (f" = {self.default}" if self.default is not None else "")


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: Type
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of every type that has any, by the type's name; `root` is the type of queries."""

    root: str
    fields: Mapping[str, tuple[Field, ...]]

    def of(self, type_name: str) -> tuple[Field, ...]:
        return self.fields.get(type_name, ())

    def chain(self, names: tuple[str, ...]) -> tuple[Field, ...] | None:
        """The fields that a path of names goes through, from the root; None where there is no such path."""
        found, place = list[Field](), self.root
        for name in names:
            field = next((each for each in self.of(place) if each.name == name), None)
            if field is None:
                return None
            found.append(field)
            place = field.type.name
        return tuple(found)


def schema_of(data: Mapping[str, Any]) -> Schema | None:
    """What the answer to QUERY says; None where it says nothing. What is malformed in it is left out."""
    match data:
        case {"__schema": {"queryType": {"name": str(root)}, "types": list(types)}}:
            fields = dict(_types(types))
            return Schema(root, fields) if root in fields else None
    return None


def _types(types: list[Any]) -> Iterator[tuple[str, tuple[Field, ...]]]:
    for raw in types:
        match raw:
            case {"name": str(name), "fields": list(fields)}:
                yield name, tuple(_fields(fields))


def _fields(fields: list[Any]) -> Iterator[Field]:
    for raw in fields:
        match raw:
            case {"name": str(name), "type": inner} if _is_name(name):
                arguments = raw.get("args")
                yield Field(name, _type(inner), tuple(_arguments(arguments if isinstance(arguments, list) else [])))


def _arguments(arguments: list[Any]) -> Iterator[Argument]:
    for raw in arguments:
        match raw:
            case {"name": str(name), "type": inner} if _is_name(name):
                default = raw.get("defaultValue")
                yield Argument(name, _type(inner), default if isinstance(default, str) else None)


def _is_name(text: str) -> bool:
    return text.isascii() and text.isidentifier()  # specification, 2.1.9: letters, digits and underscores


def _type(raw: Any) -> Type:
    match raw:
        case {"kind": "NON_NULL", "ofType": dict(inner)}:
            of = _type(inner)
            return Type(f"{of.text}!", of.name, of.kind)
        case {"kind": "LIST", "ofType": dict(inner)}:
            of = _type(inner)
            return Type(f"[{of.text}]", of.name, of.kind)
        case {"kind": str(kind), "name": str(name)}:
            return Type(name, name, kind)
    return Type("?", "", "")
