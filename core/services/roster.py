"""The sources of an organisation as this process has them, read anew only where somebody wrote something."""

from uuid import UUID

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

    async def one(self, org: str, uid: UUID) -> LiveSource | None:
        """One of them, brought up to what is stored."""
        present = await self._sources.version(org, uid)
        if present is None:
            return None
        key, version, seq = present
        known = self._live.known(key)
        if known is not None and known.is_at(version, seq):
            return known
        record = await self._sources.get(org, uid)
        return None if record is None else self._live.of(record, await self._statuses.get(key))

    async def _present(self, org: str) -> tuple[LiveSource, ...]:
        present = await self._sources.present(org)
        lives = [live for key, version, seq in present if (live := self._live.known(key)) and live.is_at(version, seq)]
        if len(lives) == len(present):
            return tuple(lives)
        kept = await self._statuses.of_org(org)
        return tuple(self._live.of(record, kept.get(record.id)) for record in await self._sources.of_org(org))
