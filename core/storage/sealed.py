"""Every table that holds something sealed, as the rotation of keys sees it: rows, whatever they mean."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.storage.alert_hooks import VERSION
from core.storage.database import Database
from core.storage.encryption import Sealed
from core.storage.row_locks import lock_table
from core.storage.tables import alert_hooks, metadata, sources

VERSIONS: dict[str, sa.ColumnElement[int]] = {
    sources.name: sources.c.config_version,
    alert_hooks.name: sa.literal(VERSION),
}
"""By the name of each sealed table, the version that its seals are bound to."""

PAGE = 100
"""Rows of one transaction: everybody else's come in between."""


@dataclass(frozen=True, slots=True)
class SealedRow:
    """`uid` is the id that outsiders know; the seal is bound to it, to the organisation and to the version."""

    table: str
    id: int
    uid: UUID
    org_id: int
    version: int
    sealed: Sealed

    @property
    def binding(self) -> dict[str, Any]:
        return {"org_id": self.org_id, "source_uid": self.uid, "config_version": self.version}


class SealedRepository:
    """All that is sealed, table after table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settle(self) -> None:
        """Waits for everybody who began to write before: who seals after it has read the present key file."""
        for name in VERSIONS:  # one after the other: who holds one lock must not wait for another
            async with self._database.write() as connection:
                await lock_table(connection, metadata.tables[name])

    async def in_pages(self, other_than: str | None = None) -> AsyncIterator[tuple[SealedRow, ...]]:
        """At most 100 rows at a time, in the order of their keys; only those not sealed under `other_than`."""
        for name in VERSIONS:
            after = 0
            while page := await self._page(name, after, other_than):
                yield page
                after = page[-1].id

    async def rewrap(self, rows: Iterable[tuple[SealedRow, Sealed]]) -> int:
        """Stores wrapped keys, where the row is still as it was read. How many it stored."""
        stored = 0
        async with self._database.write() as connection:
            for row, fresh in rows:
                stored += (await connection.execute(_exchange(row, fresh))).rowcount
        return stored

    async def counts(self) -> dict[str, int]:
        """How many rows each key wrapped, by its id."""
        wraps = sa.union_all(*(sa.select(metadata.tables[name].c.kek_id) for name in VERSIONS)).subquery()
        query = sa.select(wraps.c.kek_id, sa.func.count()).group_by(wraps.c.kek_id).order_by(wraps.c.kek_id)
        async with self._database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def _page(self, name: str, after: int, other_than: str | None) -> tuple[SealedRow, ...]:
        table = metadata.tables[name]
        columns = (table.c.id, table.c.uid, table.c.org_id, VERSIONS[name].label("bound_version"))
        query = sa.select(*columns, table.c.kek_id, table.c.wrapped_key, table.c.ciphertext).where(table.c.id > after)
        if other_than is not None:
            query = query.where(table.c.kek_id != other_than)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(table.c.id).limit(PAGE))
            return tuple(_row(name, row) for row in rows)


async def sealing_keys(database: Database) -> frozenset[str]:
    """Ids of the key-encryption keys that something stored needs."""
    return frozenset(await SealedRepository(database).counts())


def _row(name: str, row: sa.Row[Any]) -> SealedRow:
    sealed = Sealed(row.kek_id, row.wrapped_key, row.ciphertext)
    return SealedRow(name, row.id, row.uid, row.org_id, row.bound_version, sealed)


def _exchange(row: SealedRow, fresh: Sealed) -> sa.Update:
    table, kept = metadata.tables[row.table], row.sealed
    as_read = sa.and_(table.c.kek_id == kept.kek_id, table.c.wrapped_key == kept.wrapped_key)
    changed = {"kek_id": fresh.kek_id, "wrapped_key": fresh.wrapped_key}
    return sa.update(table).where(table.c.id == row.id, as_read).values(changed)
