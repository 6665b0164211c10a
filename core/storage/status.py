"""What is known of each source's state: one row a source, to which several processes may add."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.metrics.figures import Call, FiguresState, folded
from core.metrics.history import PackedBucket
from core.metrics.streak import begins, extended, lasts
from core.models import BreakerState, Event
from core.storage.connection import Connection
from core.storage.database import Database
from core.storage.events import EVENTS_KEPT, record_events
from core.storage.history import record_history
from core.storage.incidents import Turn, record_turns
from core.storage.row_locks import lock_sources
from core.storage.tables import events, organisations, source_status, sources, writers


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """A row of `source_status`. Histograms are packed; `evidence` is `healthy`, `error` or None, `evidence_by` a Proof.

    `seq` counts the writes of the row, `writer` is the process that wrote it last. Evidence and streak were proven with
    the source's configuration of `config_version`, which is the source's own column: what is stored is of the present.
    """

    source_id: int
    seq: int
    writer: int
    calls_total: int
    errors_total: int
    rejected_total: int
    avg_latency_ms: float | None
    avg_ts: datetime | None
    latency_sum_ms: float
    histogram: bytes
    lifetime: bytes
    last_ok_ts: datetime | None
    last_err_ts: datetime | None
    state: str
    state_since: datetime | None
    evidence: str | None
    evidence_ts: datetime | None
    evidence_by: str | None
    streak: int
    trouble_since: datetime | None
    diagnosis: dict[str, Any] | None
    message: dict[str, Any] | None
    updated_at: datetime
    config_version: int

    @property
    def figures(self) -> FiguresState:
        return FiguresState(**{name: getattr(self, name) for name in FIGURES})


@dataclass(frozen=True, slots=True)
class Unwritten:
    """What one process has to add to one source: `record` is the row as it would be if nobody else had written.

    `calls`, `rejected` and `proofs` are what it saw beyond the row of `record.seq`. Of `news` the first `again` were in
    a write of which nobody knows whether it was stored.
    """

    record: StatusRecord
    calls: Sequence[Call] = ()
    rejected: int = 0
    proofs: Sequence[bool] = ()
    history: Sequence[PackedBucket] = ()
    news: Sequence[Event] = ()
    host: str = ""
    again: int = 0

    @property
    def opened(self) -> bool:
        """Whether the breaker opened."""
        return any(each.type == "breaker" and each.data["to"] == BreakerState.OPEN.value for each in self.news)


@dataclass(frozen=True, slots=True)
class Written:
    """A row as it is now stored; `merged` when others had written meanwhile, `turned` when trouble began or ended."""

    record: StatusRecord
    merged: bool
    turned: bool


FIGURES = tuple(field.name for field in fields(FiguresState))
NEVER = datetime.min.replace(tzinfo=UTC)
EVIDENCE = ("evidence", "evidence_ts", "evidence_by", "message", "diagnosis")
NO_EVIDENCE: dict[str, Any] = dict.fromkeys((*EVIDENCE, "state_since"))
NOBODY = 0
"""As a writer: every process then has been overtaken, also the one that wrote the row before."""


@lru_cache(maxsize=1)
def _one() -> sa.Select[Any]:
    return _rows().where(source_status.c.source_id == sa.bindparam("source"))


def _rows() -> sa.Select[Any]:
    return sa.select(source_status, sources.c.config_version).select_from(source_status.join(sources))


class StatusRepository:
    """Reads and writes the stored state of sources."""

    def __init__(self, database: Database, *, events_kept: int = EVENTS_KEPT) -> None:
        self._database, self._events_kept = database, events_kept
        self._number: int | None = None

    async def of_org(self, org_slug: str) -> dict[int, StatusRecord]:
        """By the source's inner key; sources that were never called are missing."""
        query = _rows().join(organisations).where(organisations.c.slug == org_slug)
        async with self._database.read() as connection:
            rows = await connection.execute(query)
        return {row.source_id: StatusRecord(*row) for row in rows}

    async def get(self, source_id: int) -> StatusRecord | None:
        async with self._database.read() as connection:
            found = await connection.execute(_one(), {"source": source_id})
        row = found.one_or_none()
        return StatusRecord(*row) if row is not None else None

    async def with_ids(self, source_ids: Collection[int]) -> dict[int, StatusRecord]:
        """By the source's inner key; sources that were never called are missing."""
        if not source_ids:
            return {}
        async with self._database.read() as connection:
            query = _rows().where(source_status.c.source_id.in_(source_ids))
            return {row.source_id: StatusRecord(*row) for row in await connection.execute(query)}

    async def save(self, batch: Iterable[Unwritten], now: datetime) -> dict[int, Written]:
        """Everything in one transaction, of a few statements however many they are. Gives what is now stored.

        What belongs to a source that was deleted meanwhile is dropped.
        """
        waiting = {each.record.source_id: each for each in batch}
        if not waiting:
            return {}
        number = await self._writer(now)
        async with self._database.write() as connection:
            known = await _locked(connection, waiting, now)
            waiting = {key: each for key, each in waiting.items() if key in known}
            written = await _merge(connection, waiting, known, number)
            if written:
                await connection.execute(_upsert(self._database), [_row(each.record) for each in written.values()])
            await record_history(connection, {key: each.history for key, each in waiting.items()}, number, now)
            news = {key: _untold(each, known[key], number) for key, each in waiting.items()}
            await record_events(connection, news, self._events_kept)
            turned = {key: each.record for key, each in written.items() if each.turned}
            turns = [_turn(record, known[key], waiting[key].host, now) for key, record in turned.items()]
            await record_turns(connection, turns, now)
        return written

    async def add_event(self, source_id: int, event: Event) -> None:
        """The oldest beyond `events_kept` go. An event of a source that was deleted meanwhile is dropped."""
        try:
            async with self._database.write() as connection:
                await record_events(connection, {source_id: (event,)}, self._events_kept)
        except IntegrityError:
            return

    async def events(self, source_id: int, limit: int = 50) -> tuple[Event, ...]:
        """Newest first."""
        query = sa.select(events).where(events.c.source_id == source_id).order_by(events.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            rows = await connection.execute(query)
        return tuple(Event(row.ts, row.type, row.data) for row in rows)

    async def _writer(self, now: datetime) -> int:
        """The number of this process among those that ever wrote."""
        if self._number is None:
            async with self._database.write() as connection:
                key = (await connection.execute(sa.insert(writers).values(started_at=now))).inserted_primary_key
            assert key is not None  # noqa: S101 - a single-row insert always has one
            self._number = int(key[0])
        return self._number


async def forget_evidence(connection: Connection, keys: Collection[int]) -> None:
    """In the transaction that gives these sources another configuration: nothing is proven about that one yet."""
    own = sa.update(source_status).where(source_status.c.source_id.in_(keys))
    again = {"seq": source_status.c.seq + 1, "writer": NOBODY, "streak": 0}
    await connection.execute(own.values(again | NO_EVIDENCE))


class Known(NamedTuple):
    """How often a row was written, and by whom last; zeros where there is none. While `quiet` no incident begins.

    `trouble_since` is what an incident is open of, whatever a process remembers that missed the answer to its write.
    """

    seq: int
    writer: int
    trouble_since: datetime | None
    config_version: int
    quiet: bool


async def _locked(connection: Connection, keys: Iterable[int], now: datetime) -> dict[int, Known]:
    """The sources that there are, held until the end of the transaction."""
    alive = await lock_sources(connection, keys)
    # A statement of its own: the one that waited for the lock still sees what was stored before it waited.
    quiet = sources.c.paused, sources.c.maintenance_from, sources.c.maintenance_until
    state = source_status.c.seq, source_status.c.writer, source_status.c.trouble_since
    query = sa.select(sources.c.id, *state, sources.c.config_version, *quiet)
    rows = await connection.execute(query.select_from(sources.outerjoin(source_status)).where(sources.c.id.in_(alive)))
    return {row.id: _known(row, now) for row in rows}


def _known(row: Any, now: datetime) -> Known:
    return Known(row.seq or 0, row.writer or NOBODY, row.trouble_since, row.config_version, _is_quiet(row, now))


def _is_quiet(row: Any, now: datetime) -> bool:
    """Whether nobody wants to hear of it: paused, or in maintenance, which without an end goes on."""
    since, until = row.maintenance_from, row.maintenance_until
    return bool(row.paused or (since is not None and since <= now and (until is None or now < until)))


async def _merge(
    connection: Connection, waiting: dict[int, Unwritten], known: dict[int, Known], number: int
) -> dict[int, Written]:
    overtaken = [key for key, each in waiting.items() if not _is_ours(known[key], each.record, number)]
    stored: dict[int, StatusRecord] = {}
    if overtaken:
        query = _rows().where(source_status.c.source_id.in_(overtaken))
        stored = {row.source_id: StatusRecord(*row) for row in await connection.execute(query)}
    return {key: _written(stored.get(key), each, known[key], number) for key, each in waiting.items()}


def _is_ours(known: Known, mine: StatusRecord, number: int) -> bool:
    """Whether nobody else wrote since this process knew the row. A commit whose answer was lost is its own."""
    if known.config_version != mine.config_version:
        return False
    return known.seq <= mine.seq or _was_lost(known, mine, number)


def _was_lost(known: Known, mine: StatusRecord, number: int) -> bool:
    """Whether the last write of this process was stored although its answer never came."""
    return (known.seq, known.writer) == (mine.seq + 1, number)


def _untold(each: Unwritten, known: Known, number: int) -> Sequence[Event]:
    return each.news[each.again :] if _was_lost(known, each.record, number) else each.news


def _written(stored: StatusRecord | None, each: Unwritten, known: Known, number: int) -> Written:
    if known.config_version != each.record.config_version:
        each = _proving_nothing(each, stored)
    record = each.record if stored is None else _joined(stored, each)
    before = known.trouble_since is not None
    trouble = lasts(record.streak, BreakerState(record.state)) if before else _begins(record, each, known)
    if trouble and not before:
        record = replace(record, streak=min(record.streak, 0))  # what was good before it counts for no end
    failing_since = record.state_since if record.evidence == "error" else None
    since = (known.trouble_since or failing_since or record.updated_at) if trouble else None
    version = known.config_version
    kept = replace(record, seq=known.seq + 1, writer=number, trouble_since=since, config_version=version)
    return Written(kept, merged=stored is not None, turned=trouble is not before)


def _begins(record: StatusRecord, each: Unwritten, known: Known) -> bool:
    bad_news = each.opened or (bool(each.proofs) and not each.proofs[-1])
    opened = record.state == BreakerState.OPEN.value
    return not known.quiet and begins(record.streak, bad_news=bad_news, breaker_open=opened)


def _proving_nothing(each: Unwritten, stored: StatusRecord | None) -> Unwritten:
    """What a process saw with a configuration that the source no longer has: its calls count, and that is all."""
    state = BreakerState.CLOSED.value if stored is None else stored.state
    return replace(each, record=replace(each.record, state=state, streak=0, **NO_EVIDENCE), proofs=())


def _turn(record: StatusRecord, known: Known, host: str, now: datetime) -> Turn:
    """Trouble counts from the first bad proof, its end from the first good one after that."""
    if record.trouble_since is not None:
        return Turn(record.source_id, True, record.trouble_since, record.diagnosis, host)
    since = record.state_since
    ended = since if since is not None and known.trouble_since is not None and since > known.trouble_since else now
    return Turn(record.source_id, False, ended, record.diagnosis, host)


def _joined(stored: StatusRecord, each: Unwritten) -> StatusRecord:
    """What is stored, and on top of it what this process saw."""
    mine, figures = each.record, folded(stored.figures, each.calls, each.rejected).dump()
    later = stored if _evidence_ts(mine) < _evidence_ts(stored) else mine
    since = [row.state_since for row in (stored, mine) if row.evidence == later.evidence and row.state_since]
    return replace(
        mine,
        **columns(figures),
        **{name: getattr(later, name) for name in EVIDENCE},
        state_since=min(since, default=None),
        streak=extended(stored.streak, each.proofs),
    )


def _evidence_ts(record: StatusRecord) -> datetime:
    return record.evidence_ts or NEVER


def _upsert(database: Database) -> sa.Executable:
    into = database.insert(source_status)
    return into.on_conflict_do_update(index_elements=["source_id"], set_=dict(into.excluded.items()))


def _row(record: StatusRecord) -> dict[str, Any]:
    row = columns(record)
    del row["config_version"]  # the source's own
    return row


def columns(record: Any) -> dict[str, Any]:
    """A flat dataclass as a row. `asdict` would copy everything inside it too, which takes longer than storing it."""
    return {field.name: getattr(record, field.name) for field in fields(record)}
