"""Who did what: lines are added and read, never changed."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.models import AuditLine
from core.storage.database import Database
from core.storage.tables import audit


class AuditRepository:
    """The trail. `database.together()` puts a line into the transaction of the change that it tells of."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def add(self, line: AuditLine) -> None:
        values = {name: getattr(line, name) for name in _COLUMNS}
        async with self.database.write() as connection:
            await connection.execute(sa.insert(audit).values(values))

    async def lines(
        self, org: str | None, *, since: datetime | None, until: datetime | None, below: int | None, limit: int
    ) -> tuple[AuditLine, ...]:
        """An organisation's, or the installation's own for None, newest first; `below` is the id to go on from."""
        query = sa.select(audit).where(audit.c.org.is_(None) if org is None else audit.c.org == org)
        if since is not None:
            query = query.where(audit.c.ts >= since)
        if until is not None:
            query = query.where(audit.c.ts < until)
        if below is not None:
            query = query.where(audit.c.id < below)
        async with self.database.read() as connection:
            rows = await connection.execute(query.order_by(audit.c.id.desc()).limit(limit))
            return tuple(map(_line, rows))


_COLUMNS = ("ts", "org", "actor", "address", "action", "target", "target_id", "before", "after")


def _line(row: sa.Row[Any]) -> AuditLine:
    return AuditLine(id=row.id, **{name: getattr(row, name) for name in _COLUMNS})
