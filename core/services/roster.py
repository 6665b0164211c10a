"""The sources of an organisation as this process has them, read anew only where somebody wrote something."""

from core.services.live import LiveSource, LiveSources
from core.storage.sources import SourceRepository, Stamp
from core.storage.status import StatusRepository


class Roster:
    """A list of 1,000 is asked for often, and most times nothing has changed. Lives on the background loop."""

    def __init__(self, sources: SourceRepository, statuses: StatusRepository, live: LiveSources) -> None:
        self._sources, self._statuses, self._live = sources, statuses, live
        self._known: dict[str, tuple[Stamp, tuple[LiveSource, ...]]] = {}

    async def of(self, org: str) -> tuple[LiveSource, ...]:
        """In the order of their creation, brought up to what is stored."""
        stamp = await self._sources.stamp(org)
        known = self._known.get(org)
        if known is not None and known[0] == stamp:
            return known[1]
        lives = await self._present(org)
        # The stamp was read first: what was written in between makes the next one another.
        self._known[org] = stamp, lives
        return lives

    async def _present(self, org: str) -> tuple[LiveSource, ...]:
        present = await self._sources.present(org)
        lives = [live for key, version, seq in present if (live := self._live.known(key)) and live.is_at(version, seq)]
        if len(lives) == len(present):
            return tuple(lives)
        kept = await self._statuses.of_org(org)
        return tuple(self._live.of(record, kept.get(record.id)) for record in await self._sources.of_org(org))
