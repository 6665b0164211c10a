"""What is known of a kind of source: its form and its schemas."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One input of a kind's form, made from the kind's configuration model; members of a nested value are dotted.

    `type` is `text`, `multiline`, `integer`, `number`, `boolean`, `choice`, `list` (of texts), `mapping` (of names to
    texts) or `secret`. `shown_when` names other inputs and the values of theirs with which this one counts.
    `secret_keys`: of a mapping, those values are secrets whose names suggest it.

    Words for it stand in the catalogues: `kind.<kind>.field.<name>` and `kind.<kind>.help.<name>`, or for all kinds
    `field.label.<name>` and `field.help.<name>`.
    """

    name: str
    type: str
    required: bool
    default: Any = None
    choices: tuple[str, ...] = ()
    section: str = "connection"
    example: Any = None
    shown_when: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    secret_keys: bool = False


@dataclass(frozen=True, slots=True)
class KindInfo:
    """A kind of source as forms and documents need it; `placeholder` is a fitting first sample request."""

    name: str
    fields: tuple[FieldSpec, ...]
    placeholder: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KindSchemas:
    """JSON Schemas of a kind's configuration and of its sample parameters, and of what these refer to."""

    name: str
    config: Mapping[str, Any]
    params: Mapping[str, Any]
    definitions: Mapping[str, Any]
