"""What is said to people, by catalogue keys: no language is known here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from core.models.states import CheckStatus, FailureKind

NO_ARGS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Message:
    """A catalogue key and its arguments; `core.i18n` turns it into a sentence of the reader's language."""

    key: str
    args: Mapping[str, Any] = field(default_factory=lambda: NO_ARGS)

    @classmethod
    def literal(cls, text: str) -> "Message":
        """Words that a source said itself (a server's version, say): shown as they are in every language."""
        return cls("literal", {"text": text})


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused input: the dotted name of the field (`config.port`) and why."""

    field: str
    message: Message


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What went wrong, made once from the error and carried unchanged to page, HTTP, audit and alerts."""

    code: str
    failure: FailureKind
    message: Message
    advice: Message
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One rung of the ladder; `ms` is how long it took, in milliseconds.

    `facts` are what two climbs can be told apart by, as JSON takes it and never secret: `addresses`, `certificate`
    (SHA-256 in hexadecimal), `subject`, `issuer`, `names`, `expires` (ISO 8601), `server` (its version), `command`.
    """

    step: str
    status: CheckStatus
    ms: float = 0.0
    evidence: Message | None = None
    advice: Message | None = None
    fields: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=lambda: NO_ARGS)
