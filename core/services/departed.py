"""Sources that another process deleted: they are forgotten here too, and their connectors closed."""

from core.services.live import LiveSources
from core.services.periodic import Following
from core.storage.sources import SourceRepository

LOOK_S = 60.0
"""A driver that watches its servers by itself goes on with it for so long."""


class Departed(Following):
    """One for a process. Lives on the background loop."""

    def __init__(self, sources: SourceRepository, live: LiveSources) -> None:
        self._sources, self._live = sources, live
        super().__init__("departed", LOOK_S)

    async def follow(self) -> None:
        """One look at what there is."""
        met = tuple(self._live.all())  # before the look: what is added during it is no deleted source
        present = await self._sources.keys()
        for live in met:
            if live.record.id not in present:
                await self._live.forget(live.record.id)
