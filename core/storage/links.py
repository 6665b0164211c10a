"""Links that let somebody in once: the first administrator's, and a person's to a new password. Codes arrive hashed."""

from datetime import datetime

import sqlalchemy as sa

from core.storage.database import Database
from core.storage.people import UserRecord
from core.storage.row_locks import lock_table
from core.storage.statements import Statements
from core.storage.tables import browser_sessions, invitations, password_links, setup_links, sign_on_attempts, users


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

    async def end_setup(self) -> None:
        """There is an administrator: nobody needs to become one by a link that was printed."""
        await self._write(sa.delete(setup_links))

    async def end_passwords(self, user_id: int | None = None) -> None:
        """Of one person, or everybody's."""
        await self._write(sa.delete(password_links).where(*([password_links.c.user_id == user_id] if user_id else [])))

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


async def shut(database: Database, now: datetime) -> None:
    """Ends every session, link and invitation: in an older state there are some that were used or ended since."""
    async with database.write() as connection:
        for table in (browser_sessions, sign_on_attempts, setup_links, password_links):
            await connection.execute(sa.delete(table))
        left = invitations.c.used_at.is_(None), invitations.c.revoked_at.is_(None)
        await connection.execute(sa.update(invitations).where(*left).values(revoked_at=now))


def _open_setup(code_hash: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    links = setup_links.c
    return links.code_hash == code_hash, links.expires_at > now, links.used_at.is_(None)


def _open_password(code_hash: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return password_links.c.code_hash == code_hash, password_links.c.expires_at > now
