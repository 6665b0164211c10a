"""What happened to sources: a bounded list each, in which a probe that fails again and again takes two rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from core.models import BreakerState, Event
from core.storage.connection import Connection
from core.storage.row_locks import lock_sources
from core.storage.tables import events

EVENTS_KEPT = 1000
"""Of one source; a source that comes and goes all day would otherwise fill the disk."""

PROBING = {BreakerState.OPEN.value, BreakerState.HALF_OPEN.value}

_OWN = sa.select(events.c.id).where(events.c.source_id == sa.bindparam("owner")).order_by(events.c.id.desc())
_OLDEST_KEPT = _OWN.offset(sa.bindparam("kept", type_=sa.Integer)).limit(1).scalar_subquery()
_BEYOND = sa.delete(events).where(events.c.source_id == sa.bindparam("owner"), events.c.id < _OLDEST_KEPT)


async def record_events(connection: Connection, news: Mapping[int, Sequence[Event]], kept: int = EVENTS_KEPT) -> None:
    """By the source's inner key, in the connection's transaction; a source's oldest beyond `kept` go.

    A few statements however many they are, probes aside. Events of a source that is gone are dropped.
    """
    if not any(news.values()):
        return
    # Two processes that fold or prune one list at once would each take away what the other has just read.
    alive = await lock_sources(connection, news)
    news = {key: happened for key, happened in news.items() if happened and key in alive}
    if not news:
        return
    probed = {key for key, happened in news.items() if any(_is_probe(event.type, event.data) for event in happened)}
    if rows := [_row(key, event) for key in news.keys() - probed for event in news[key]]:
        await connection.execute(sa.insert(events), rows)
    for key in probed:
        for event in news[key]:
            await connection.execute(sa.insert(events), _row(key, await _folded(connection, key, event)))
    await connection.execute(_BEYOND, [{"owner": key, "kept": kept - 1} for key in news])


def _row(source_id: int, event: Event) -> dict[str, Any]:
    return {"source_id": source_id, "ts": event.ts, "type": event.type, "data": dict(event.data)}


async def _folded(connection: Connection, source_id: int, event: Event) -> Event:
    """A probe that fails as the one before it did is that one again, `times` over, first at `since`.

    A source that is down for a day is probed all day: two rows tell it, and what happened before stays in sight.
    """
    if not _is_probe(event.type, event.data):
        return event
    own = sa.select(events).where(events.c.source_id == source_id).order_by(events.c.id.desc()).limit(2)
    last = (await connection.execute(own)).all()
    if len(last) < 2 or not all(_is_probe(row.type, row.data) for row in last) or not _alike(last[1].data, event.data):
        return event
    first = last[1]
    await connection.execute(sa.delete(events).where(events.c.id == first.id))
    since = first.data.get("since", first.ts.isoformat())
    return replace(event, data={**event.data, "times": first.data.get("times", 1) + 1, "since": since})


def _is_probe(kind: str, data: Mapping[str, Any]) -> bool:
    return kind == "breaker" and {data.get("from"), data.get("to")} == PROBING


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    codes = [(data.get("diagnosis") or {}).get("code") for data in (one, other)]
    return one["to"] == other["to"] and codes[0] == codes[1]
