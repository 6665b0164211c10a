"""The fields of some documents: how often each is there, what types its values have, and whether these go together."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.connectors.mongodb.paths import path_of
from core.connectors.mongodb.values import members, type_name
from core.models import CatalogEntry, TypeShare

_NUMBERS = frozenset({"int", "double", "decimal"})


@dataclass(slots=True)
class _Seen:
    """What one field held: the types of its values, and of the elements of those that are arrays."""

    types: Counter[str] = field(default_factory=Counter)
    elements: Counter[str] = field(default_factory=Counter)
    nested: bool = False

    def add(self, value: Any) -> None:
        self.types[type_name(value)] += 1
        self.nested = self.nested or any(True for _ in members(value))
        if isinstance(value, list):
            self.elements.update(map(type_name, value))

    def shares(self) -> tuple[TypeShare, ...]:
        """The commonest first."""
        whole = self.types.total()
        return tuple(TypeShare(self._word(name), count / whole) for name, count in self.types.most_common())

    def conflicts(self) -> bool:
        return _differ(self.types) or _differ(self.elements)

    def _word(self, name: str) -> str:
        # By their names: two samples of the same documents should not differ.
        return f"array<{' | '.join(sorted(self.elements))}>" if name == "array" and self.elements else name


def fields_of(documents: Iterable[Any], above: list[str]) -> list[CatalogEntry]:
    """One entry a field of the documents, or of the documents in arrays."""
    seen: dict[str, _Seen] = defaultdict(_Seen)
    whole = 0
    for document in documents:
        for element in document if isinstance(document, list) else [document]:
            whole += 1
            for name, value in members(element):
                seen[name].add(value)
    return [_entry(name, each, whole, above) for name, each in seen.items()]


def _entry(name: str, seen: _Seen, whole: int, above: list[str]) -> CatalogEntry:
    share, types = seen.types.total() / max(1, whole), seen.shares()
    return CatalogEntry(
        name,
        path_of(*above, name),
        " | ".join(each.type for each in types),
        f"{_percent(share)} %",
        expandable=seen.nested,
        share=share,
        types=types,
        marks=("conflict",) if seen.conflicts() else (),
    )


def _percent(share: float) -> int:
    """A little is not nothing, and nearly all is not all."""
    return 100 if share == 1 else min(99, max(1, round(100 * share)))


def _differ(types: Mapping[str, int]) -> bool:
    """Nothing is no type of its own, and numbers go together."""
    return len({"number" if name in _NUMBERS else name for name in types if name != "null"}) > 1
