"""What sources hold, remembered for a while: a tree is opened level by level, and each level is a call."""

from asyncio import Lock
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from core.models import CatalogEntry
from core.services.drift import CatalogChange, changes_between
from core.services.live import LiveSource

KEPT = timedelta(minutes=5)
LEVELS_MAX = 1000
CHANGES_KEPT = timedelta(days=1)

Key = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class CatalogLevel:
    """What stands below `path` in a source, as it was at `cached_at`.

    `changes` happened between two looks of this process, at `changed_after` and `changed_before`.
    """

    path: str
    entries: tuple[CatalogEntry, ...]
    cached_at: datetime
    changes: tuple[CatalogChange, ...] = ()
    changed_after: datetime | None = None
    changed_before: datetime | None = None


class Contents:
    """The levels that were looked at of late. Failures are not remembered. Lives on the background loop."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._levels: dict[Key, CatalogLevel] = {}
        self._turns: WeakValueDictionary[Key, Lock] = WeakValueDictionary()

    async def below(self, live: LiveSource, path: str, *, fresh: bool = False) -> CatalogLevel:
        """At most five minutes old, or asked anew when `fresh`. Raises SourceError."""
        # Another configuration is another place: what stood in the old one says nothing about it.
        key = (live.record.id, live.record.config_version, path)
        # One after the other: of two looks at once nobody could say which answer is the newer.
        turn = self._turns.setdefault(key, Lock())
        async with turn:
            known = self._levels.get(key)
            if known is not None and not fresh and timedelta(0) <= self._clock() - known.cached_at < KEPT:
                return known
            level = CatalogLevel(path, tuple(await live.guard.describe(path)), self._clock())
            return self._keep(key, level if known is None else compared(level, known))

    def _keep(self, key: Key, level: CatalogLevel) -> CatalogLevel:
        self._levels.pop(key, None)
        self._levels[key] = level
        while len(self._levels) > LEVELS_MAX:
            self._levels.pop(next(iter(self._levels)))
        return level


def compared(level: CatalogLevel, known: CatalogLevel) -> CatalogLevel:
    """The level with what changed since the look before; what had changed then stays for a day, or until the next."""
    changes = changes_between(known.entries, level.entries)
    if changes:
        return replace(level, changes=changes, changed_after=known.cached_at, changed_before=level.cached_at)
    if known.changed_before is None or level.cached_at - known.changed_before >= CHANGES_KEPT:
        return level
    return replace(level, changes=known.changes, changed_after=known.changed_after, changed_before=known.changed_before)
