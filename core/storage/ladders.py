"""The ladders that are kept of a source: the last one, and the last one that held."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.storage.database import Database
from core.storage.tables import ladders


@dataclass(frozen=True, slots=True)
class LadderRecord:
    """A row of `ladders`; both documents are JSON, `good` is None before a ladder ever held."""

    source_id: int
    last: dict[str, Any]
    last_at: datetime
    good: dict[str, Any] | None
    good_at: datetime | None


class LadderRepository:
    """One row a source, gone with the source."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, source_id: int) -> LadderRecord | None:
        async with self._database.read() as connection:
            found = await connection.execute(sa.select(ladders).where(ladders.c.source_id == source_id))
        row = found.one_or_none()
        return LadderRecord(**row._mapping) if row is not None else None

    async def save(self, record: LadderRecord) -> None:
        """The ladder of a source that was deleted meanwhile is dropped.

        Of two that held the later stays: another process may have kept one since this record was read.
        """
        insert = self._database.insert(ladders).values(asdict(record))
        kept_is_later = sa.or_(insert.excluded.good_at.is_(None), ladders.c.good_at > insert.excluded.good_at)
        good = {
            name: sa.case((kept_is_later, ladders.c[name]), else_=insert.excluded[name]) for name in ("good", "good_at")
        }
        upsert = insert.on_conflict_do_update(index_elements=["source_id"], set_=dict(insert.excluded.items()) | good)
        try:
            async with self._database.write() as connection:
                await connection.execute(upsert)
        except IntegrityError:
            return
