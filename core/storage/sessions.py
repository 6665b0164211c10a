"""Browser sessions: whose they are, from where, and when they were last seen. Their tokens arrive here hashed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from core.storage.people import UserRecord
from core.storage.statements import Statements
from core.storage.tables import browser_sessions, users

SESSIONS = browser_sessions.c


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session's row without its token; `address` and `agent` are those of the sign-in, None where it had none.

    `method` is how it was shown who this is: `password`, or `oidc` for an identity provider.
    """

    uid: UUID
    user_id: int
    created_at: datetime
    expires_at: datetime
    address: str | None
    agent: str | None
    seen_at: datetime | None
    method: str = "password"


class SessionRepository(Statements):
    """Every query about sessions."""

    async def add(self, token_hash: str, record: SessionRecord) -> None:
        """Expired sessions of anybody go in the same transaction."""
        row = {name: getattr(record, name) for name in SessionRecord.__slots__} | {"token_hash": token_hash}
        async with self._database.write() as connection:
            await connection.execute(sa.delete(browser_sessions).where(SESSIONS.expires_at < record.created_at))
            await connection.execute(sa.insert(browser_sessions).values(row))

    async def user(self, token_hash: str, now: datetime) -> tuple[UUID, UserRecord] | None:
        """The id of a session that lives, and whose it is; None for that of a disabled person."""
        query = sa.select(SESSIONS.uid, users.c.id, users.c.name, users.c.password_hash, users.c.server_admin)
        query = query.join_from(browser_sessions, users).where(users.c.disabled_at.is_(None))
        row = await self._first(query.where(SESSIONS.token_hash == token_hash, SESSIONS.expires_at > now))
        return (row.uid, UserRecord(row.id, row.name, row.password_hash, row.server_admin)) if row else None

    async def of_user(self, user_id: int, now: datetime) -> tuple[SessionRecord, ...]:
        """Those that live, the newest first."""
        columns = [SESSIONS[name] for name in SessionRecord.__slots__]
        query = sa.select(*columns).where(SESSIONS.user_id == user_id, SESSIONS.expires_at > now)
        rows = await self._all(query.order_by(SESSIONS.created_at.desc(), SESSIONS.uid))
        return tuple(SessionRecord(**row._mapping) for row in rows)

    async def end(self, user_id: int, uid: UUID) -> bool:
        """False when the person has no such session."""
        own = SESSIONS.user_id == user_id, SESSIONS.uid == uid
        return bool(await self._write(sa.delete(browser_sessions).where(*own)))

    async def end_all(self, user_id: int, keep: UUID | None = None) -> int:
        """Ends every session of a person but one; how many there were."""
        query = sa.delete(browser_sessions).where(SESSIONS.user_id == user_id)
        return await self._write(query if keep is None else query.where(SESSIONS.uid != keep))

    async def seen(self, moments: Mapping[UUID, datetime]) -> None:
        """When each was last seen. One that has ended meanwhile is none."""
        async with self._database.write() as connection:
            for uid, moment in moments.items():
                query = sa.update(browser_sessions).where(SESSIONS.uid == uid)
                await connection.execute(query.values(seen_at=moment))
