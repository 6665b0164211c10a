"""What is different in a level of the catalogue since the look before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.models import LEVEL_MAX, PARTIAL, CatalogEntry


@dataclass(frozen=True, slots=True)
class CatalogChange:
    """An entry that came, went, or has another type; `before` and `after` are its types, None where it was not."""

    what: Literal["added", "removed", "type"]
    name: str
    before: str | None
    after: str | None


def changes_between(before: Sequence[CatalogEntry], after: Sequence[CatalogEntry]) -> tuple[CatalogChange, ...]:
    """What went, what has another type, what came. Order alone is no change.

    Of a level that was cut, or read in part, nobody knows what it lacks: nothing is then said to have gone from it,
    and nothing in the next one to have come.
    """
    old, new = _named(before), _named(after)
    gone = old.keys() - new.keys() if _whole(after) else frozenset()
    come = new.keys() - old.keys() if _whole(before) else frozenset()
    return (
        *(CatalogChange("removed", name, entry.type, None) for name, entry in old.items() if name in gone),
        *(CatalogChange("type", name, old[name].type, new[name].type) for name in old if _retyped(name, old, new)),
        *(CatalogChange("added", name, None, entry.type) for name, entry in new.items() if name in come),
    )


def _named(level: Iterable[CatalogEntry]) -> dict[str, CatalogEntry]:
    return {entry.name: entry for entry in level if PARTIAL.isdisjoint(entry.marks)}


def _whole(level: Sequence[CatalogEntry]) -> bool:
    return len(level) < LEVEL_MAX and all(PARTIAL.isdisjoint(entry.marks) for entry in level)


def _retyped(name: str, old: dict[str, CatalogEntry], new: dict[str, CatalogEntry]) -> bool:
    """A field without values tells nothing of its type."""
    before, after = _types(old[name]), _types(new[name]) if name in new else frozenset()
    return bool(before and after) and before != after


def _types(entry: CatalogEntry) -> frozenset[str]:
    return frozenset(each.type for each in entry.types) - {"null"} or frozenset({entry.type}) - {"null"}
