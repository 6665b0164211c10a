"""What people set on breakers: kept in the database, and followed by every process that shares it."""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from core.models import BreakerAction, BreakerState, Event, Hold
from core.services.live import LiveSource, LiveSources
from core.services.periodic import Following
from core.services.writer import StatusWriter
from core.storage.holds import HoldRepository

log = structlog.get_logger(__name__)

FOLLOW_S = 1.0
"""Between two looks at what others set: with the look itself well below the 1.5 s that are promised."""

BECOMES = {
    BreakerAction.FORCE_OPEN: BreakerState.FORCED_OPEN,
    BreakerAction.DISABLE: BreakerState.DISABLED,
    BreakerAction.RESET: BreakerState.CLOSED,
}


class Holds(Following):
    """One for a process. Lives on the background loop."""

    def __init__(
        self,
        kept: HoldRepository,
        live: LiveSources,
        writer: StatusWriter,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        follow_s: float = FOLLOW_S,
    ) -> None:
        self._kept, self._live, self._writer = kept, live, writer
        self._clock = clock
        super().__init__("holds", follow_s)

    async def keep(self, live: LiveSource, action: BreakerAction, reason: str, actor: str) -> Hold:
        """Stores it, to be obeyed next: what a person saw happen outlives the process. Raises NotFound for a deleted
        source."""
        now = self._clock()
        said = {"action": action.value, "actor": actor, "reason": reason}
        event = Event(now, "hold", said | {"from": live.state.value, "to": BECOMES[action].value})
        return await self._kept.put(live.record.id, action, reason, actor, now, event)

    async def obey(self, live: LiveSource, hold: Hold) -> None:
        """Brings this process to what was stored."""
        self._live.obey({live.record.id: hold})
        await self._writer.changed(live)

    async def follow(self) -> None:
        """One look at what anybody set, in this process or another."""
        for live in self._live.obey(await self._kept.all()):
            log.info("breaker_set_elsewhere", source=str(live.record.uid), state=live.state.value)
            self._writer.wake(live)
