"""Invitations into an organisation. Their codes arrive here hashed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.models import Role
from core.storage.statements import Statements
from core.storage.tables import invitations, organisations


@dataclass(frozen=True, slots=True)
class InvitationRecord:
    """An invitation's row, and the organisation it leads to."""

    uid: UUID
    org_id: int
    org: str
    org_name: str
    role: Role
    note: str
    invited_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    used_by: str | None = None
    revoked_at: datetime | None = None


class InvitationRepository(Statements):
    """Every query about invitations."""

    async def add(self, code_hash: str, record: InvitationRecord) -> None:
        names = ("uid", "org_id", "note", "invited_by", "created_at", "expires_at")
        values = {name: getattr(record, name) for name in names}
        await self._write(sa.insert(invitations).values(code_hash=code_hash, role=record.role.label, **values))

    async def of_org(self, org: str) -> tuple[InvitationRecord, ...]:
        """The newest first; ended ones too."""
        rows = await self._all(_rows().where(organisations.c.slug == org).order_by(invitations.c.id.desc()))
        return tuple(map(_invitation, rows))

    async def open(self, code_hash: str, now: datetime) -> InvitationRecord | None:
        row = await self._first(_rows().where(invitations.c.code_hash == code_hash, *_open(now)))
        return _invitation(row) if row else None

    async def open_by(self, inviter: str, now: datetime) -> tuple[InvitationRecord, ...]:
        """Of a person, into whatever organisation."""
        rows = await self._all(_rows().where(invitations.c.invited_by == inviter, *_open(now)))
        return tuple(map(_invitation, rows))

    async def use(self, uid: UUID, by: str, now: datetime) -> bool:
        """True for the one caller that used it up."""
        query = sa.update(invitations).where(invitations.c.uid == uid, *_open(now))
        return bool(await self._write(query.values(used_at=now, used_by=by)))

    async def revoke(self, uid: UUID, now: datetime) -> bool:
        """False for one that is used, or was revoked before."""
        alive = invitations.c.uid == uid, invitations.c.used_at.is_(None), invitations.c.revoked_at.is_(None)
        return bool(await self._write(sa.update(invitations).where(*alive).values(revoked_at=now)))


def _open(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    rows = invitations.c
    return rows.expires_at > now, rows.used_at.is_(None), rows.revoked_at.is_(None)


def _rows() -> sa.Select[Any]:
    named = organisations.c.slug.label("org"), organisations.c.name.label("org_name")
    return sa.select(invitations, *named).join_from(invitations, organisations)


def _invitation(row: sa.Row[Any]) -> InvitationRecord:
    values = {name: getattr(row, name) for name in InvitationRecord.__slots__}
    return InvitationRecord(**values | {"role": Role.parse(row.role)})
