"""What the plan of scheduled checks needs of each source: little, because it is read every few seconds."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.models import FailureKind
from core.storage.database import Database
from core.storage.tables import source_status, sources

STEPS_S = (0, 15, 60, 300, 900, 3600, 86_400)
"""A source is read once it is nearly as old as the least interval between two of these: most rows stay unread, and the
comparison is one that every database makes in the same way."""

PAGE = 1000
"""Rows made into objects without a pause: the loop serves calls in between."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """One source that may be due. `failure` is the kind of its last failure, None where the last call went well.

    `seq` counts the writes of its state, `version` those of the source itself, the last of them at `changed_at`.
    """

    id: int
    uid: UUID
    org_id: int
    version: int
    changed_at: datetime
    interval_s: float | None
    maintenance_from: datetime | None
    maintenance_until: datetime | None
    seq: int
    evidence_ts: datetime | None
    failure: str | None

    @property
    def refused_us(self) -> bool:
        """Whether the source did not accept our credentials."""
        return self.failure == FailureKind.AUTH.value


@dataclass(frozen=True, slots=True)
class Batch:
    """One of `of` equal parts of all sources."""

    number: int = 0
    of: int = 1


ALL = Batch()


class ScheduleRepository:
    """Reads what may be due, of all organisations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def before(
        self, moment: datetime, now: datetime, default_s: float, batch: Batch = ALL
    ) -> AsyncIterator[list[Scheduled]]:
        """Every source that may be due before `moment`, and some that are not, page by page; none that is paused.

        `default_s` is the interval of those that have none of their own.
        """
        query = _selection().where(sources.c.paused.is_(False), _old_enough(moment, now, default_s))
        if batch.of > 1:
            query = query.where(sources.c.id % batch.of == batch.number)
        after = 0
        while page := await self._page(query, after):
            after = page[-1].id
            yield page

    async def _page(self, query: sa.Select[Any], after: int) -> list[Scheduled]:
        async with self._database.read() as connection:
            rows = await connection.execute(query.where(sources.c.id > after).order_by(sources.c.id).limit(PAGE))
        return [Scheduled(*(*row[:-1], row[-1] and row[-1]["failure"])) for row in rows]


def _selection() -> sa.Select[Any]:
    failed = source_status.c.evidence == "error"
    # Whole: to look into it PostgreSQL reads all of it, and gives up at what a source may have said.
    diagnosis = sa.case((failed, source_status.c.diagnosis))
    own = (sources.c[name] for name in ("id", "uid", "org_id", "version", "updated_at", "check_interval_s"))
    maintenance = sources.c.maintenance_from, sources.c.maintenance_until
    seq = sa.func.coalesce(source_status.c.seq, 0)
    selection = sa.select(*own, *maintenance, seq, source_status.c.evidence_ts, diagnosis)
    return selection.select_from(sources.outerjoin(source_status))


def _old_enough(moment: datetime, now: datetime, default_s: float) -> sa.ColumnElement[bool]:
    ts = source_status.c.evidence_ts
    # What lies ahead was written before somebody set the clock back.
    return sa.or_(ts.is_(None), ts > now, *_by_interval(moment, default_s))


def _by_interval(moment: datetime, default_s: float) -> Iterator[sa.ColumnElement[bool]]:
    ts, interval = source_status.c.evidence_ts, sources.c.check_interval_s
    yield sa.and_(interval.is_(None), ts < moment - timedelta(seconds=default_s))
    for low, high in pairwise((*STEPS_S, STEPS_S[-1] * 2)):
        yield sa.and_(interval >= low, interval < high, ts < moment - timedelta(seconds=low))
