"""The two ways in which a repository talks to the database: all rows of a query, one statement that writes."""

from typing import Any

import sqlalchemy as sa

from core.storage.database import Database


class Statements:
    """What repositories of small tables share."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def _all(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        async with self._database.read() as connection:
            return list(await connection.execute(query))

    async def _first(self, query: sa.Select[Any]) -> sa.Row[Any] | None:
        found = await self._all(query)
        return found[0] if found else None

    async def _write(self, statement: sa.Executable) -> int:
        """How many rows it met."""
        [met] = await self._database.carry_out(statement)
        return met.rowcount
