"""Saved queries as rows, and each organisation's rule of which samples may run."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.errors import Conflict, NotFound, PreconditionFailed
from core.folding import fold
from core.models import FieldError, Message, QueryStatus, SamplePolicy, SavedQuery
from core.storage.query_tables import saved_queries
from core.storage.sources import SourceRecord
from core.storage.statements import Statements
from core.storage.tables import organisations, sources

Approved = tuple[Mapping[str, Any], Mapping[str, str]]
"""The parameters of a sample, and the types of those that are filled in."""


class QueryRepository(Statements):
    """Adds, finds, changes and deletes saved queries."""

    async def add(self, source: SourceRecord, values: Mapping[str, Any]) -> SavedQuery:
        """`values` are the columns that somebody chose. Raises Conflict for a name that the organisation has."""
        uid, now = uuid4(), datetime.now(UTC)
        row = {"uid": uid, "org_id": source.org_id, "source_id": source.id, "status": QueryStatus.DRAFT.value}
        row |= {"version": 1, "created_at": now, "updated_at": now, **_columns(values)}
        await self._store(sa.insert(saved_queries).values(row), values["name"])
        return await self._present(source.org_slug, uid)

    async def get(self, org_slug: str, uid: UUID) -> SavedQuery | None:
        found = await self._first(_selection(org_slug).where(saved_queries.c.uid == uid))
        return None if found is None else _query(found)

    async def of_org(self, org_slug: str) -> tuple[SavedQuery, ...]:
        return tuple(map(_query, await self._all(_selection(org_slug).order_by(saved_queries.c.id))))

    async def update(self, org_slug: str, query: SavedQuery, values: Mapping[str, Any]) -> SavedQuery:
        """Raises PreconditionFailed when it is no longer at the version of `query`, Conflict for a taken name, NotFound
        when it is gone."""
        row = _columns(values) | {"version": query.version + 1, "updated_at": datetime.now(UTC)}
        statement = sa.update(saved_queries).where(_same(query)).values(row)
        changed = await self._store(statement, values.get("name", ""))
        present = await self._present(org_slug, query.id)
        if not changed:
            raise PreconditionFailed("query_stale")
        return present

    async def delete(self, query: SavedQuery) -> None:
        await self._write(sa.delete(saved_queries).where(saved_queries.c.uid == query.id))

    async def policy(self, org_slug: str) -> SamplePolicy:
        """Raises NotFound."""
        found = await self._first(sa.select(organisations.c.sample_policy).where(organisations.c.slug == org_slug))
        if found is None:
            raise NotFound()
        return SamplePolicy(found[0])

    async def set_policy(self, org_slug: str, policy: SamplePolicy) -> None:
        """Raises NotFound."""
        statement = sa.update(organisations).where(organisations.c.slug == org_slug)
        if not await self._write(statement.values(sample_policy=policy.value)):
            raise NotFound()

    async def approved(self, source_id: int) -> tuple[Approved, ...]:
        """Of one source, by its inner key."""
        query = sa.select(saved_queries.c.params, saved_queries.c.parameters)
        approved = saved_queries.c.status == QueryStatus.APPROVED.value
        rows = await self._all(query.where(saved_queries.c.source_id == source_id, approved))
        return tuple((row.params, row.parameters) for row in rows)

    async def _store(self, statement: sa.Insert | sa.Update, name: str) -> int:
        try:
            return await self._write(statement)
        except IntegrityError:
            taken = FieldError("name", Message("error.conflict.query_taken", {"name": name}))
            raise Conflict("query_taken", name=name, fields=(taken,)) from None

    async def _present(self, org_slug: str, uid: UUID) -> SavedQuery:
        query = await self.get(org_slug, uid)
        if query is None:  # deleted by somebody else in this very moment
            raise NotFound()
        return query


def _selection(org_slug: str) -> sa.Select[Any]:
    query = sa.select(
        saved_queries, sources.c.uid.label("source_uid"), sources.c.name.label("source_name"), sources.c.kind
    )
    joined = saved_queries.join(sources).join(organisations, saved_queries.c.org_id == organisations.c.id)
    return query.select_from(joined).where(organisations.c.slug == org_slug)


def _same(query: SavedQuery) -> sa.ColumnElement[bool]:
    return sa.and_(saved_queries.c.uid == query.id, saved_queries.c.version == query.version)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    named = {"name_folded": fold(values["name"])} if "name" in values else {}
    return {**values, **named}


def _query(row: sa.Row[Any]) -> SavedQuery:
    columns = dict(row._mapping)
    for inner in ("id", "org_id", "name_folded"):
        del columns[inner]
    columns |= {"id": columns.pop("uid"), "source_id": columns.pop("source_uid")}
    return SavedQuery(**columns | {"status": QueryStatus(columns["status"])})
