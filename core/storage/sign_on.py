"""Sign-ins under way at an identity provider, and who its subjects are here. Secrets arrive here already hashed."""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.errors import Conflict
from core.models import Role
from core.storage.row_locks import lock_organisations
from core.storage.statements import Statements
from core.storage.tables import browser_sessions, identities, memberships, organisations, sign_on_attempts

ATTEMPTS, ATTEMPTS_MAX = sign_on_attempts.c, 10_000


@dataclass(frozen=True, slots=True)
class Membership:
    """One of a person's, with where it comes from."""

    role: Role
    origin: str


class SignOnRepository(Statements):
    """Every query that signing in by a provider needs beside those about people."""

    def together(self) -> AbstractAsyncContextManager[None]:
        """One transaction for all that is done in the block."""
        return self._database.together()

    async def add_attempt(self, secret_hash: str, target: str, now: datetime, expires_at: datetime) -> None:
        """`target` is where the person wants to go. What nobody came back to in time goes in the same transaction.

        So do the oldest of very many: anybody may begin one.
        """
        newest = sa.select(ATTEMPTS.secret_hash).order_by(ATTEMPTS.expires_at.desc()).limit(ATTEMPTS_MAX - 1)
        gone = (ATTEMPTS.expires_at <= now) | ATTEMPTS.secret_hash.not_in(newest)
        async with self._database.write() as connection:
            await connection.execute(sa.delete(sign_on_attempts).where(gone))
            row = {"secret_hash": secret_hash, "target": target, "expires_at": expires_at}
            await connection.execute(sa.insert(sign_on_attempts).values(row))

    async def use_attempt(self, secret_hash: str, now: datetime) -> str | None:
        """Its target, for the one caller that used it up."""
        mine = ATTEMPTS.secret_hash == secret_hash, ATTEMPTS.expires_at > now
        async with self._database.write() as connection:
            used = await connection.execute(sa.delete(sign_on_attempts).where(*mine).returning(ATTEMPTS.target))
            return used.scalar()

    async def user_of(self, issuer: str, subject: str) -> int | None:
        query = sa.select(identities.c.user_id)
        row = await self._first(query.where(identities.c.issuer == issuer, identities.c.subject == subject))
        return row.user_id if row else None

    async def add_identity(self, issuer: str, subject: str, user_id: int, now: datetime) -> None:
        """Raises Conflict for a subject that is somebody already."""
        row = {"issuer": issuer, "subject": subject, "user_id": user_id, "created_at": now}
        try:
            await self._write(sa.insert(identities).values(row))
        except IntegrityError:
            raise Conflict("identity_taken") from None

    async def memberships_to_change(self, user_id: int, org_ids: Iterable[int]) -> dict[int, Membership]:
        """A person's by organisation. Those of `org_ids` stay as they are until the transaction ends (`together`)."""
        async with self._database.write() as connection:
            await lock_organisations(connection, org_ids)
        query = sa.select(memberships.c.org_id, memberships.c.role, memberships.c.origin)
        rows = await self._all(query.join(organisations).where(memberships.c.user_id == user_id))
        return {row.org_id: Membership(Role.parse(row.role), row.origin) for row in rows}

    async def method_of(self, token_hash: str) -> str | None:
        """How a session was opened; None when there is none."""
        query = sa.select(browser_sessions.c.method)
        row = await self._first(query.where(browser_sessions.c.token_hash == token_hash))
        return row.method if row else None
