"""Incidents as they are shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.models import Cause
from core.storage.database import Database
from core.storage.tables import incident_sources, incidents, organisations, sources


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """A source of an incident; `id` is its inner key."""

    id: int
    uid: UUID
    name: str
    kind: str
    paused: bool
    check_interval_s: float | None
    opened_at: datetime
    closed_at: datetime | None
    diagnosis: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """An incident; `id` is the key inside, `uid` the one that outsiders see."""

    id: int
    uid: UUID
    org_slug: str
    cause: Cause
    cause_key: str
    code: str
    opened_at: datetime
    closed_at: datetime | None
    members: tuple[MemberRecord, ...]


class IncidentRepository:
    """Reads incidents; they are written where the turns of sources are, in `core.storage.incidents`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_org(
        self, org_slug: str, limit: int, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[IncidentRecord, ...]:
        """Newest first; with `since` those that are open or ended later, with `until` those that began before.

        One whose sources were deleted is left out.
        """
        member = sa.exists().where(incident_sources.c.incident_id == incidents.c.id)
        query = _rows().where(organisations.c.slug == org_slug, member)
        if since is not None:
            query = query.where(sa.or_(incidents.c.closed_at.is_(None), incidents.c.closed_at >= since))
        if until is not None:
            query = query.where(incidents.c.opened_at < until)
        return await self._read(query.order_by(incidents.c.opened_at.desc(), incidents.c.id.desc()).limit(limit))

    async def get(self, incident_id: int) -> IncidentRecord | None:
        """By its inner key."""
        found = await self._read(_rows().where(incidents.c.id == incident_id))
        return found[0] if found else None

    async def _read(self, query: sa.Select[Any]) -> tuple[IncidentRecord, ...]:
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            members: dict[int, list[MemberRecord]] = {row.id: [] for row in rows}
            for incident, *member in await connection.execute(_members(list(members))):
                members[incident].append(MemberRecord(*member))
        return tuple(_record(row, tuple(members[row.id])) for row in rows)


def _rows() -> sa.Select[Any]:
    return sa.select(incidents, organisations.c.slug.label("org_slug")).join(organisations)


def _members(keys: list[int]) -> sa.Select[Any]:
    table = incident_sources.c
    own = (sources.c[name] for name in ("id", "uid", "name", "kind", "paused", "check_interval_s"))
    query = sa.select(table.incident_id, *own, table.opened_at, table.closed_at, table.diagnosis).join(sources)
    return query.where(table.incident_id.in_(keys)).order_by(table.opened_at, sources.c.id)


def _record(row: sa.Row[Any], members: tuple[MemberRecord, ...]) -> IncidentRecord:
    cause = Cause(row.cause), row.cause_key, row.code
    return IncidentRecord(row.id, row.uid, row.org_slug, *cause, row.opened_at, row.closed_at, members)
