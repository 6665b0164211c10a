"""What each person asked of which source, and what came of it: the newest runs of each, and nothing of an answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.models import SampleRun
from core.storage.query_tables import sample_runs
from core.storage.sources import SourceRecord
from core.storage.statements import Statements
from core.storage.tables import organisations, sources

KEPT_MAX = 100
"""Runs of one person in one organisation: the trail keeps who looked at what for good."""


class RunRepository(Statements):
    """Adds and lists runs. Those of a deleted source go with it."""

    async def add(self, source: SourceRecord, actor: str, ts: datetime, outcome: Mapping[str, Any]) -> None:
        """`outcome` holds the columns `params`, `code`, `rows` and `latency_ms`. The oldest ones make room."""
        row = {"org_id": source.org_id, "source_id": source.id, "actor": actor, "ts": ts, **outcome}
        theirs = sa.and_(sample_runs.c.org_id == source.org_id, sample_runs.c.actor == actor)
        oldest = sa.select(sample_runs.c.id).where(theirs).order_by(sample_runs.c.id.desc()).limit(1).offset(KEPT_MAX)
        too_many = sa.delete(sample_runs).where(theirs, sample_runs.c.id <= oldest.scalar_subquery())
        await self._database.carry_out(sa.insert(sample_runs).values(row), too_many)

    async def of(self, org_slug: str, actor: str, source_id: UUID, limit: int) -> tuple[SampleRun, ...]:
        """One person's runs of one source, newest first."""
        query = sa.select(
            sample_runs.c.ts, sample_runs.c.params, sample_runs.c.code, sample_runs.c.rows, sample_runs.c.latency_ms
        )
        joined = sample_runs.join(sources).join(organisations, sample_runs.c.org_id == organisations.c.id)
        query = query.select_from(joined).where(organisations.c.slug == org_slug, sources.c.uid == source_id)
        query = query.where(sample_runs.c.actor == actor).order_by(sample_runs.c.id.desc()).limit(limit)
        return tuple(SampleRun(**row._mapping) for row in await self._all(query))
