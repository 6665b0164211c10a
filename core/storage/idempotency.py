"""Answers to requests that may come again. Keys and bodies arrive here as digests."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.storage.database import Database
from core.storage.tables import idempotency_keys

NOBODY = UUID(int=0)


class IdempotencyRepository:
    """`claim`, what it is for, and `answer` belong into one `database.together()`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def claim(self, key: str, org_id: int, body: str, now: datetime) -> bool:
        """Whether the key is new. One that somebody else is claiming is waited for."""
        values = {"key_hash": key, "org_id": org_id, "body_hash": body, "source_uid": NOBODY}
        statement = self.database.insert(idempotency_keys).values(values | {"answer": {}, "created_at": now})
        # What is told of the row, not of the count: a driver does not count every kind of insert.
        new = statement.on_conflict_do_nothing().returning(idempotency_keys.c.key_hash)
        async with self.database.write() as connection:
            return (await connection.execute(new)).scalar() is not None

    async def answer(self, key: str, source: UUID, answer: Mapping[str, Any]) -> None:
        statement = sa.update(idempotency_keys).where(idempotency_keys.c.key_hash == key)
        async with self.database.write() as connection:
            await connection.execute(statement.values(source_uid=source, answer=dict(answer)))

    async def known(self, key: str) -> tuple[str, Mapping[str, Any]]:
        """The digest of the body that came with a claimed key, and the answer to it."""
        query = sa.select(idempotency_keys.c.body_hash, idempotency_keys.c.answer)
        async with self.database.read() as connection:
            row = (await connection.execute(query.where(idempotency_keys.c.key_hash == key))).one()
        return row.body_hash, row.answer

    async def forget(self, before: datetime) -> None:
        """Removes what is older."""
        async with self.database.write() as connection:
            await connection.execute(sa.delete(idempotency_keys).where(idempotency_keys.c.created_at < before))
