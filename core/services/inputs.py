"""What people and programs give about a source, checked once for pages, HTTP and command line."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from core.connectors.base import StrictModel
from core.connectors.forms import validate
from core.errors import InvalidInput
from core.folding import fold
from core.models import BreakerAction, BreakerConfig, FieldError, Maintenance, Message, Note, SourceDraft
from core.services.maintenance import When, as_data, parse_maintenance

REASON_MAX = 500
NOTE_MAX = 500


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("no_nul", "no NUL character")
    return text


def _readable(text: str) -> str:
    if not fold(text):
        raise PydanticCustomError("string_too_short", "nothing but invisible signs", {"min_length": 1})
    return text


# PostgreSQL's text holds every character but one.
NO_NUL, READABLE = AfterValidator(_without_nul), AfterValidator(_readable)
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), NO_NUL, READABLE]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), NO_NUL, READABLE]
Tags = Annotated[list[Tag], Field(max_length=20)]
Description = Annotated[str, StringConstraints(max_length=2000), NO_NUL]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=REASON_MAX), NO_NUL, READABLE]
NoteText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NOTE_MAX), NO_NUL, READABLE]
Interval = Annotated[float, Field(ge=5, le=86_400, allow_inf_nan=False)]


class BreakerInput(StrictModel):
    failure_threshold: int = Field(5, ge=1, le=1000)
    timeout_seconds: float = Field(30.0, ge=1, le=3600, allow_inf_nan=False)


class SourceInput(StrictModel):
    """Everything that creates a source."""

    kind: str
    name: Name
    config: dict[str, Any] = Field(repr=False)
    description: Description = ""
    tags: Tags = Field(default_factory=list)
    check_interval_s: Interval | None = None
    paused: bool = False
    maintenance: dict[str, Any] | None = None
    breaker: BreakerInput = BreakerInput()


class SourcePatch(StrictModel):
    """A JSON merge patch (RFC 7396): only what is sent changes, and null returns to the default; `maintenance: null`
    ends it, `note: null` takes it away. A source is never without a name or a configuration."""

    name: Name = ""
    config: dict[str, Any] = Field(default_factory=dict, repr=False)
    description: Description | None = None
    tags: Tags | None = None
    check_interval_s: Interval | None = None
    paused: bool | None = None
    maintenance: dict[str, Any] | None = None
    note: dict[str, Any] | None = None
    breaker: dict[str, Any] | None = None


class NoteInput(StrictModel):
    """What a person says about a source, and until when it counts."""

    text: NoteText
    until: When | None = None


class BreakerOrder(StrictModel):
    """What a person sets on a breaker, and why."""

    action: BreakerAction
    reason: Reason


_DEFAULTS = {
    name: field.get_default(call_default_factory=True, validated_data={})
    for name, field in SourceInput.model_fields.items()
}
"""What null stands for in a patch."""


def parse_order(data: Mapping[str, Any]) -> BreakerOrder:
    """Raises InvalidInput naming each wrong field."""
    return validate(BreakerOrder, data)


def parse_draft(data: Mapping[str, Any]) -> SourceDraft:
    """Raises InvalidInput naming each wrong field."""
    given = validate(SourceInput, data)
    plain = given.model_dump()
    breaker = BreakerConfig(**plain.pop("breaker"))
    maintenance = parse_maintenance(given.maintenance, None, datetime.now(UTC))
    return SourceDraft(**(plain | {"tags": tuple(given.tags), "breaker": breaker, "maintenance": maintenance}))


def checked(draft: SourceDraft) -> SourceDraft:
    """A draft made in code, held to the same rules. Raises InvalidInput."""
    plain = {"tags": list(draft.tags), "config": dict(draft.config), "maintenance": as_data(draft.maintenance)}
    return parse_draft(asdict(draft) | plain)


def parse_patch(data: Mapping[str, Any], breaker: BreakerConfig, maintenance: Maintenance | None) -> dict[str, Any]:
    """Only the sent fields, checked; a partial `breaker` or `maintenance` is filled from the present one. A `note` is
    for `parse_note`.

    Raises InvalidInput.
    """
    sent = validate(SourcePatch, data).model_dump(exclude_unset=True)
    changes: dict[str, Any] = {name: _DEFAULTS.get(name) if value is None else value for name, value in sent.items()}
    if "breaker" in sent:
        named = {} if sent["breaker"] is None else asdict(breaker) | sent["breaker"]
        merged = validate(BreakerInput, {name: n for name, n in named.items() if n is not None}, prefix="breaker")
        changes["breaker"] = BreakerConfig(**merged.model_dump())
    if "maintenance" in changes:
        changes["maintenance"] = parse_maintenance(changes["maintenance"], maintenance, datetime.now(UTC))
    if "tags" in changes:
        changes["tags"] = tuple(changes["tags"])
    return changes


def parse_note(sent: Mapping[str, Any] | None, present: Note | None, author: str, now: datetime) -> Note | None:
    """A merge patch of `{"text", "until"}`; None takes it away. What says nothing new stays its author's.

    Raises InvalidInput naming `note.text` or `note.until`.
    """
    if sent is None:
        return None
    kept = present if present is not None and present.counts(now) else None
    given = validate(NoteInput, {**(kept.said if kept else {}), **sent}, "note")
    until = given.until and given.until.astimezone(UTC)
    if until is not None and until <= now:
        raise InvalidInput(fields=(FieldError("note.until", Message("field.note_over")),))
    same = kept is not None and (kept.text, kept.until) == (given.text, until)
    return kept if same else Note(given.text, author, now, until)
