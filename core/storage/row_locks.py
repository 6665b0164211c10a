"""Locks for what is read in order to be written, on PostgreSQL. On SQLite a writing transaction is alone anyway.

The order is fixed, so that nobody waits in a circle: a table, then rows of `sources` by ascending id, then rows of
`organisations` by ascending id, then the rest.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from core.storage.connection import Connection
from core.storage.tables import organisations, sources


async def lock_sources(connection: Connection, ids: Iterable[int]) -> frozenset[int]:
    """Keeps these sources, and all that hangs on them, to this transaction until it ends; those that exist.

    A source that somebody else is deleting is waited for. Rows that only refer to a source are still added meanwhile.
    """
    query = sa.select(sources.c.id).where(sources.c.id.in_(list(ids))).order_by(sources.c.id)
    # FOR NO KEY UPDATE: FOR UPDATE would also hold up everybody who adds a row with a foreign key to the source.
    return frozenset((await connection.execute(query.with_for_update(key_share=True))).scalars())


async def lock_organisations(connection: Connection, ids: Iterable[int]) -> None:
    """Keeps what their sources have in common, their incidents, to this transaction until it ends."""
    query = sa.select(organisations.c.id).where(organisations.c.id.in_(list(ids))).order_by(organisations.c.id)
    await connection.execute(query.with_for_update(key_share=True))


async def lock_table(connection: Connection, table: sa.Table) -> None:
    """Only this transaction writes to the table until it ends; others read on."""
    if connection.dialect.name == "postgresql":
        await connection.exec_driver_sql(f'LOCK TABLE "{table.name}" IN SHARE ROW EXCLUSIVE MODE')
    else:
        await connection.exec_driver_sql("SELECT 1")  # a transaction begins with its first statement


async def announce_sealing(connection: Connection, table: sa.Table) -> None:
    """Before something is sealed for a row of the table: a rotation of keys, which locks the table once, waits for
    those who may still have read the old keys."""
    if connection.dialect.name == "postgresql":
        await connection.exec_driver_sql(f'LOCK TABLE "{table.name}" IN ROW EXCLUSIVE MODE')
