"""When sessions and tokens were last used: remembered at once, written at most once a minute each."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.services.periodic import Periodic
from core.storage.sessions import SessionRepository
from core.storage.tokens import TokenRepository

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=1)
LOOK_S = 1.0
Write = Callable[[Mapping[UUID, datetime]], Awaitable[None]]


class LastUses:
    """Asked on the way of every request, so it only remembers; what waits is written beside, and at the end."""

    def __init__(
        self,
        sessions: SessionRepository,
        tokens: TokenRepository,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._seen, self._used = _Moments(sessions.seen), _Moments(tokens.used)
        self._periodic = Periodic("last_uses", self._work)

    def session(self, uid: UUID) -> None:
        self._seen.note(uid, self._clock())

    def token(self, uid: UUID) -> None:
        self._used.note(uid, self._clock())

    def start(self) -> None:
        self._periodic.start()

    async def close(self) -> None:
        """Writes what waits. Idempotent."""
        await self._periodic.close()
        try:
            for moments in (self._seen, self._used):
                await moments.write(self._clock(), all_of_them=True)
        except SQLAlchemyError as err:  # whatever else has to be closed must not wait for a database that is away
            log.warning("last_uses_lost", error=type(err).__name__)

    async def _work(self) -> float:
        for moments in (self._seen, self._used):
            await moments.write(self._clock())
        return LOOK_S


class _Moments:
    """The last use of each, until it is written."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._waiting: dict[UUID, datetime] = {}
        self._written: dict[UUID, datetime] = {}

    def note(self, uid: UUID, moment: datetime) -> None:
        self._waiting[uid] = moment

    async def write(self, now: datetime, *, all_of_them: bool = False) -> None:
        """Those that were not written within the last minute. An error keeps all of them waiting."""
        self._written = {uid: at for uid, at in self._written.items() if timedelta(0) <= now - at < EVERY}
        due = {uid: at for uid, at in self._waiting.items() if all_of_them or uid not in self._written}
        if not due:
            return
        await self._write(due)
        for uid, moment in due.items():
            self._written[uid] = now
            if self._waiting.get(uid) == moment:  # else it was used once more while it was being written
                del self._waiting[uid]
