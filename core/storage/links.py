"""Links that let somebody in once: the first administrator's, and a person's to a new password. Codes arrive hashed."""

from datetime import datetime

import sqlalchemy as sa

from core.storage.people import UserRecord
from core.storage.row_locks import lock_table
from core.storage.statements import Statements
from core.storage.tables import password_links, setup_links, users


class LinkRepository(Statements):
    """Every query about one-time links but invitations."""

    async def add_setup(self, code_hash: str, now: datetime, expires_at: datetime) -> None:
        """Earlier links stop working: only the newest one printed is good."""
        async with self._database.write() as connection:
            await lock_table(connection, setup_links)
            await connection.execute(sa.delete(setup_links))
            row = {"code_hash": code_hash, "created_at": now, "expires_at": expires_at}
            await connection.execute(sa.insert(setup_links).values(row))

    async def setup_open(self, code_hash: str, now: datetime) -> bool:
        return bool(await self._all(sa.select(setup_links.c.code_hash).where(*_open_setup(code_hash, now))))

    async def use_setup(self, code_hash: str, now: datetime) -> bool:
        """True for the one caller that used it up."""
        return bool(await self._write(sa.update(setup_links).where(*_open_setup(code_hash, now)).values(used_at=now)))

    async def put_password(self, user_id: int, code_hash: str, now: datetime, expires_at: datetime) -> None:
        """In the place of any that the person had."""
        row = {"code_hash": code_hash, "created_at": now, "expires_at": expires_at}
        upsert = self._database.insert(password_links).values(user_id=user_id, **row)
        await self._write(upsert.on_conflict_do_update(index_elements=["user_id"], set_=row))

    async def password_of(self, code_hash: str, now: datetime) -> UserRecord | None:
        """Whose link this is; None for one that is old, used or a disabled person's."""
        query = sa.select(users.c.id, users.c.name, users.c.password_hash, users.c.server_admin)
        query = query.join_from(password_links, users).where(users.c.disabled_at.is_(None))
        row = await self._first(query.where(*_open_password(code_hash, now)))
        return UserRecord(**row._mapping) if row else None

    async def use_password(self, code_hash: str, now: datetime) -> bool:
        """True for the one caller that used it up."""
        return bool(await self._write(sa.delete(password_links).where(*_open_password(code_hash, now))))


def _open_setup(code_hash: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    links = setup_links.c
    return links.code_hash == code_hash, links.expires_at > now, links.used_at.is_(None)


def _open_password(code_hash: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return password_links.c.code_hash == code_hash, password_links.c.expires_at > now
