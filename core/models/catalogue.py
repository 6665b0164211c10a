"""What a source holds, as a tree whose levels are asked for one by one."""

from dataclasses import dataclass
from datetime import datetime

LEVEL_MAX = 1000
"""Entries of one level at most; one that has as many may have been cut."""
PARTIAL = frozenset({"no_introspection", "unread"})
"""Marks of entries that stand for what could not be read: a level with one of them is not the whole level."""


@dataclass(frozen=True, slots=True)
class TypeShare:
    """A type that was seen in a field, and the share of the field's values that have it, from 0 to 1."""

    type: str
    share: float


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """Something that can be sampled, or a level above it. `detail` says more in words of the source.

    `rows` and `bytes` are the source's own figures, often estimates. `share` is the part of the records looked at that
    have a field, from 0 to 1, `types` what was seen in it. `marks` are words of ours: `primary_key`, `not_null`,
    `conflict` (of types), and those of PARTIAL.
    """

    name: str
    path: str
    type: str
    detail: str | None = None
    expandable: bool = False
    rows: int | None = None
    bytes: int | None = None
    modified: datetime | None = None
    share: float | None = None
    types: tuple[TypeShare, ...] = ()
    marks: tuple[str, ...] = ()
