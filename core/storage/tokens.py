"""Bearer tokens of programs. They arrive here hashed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.models import Role
from core.storage.statements import Statements
from core.storage.tables import organisations, tokens


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A bearer token's row; `org` and `role` are None for one over all organisations."""

    uid: UUID
    name: str
    org: str | None
    role: Role | None
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    created_by: str | None = None
    last_used_at: datetime | None = None


class TokenRepository(Statements):
    """Every query about tokens."""

    async def add(self, token_hash: str, org_id: int | None, record: TokenRecord) -> None:
        values = {
            "uid": record.uid,
            "name": record.name,
            "token_hash": token_hash,
            "org_id": org_id,
            "role": record.role and record.role.label,
            "scopes": sorted(record.scopes),
            "created_at": record.created_at,
            "expires_at": record.expires_at,
            "created_by": record.created_by,
        }
        await self._write(sa.insert(tokens).values(values))

    async def find(self, token_hash: str) -> TokenRecord | None:
        row = await self._first(_rows().where(tokens.c.token_hash == token_hash))
        return _token(row) if row else None

    async def of_org(self, org: str | None) -> tuple[TokenRecord, ...]:
        """An organisation's, or for None those over all of them, the newest first; ended ones too."""
        mine = tokens.c.org_id.is_(None) if org is None else organisations.c.slug == org
        return tuple(map(_token, await self._all(_rows().where(mine).order_by(tokens.c.id.desc()))))

    async def revoke(self, uid: UUID, now: datetime) -> bool:
        """False for one that had been revoked before: the first moment stays."""
        alive = tokens.c.uid == uid, tokens.c.revoked_at.is_(None)
        return bool(await self._write(sa.update(tokens).where(*alive).values(revoked_at=now)))

    async def used(self, moments: Mapping[UUID, datetime]) -> None:
        """When each was last used."""
        async with self._database.write() as connection:
            for uid, moment in moments.items():
                query = sa.update(tokens).where(tokens.c.uid == uid)
                await connection.execute(query.values(last_used_at=moment))


def _rows() -> sa.Select[Any]:
    return sa.select(tokens, organisations.c.slug.label("org")).select_from(tokens.outerjoin(organisations))


def _token(row: sa.Row[Any]) -> TokenRecord:
    values = {name: getattr(row, name) for name in TokenRecord.__slots__}
    return TokenRecord(**values | {"role": Role.parse(row.role) if row.role else None, "scopes": frozenset(row.scopes)})
