"""The shapes of what a source holds."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from core.models import CatalogEntry
from core.services.contents import CatalogLevel


class TypeOut(BaseModel):
    """A type that was seen in a field, and in which share of its values, from 0 to 1."""

    type: str
    share: float


class EntryOut(BaseModel):
    """`path` is what to ask for next where it is `expandable`.

    `rows` and `bytes` are the source's own figures, often estimates; `share` is the part of the records looked at that
    have the field, from 0 to 1; `marks` are `primary_key`, `not_null`, `conflict`, `no_introspection`, `unread`.
    """

    name: str
    path: str
    type: str
    detail: str | None = None
    expandable: bool
    rows: int | None = None
    bytes: int | None = None
    modified: datetime | None = None
    share: float | None = None
    types: list[TypeOut] | None = None
    marks: list[str] | None = None

    @classmethod
    def of(cls, entry: CatalogEntry) -> "EntryOut":
        return cls(
            name=entry.name,
            path=entry.path,
            type=entry.type,
            detail=entry.detail or None,
            expandable=entry.expandable,
            rows=entry.rows,
            bytes=entry.bytes,
            modified=entry.modified,
            share=entry.share,
            types=[TypeOut(type=each.type, share=each.share) for each in entry.types] or None,
            marks=list(entry.marks) or None,
        )


class ChangeOut(BaseModel):
    """`before` and `after` are types; one that came has none before, one that went none after."""

    what: Literal["added", "removed", "type"]
    name: str
    before: str | None = None
    after: str | None = None


class CatalogOut(BaseModel):
    """What stands below `path`, as it was at `cached_at`, and what changed between two looks, the last time it did."""

    path: str
    entries: list[EntryOut]
    cached_at: datetime
    changes: list[ChangeOut]
    changed_after: datetime | None = None
    changed_before: datetime | None = None

    @classmethod
    def of(cls, level: CatalogLevel) -> "CatalogOut":
        changes = [
            ChangeOut(what=each.what, name=each.name, before=each.before, after=each.after) for each in level.changes
        ]
        return cls(
            path=level.path,
            entries=[EntryOut.of(each) for each in level.entries],
            cached_at=level.cached_at,
            changes=changes,
            changed_after=level.changed_after,
            changed_before=level.changed_before,
        )
