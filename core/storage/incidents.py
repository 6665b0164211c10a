"""Incidents: from when to when sources were in trouble, and what they had in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.metrics.causes import JOINS_WITHIN, Board, Case, Member, Trouble
from core.models import Cause, Event
from core.storage.connection import Connection
from core.storage.events import record_events
from core.storage.outbox import announce_closed, announce_grown, announce_opened
from core.storage.row_locks import lock_organisations
from core.storage.tables import incident_sources, incidents, sources


@dataclass(frozen=True, slots=True)
class Turn:
    """A source got into trouble, or out of it, at `ts`. `host` is where its configuration leads."""

    source_id: int
    opened: bool
    ts: datetime
    diagnosis: dict[str, Any] | None
    host: str = ""


async def record_turns(connection: Connection, turns: Sequence[Turn], now: datetime) -> None:
    """In the connection's transaction, which holds the sources' rows.

    After these the organisation's row: whoever else has a turn there waits, and joins what was opened here.
    """
    if not turns:
        return
    owners = await _owners(connection, [turn.source_id for turn in turns])
    await lock_organisations(connection, {org for org, _ in owners.values()})
    cases, ids = await _open_cases(connection, set(owners), now)
    board, moved, news = Board(cases), dict[int, Case](), dict[int, Sequence[Event]]()
    for turn in sorted(turns, key=lambda turn: turn.ts):
        case = _turned(board, turn, *owners[turn.source_id], now)
        if case is not None:
            moved[turn.source_id], news[turn.source_id] = case, (_event(turn, case, now),)
    await _write(connection, moved, ids, now)
    await record_events(connection, news)


async def close_emptied(connection: Connection, org_id: int, now: datetime) -> None:
    """Ends the organisation's incidents whose last source in trouble was deleted, in this transaction."""
    await lock_organisations(connection, {org_id})
    still = sa.exists().where(incident_sources.c.incident_id == incidents.c.id, incident_sources.c.closed_at.is_(None))
    over = sa.update(incidents).where(incidents.c.org_id == org_id, incidents.c.closed_at.is_(None), ~still)
    ended = (await connection.execute(over.values(closed_at=now).returning(incidents.c.id))).scalars().all()
    await announce_closed(connection, ended, now)


async def forget_incidents(connection: Connection, before: datetime) -> None:
    """Those that ended before then go, with what was told of them."""
    await connection.execute(sa.delete(incidents).where(incidents.c.closed_at < before))


async def _owners(connection: Connection, keys: list[int]) -> dict[int, tuple[int, UUID]]:
    query = sa.select(sources.c.id, sources.c.org_id, sources.c.uid).where(sources.c.id.in_(keys))
    return {row.id: (row.org_id, row.uid) for row in await connection.execute(query)}


async def _open_cases(connection: Connection, turning: set[int], now: datetime) -> tuple[list[Case], dict[UUID, int]]:
    """Those that may still be joined, and those that the turning sources are in; oldest first. And their inner keys."""
    theirs = sa.select(incident_sources.c.incident_id).where(incident_sources.c.source_id.in_(turning))
    concerned = sa.or_(incidents.c.joined_at >= now - JOINS_WITHIN, incidents.c.id.in_(theirs))
    query = sa.select(incidents).where(incidents.c.closed_at.is_(None), concerned).order_by(incidents.c.id)
    rows = (await connection.execute(query)).all()
    cases = {row.id: _case(row) for row in rows}
    members = sa.select(incident_sources).where(incident_sources.c.incident_id.in_(list(cases)))
    for row in await connection.execute(members.order_by(incident_sources.c.opened_at)):
        trouble = Trouble(row.failed_at, row.host, row.diagnosis)
        cases[row.incident_id].hold(row.source_id, Member(trouble, row.opened_at, row.closed_at))
    return list(cases.values()), {case.uid: key for key, case in cases.items()}


def _case(row: sa.Row[Any]) -> Case:
    cause = Cause(row.cause), row.cause_key
    return Case(row.org_id, row.code, row.opened_at, row.joined_at, *cause, row.uid)


def _turned(board: Board, turn: Turn, org_id: int, uid: UUID, now: datetime) -> Case | None:
    if not turn.opened:
        return board.close(turn.source_id, turn.ts)
    return board.open(org_id, turn.source_id, uid, Trouble(turn.ts, turn.host, turn.diagnosis), now)


def _event(turn: Turn, case: Case, now: datetime) -> Event:
    """`sources` is how many are in trouble once this one has come or gone."""
    word = "opened" if turn.opened else "closed"
    return Event(now, "incident", {"to": word, "incident": str(case.uid), "sources": case.open_members})


async def _write(connection: Connection, moved: dict[int, Case], ids: dict[UUID, int], now: datetime) -> None:
    cases = {case.uid: case for case in moved.values()}
    fresh = [case for uid, case in cases.items() if uid not in ids]
    if changed := [{"key": ids[uid]} | _columns(case) for uid, case in cases.items() if uid in ids]:
        await connection.execute(sa.update(incidents).where(incidents.c.id == sa.bindparam("key")), changed)
    ids = ids | await _insert(connection, fresh)
    await _write_members(connection, moved, ids)
    joined = [case for source, case in moved.items() if case not in fresh and case.members[source].closed_at is None]
    await announce_opened(connection, {ids[case.uid]: case.org_id for case in fresh}, now)
    await announce_grown(connection, {ids[case.uid]: case.org_id for case in joined}, now)
    await announce_closed(connection, [ids[uid] for uid, case in cases.items() if case.closed_at is not None], now)


async def _insert(connection: Connection, cases: list[Case]) -> dict[UUID, int]:
    if not cases:
        return {}
    rows = [{"uid": case.uid, "org_id": case.org_id, "code": case.code} | _columns(case) for case in cases]
    into = sa.insert(incidents).returning(incidents.c.uid, incidents.c.id)
    return {row.uid: row.id for row in await connection.execute(into, rows)}


def _columns(case: Case) -> dict[str, Any]:
    names = ("cause_key", "opened_at", "joined_at", "closed_at")
    return {"cause": case.cause.value} | {name: getattr(case, name) for name in names}


async def _write_members(connection: Connection, moved: dict[int, Case], ids: dict[UUID, int]) -> None:
    """Those of the turning sources alone: the rows of others are theirs, and a deletion may be waiting with one."""
    if not moved:
        return
    rows = [_member(ids[case.uid], key, case.members[key]) for key, case in moved.items()]
    own = (
        incident_sources.c.incident_id == sa.bindparam("incident"),
        incident_sources.c.source_id == sa.bindparam("own"),
    )
    keys = [{"incident": row["incident_id"], "own": row["source_id"]} for row in rows]
    await connection.execute(sa.delete(incident_sources).where(*own), keys)
    await connection.execute(sa.insert(incident_sources), rows)


def _member(incident: int, source: int, member: Member) -> dict[str, Any]:
    trouble = member.trouble
    return {
        "incident_id": incident,
        "source_id": source,
        "opened_at": member.opened_at,
        "closed_at": member.closed_at,
        "failed_at": trouble.ts,
        "host": trouble.host,
        "diagnosis": trouble.diagnosis,
    }
