"""When PostgreSQL holds somebody up, so that a test need not guess."""

import asyncio
from typing import Any

import sqlalchemy as sa

from core.storage.database import Database

WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


async def until_somebody_waits(database: Database, task: "asyncio.Task[Any] | None" = None) -> None:
    """Until a connection to this database waits for a lock, or `task`, which should be the one, has ended without."""
    while True:
        async with database.read() as connection:
            if (await connection.execute(WAITING)).scalar_one() or (task and task.done()):
                return
        await asyncio.sleep(0.01)
