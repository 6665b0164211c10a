"""What people set on breakers: one row a source, kept so that it survives restarts and reaches every process."""

from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from core.errors import NotFound
from core.models import BreakerAction, Event, Hold
from core.storage.database import Database
from core.storage.events import record_events
from core.storage.row_locks import lock_sources
from core.storage.tables import breaker_holds


class HoldRepository:
    """Reads and writes holds; a reset is a row too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> dict[int, Hold]:
        """What was last set, by the source's inner key. One query."""
        async with self._database.read() as connection:
            rows = await connection.execute(sa.select(breaker_holds))
        return {row.source_id: _hold(row) for row in rows}

    async def put(
        self, source_id: int, action: BreakerAction, reason: str, actor: str, ts: datetime, event: Event
    ) -> Hold:
        """Replaces what was set before and writes down that it happened, both or neither.

        Raises NotFound for a source that was deleted meanwhile.
        """
        row = breaker_holds.c.source_id == source_id
        async with self._database.write() as connection:
            if not await lock_sources(connection, [source_id]):
                raise NotFound()
            last = (await connection.execute(sa.select(breaker_holds.c.revision).where(row))).scalar() or 0
            hold = Hold(action, reason, actor, ts, last + 1)
            statement = sa.update(breaker_holds).where(row) if last else sa.insert(breaker_holds)
            values = asdict(hold) | {"source_id": source_id, "action": action.value}
            await connection.execute(statement.values(values))
            await record_events(connection, {source_id: (event,)})
        return hold


def _hold(row: sa.Row[tuple[object, ...]]) -> Hold:
    return Hold(BreakerAction(row.action), row.reason, row.actor, row.ts, row.revision)
