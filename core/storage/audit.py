"""Who did what: lines are added and read, never changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.models import AuditLine
from core.storage.database import Database
from core.storage.tables import audit


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: an organisation's, or the installation's own for None; narrowed by what is not None."""

    org: str | None
    since: datetime | None = None
    until: datetime | None = None
    action: str | None = None
    person: str | None = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        yield audit.c.org.is_(None) if self.org is None else audit.c.org == self.org
        if self.since is not None:
            yield audit.c.ts >= self.since
        if self.until is not None:
            yield audit.c.ts < self.until
        if self.action is not None:
            yield audit.c.action == self.action
        if self.person is not None:
            yield audit.c.actor == self.person


class AuditRepository:
    """The trail. `database.together()` puts a line into the transaction of the change that it tells of."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def add(self, line: AuditLine) -> None:
        values = {name: getattr(line, name) for name in _COLUMNS}
        await self.database.carry_out(sa.insert(audit).values(values))

    async def lines(self, wanted: Wanted, *, below: int | None, limit: int) -> tuple[AuditLine, ...]:
        """Newest first; `below` is the id to go on from."""
        query = sa.select(audit).where(*wanted.conditions())
        if below is not None:
            query = query.where(audit.c.id < below)
        async with self.database.read() as connection:
            rows = await connection.execute(query.order_by(audit.c.id.desc()).limit(limit))
            return tuple(map(_line, rows))

    async def names(self, org: str | None, among: int) -> frozenset[tuple[str, str]]:
        """Each action with each actor that did it, in the newest `among` lines."""
        newest = sa.select(audit.c.action, audit.c.actor).where(*Wanted(org).conditions())
        last = newest.order_by(audit.c.id.desc()).limit(among).subquery()
        async with self.database.read() as connection:
            rows = await connection.execute(sa.select(last.c.action, last.c.actor).distinct())
            return frozenset((row.action, row.actor) for row in rows)


_COLUMNS = ("ts", "org", "actor", "address", "action", "target", "target_id", "before", "after")


def _line(row: sa.Row[Any]) -> AuditLine:
    return AuditLine(id=row.id, **{name: getattr(row, name) for name in _COLUMNS})
