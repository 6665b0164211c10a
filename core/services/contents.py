"""What sources hold, remembered for a while: a tree is opened level by level, and each level is a call."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.models import CatalogEntry
from core.services.live import LiveSource

KEPT = timedelta(minutes=5)
LEVELS_MAX = 1000

Key = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class CatalogLevel:
    """What stands below `path` in a source, as it was at `cached_at`."""

    path: str
    entries: tuple[CatalogEntry, ...]
    cached_at: datetime


class Contents:
    """The levels that were looked at of late. Failures are not remembered. Lives on the background loop."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._levels: dict[Key, CatalogLevel] = {}

    async def below(self, live: LiveSource, path: str, *, fresh: bool = False) -> CatalogLevel:
        """At most five minutes old, or asked anew when `fresh`. Raises SourceError."""
        # Another configuration is another place: what stood in the old one says nothing about it.
        key = (live.record.id, live.record.config_version, path)
        known = self._levels.get(key)
        if known is not None and not fresh and self._clock() - known.cached_at < KEPT:
            return known
        level = CatalogLevel(path, tuple(await live.guard.describe(path)), self._clock())
        self._levels.pop(key, None)
        self._levels[key] = level
        while len(self._levels) > LEVELS_MAX:
            self._levels.pop(next(iter(self._levels)))
        return level
