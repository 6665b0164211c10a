"""What hooks have yet to be told: written in the transaction of what happened, so that nothing that happened is untold.

A delivery is claimed before it is sent: its attempt is counted and its next time put off by a lease. Whoever dies in
between leaves it to the next one, with the id it has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from core.storage.connection import Connection
from core.storage.database import Database
from core.storage.tables import alert_deliveries, alert_hooks

OPENED, GROWN, CLOSED = "opened", "grown", "closed"
AT_ONCE = 16
"""Deliveries claimed by one process at a time."""
FAR = timedelta(hours=1, minutes=5)
"""Longer than any pause or lease: what is put off further was so before somebody set the clock back."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one hook, claimed. `attempts` counts this one too."""

    id: int
    uid: UUID
    hook_id: int
    incident_id: int
    moment: str
    attempts: int


async def announce_opened(connection: Connection, orgs: Mapping[int, int], now: datetime) -> None:
    """To every hook of the incident's organisation, in the connection's transaction. `orgs` is by incident."""
    await _announce(connection, sorted(await _to_tell(connection, orgs)), OPENED, now)


async def announce_grown(connection: Connection, orgs: Mapping[int, int], now: datetime) -> None:
    """More sources are in these incidents. `orgs` is by incident.

    A hook that is yet to be told of the beginning, or of other newcomers, is told of these with that. Any other one,
    one that came later too, is told once more.
    """
    pairs = await _to_tell(connection, orgs)
    if not pairs:
        return
    table = alert_deliveries.c
    waits = sa.select(table.hook_id, table.incident_id)
    waits = waits.where(table.incident_id.in_(orgs), table.due_at.is_not(None), table.attempts == 0)
    # Held: who claims it meanwhile would read the incident without the newcomers, and nobody would name them.
    waiting = {tuple(row) for row in await connection.execute(waits.with_for_update())}
    pairs -= waiting
    if pairs:
        again = sa.tuple_(table.hook_id, table.incident_id).in_(list(pairs)), table.moment == GROWN
        await connection.execute(sa.delete(alert_deliveries).where(*again))
    await _announce(connection, sorted(pairs), GROWN, now)


async def announce_closed(connection: Connection, ended: Sequence[int], now: datetime) -> None:
    """To the hooks that are told of these incidents, and to no others. What newcomers are not told of is over."""
    if not ended:
        return
    table = alert_deliveries.c
    whom = table.hook_id, table.incident_id, table.moment
    # The hooks are locked before their deliveries, as by whoever removes one.
    query = sa.select(*whom).join(alert_hooks).where(table.incident_id.in_(ended), table.moment.in_((OPENED, GROWN)))
    locked = await connection.execute(query.with_for_update(read=True, key_share=True, of=alert_hooks))
    told = {tuple(row) for row in locked}
    grown = table.incident_id.in_(ended), table.moment == GROWN
    untold = sa.delete(alert_deliveries).where(*grown, table.attempts == 0).returning(*whom)
    told -= {tuple(row) for row in await connection.execute(untold)}
    # One that was tried may have arrived: it stays, and is not tried again.
    await connection.execute(sa.update(alert_deliveries).where(*grown).values(due_at=None))
    await _announce(connection, sorted({(hook, incident) for hook, incident, _ in told}), CLOSED, now)


async def _to_tell(connection: Connection, orgs: Mapping[int, int]) -> set[tuple[int, int]]:
    """Every hook of each incident's organisation, with the incident. `orgs` is by incident."""
    if not orgs:
        return set()
    hooks = sa.select(alert_hooks.c.id, alert_hooks.c.org_id).where(alert_hooks.c.org_id.in_(set(orgs.values())))
    # A hook that is being removed is gone afterwards, and one that is not stays until the end of the transaction.
    found = (await connection.execute(hooks.with_for_update(read=True, key_share=True))).all()
    return {(hook, incident) for incident, org in orgs.items() for hook, owner in found if owner == org}


async def _announce(connection: Connection, pairs: list[tuple[int, int]], moment: str, now: datetime) -> None:
    rows = [
        {"uid": uuid4(), "hook_id": hook, "incident_id": incident, "moment": moment, "due_at": now, "attempts": 0}
        for hook, incident in pairs
    ]
    if rows:
        await connection.execute(sa.insert(alert_deliveries), rows)


class Outbox:
    """Claims deliveries and says what became of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, now: datetime, gather: timedelta, lease: timedelta) -> tuple[Delivery, ...]:
        """Those that are due, this process's until `lease` has passed. A beginning waits for companions, `gather`.

        An end waits until its beginning was delivered or given up.
        """
        if not await self._any_due(now, gather):
            return ()
        async with self._database.write() as connection:
            query = _due(now, gather).limit(AT_ONCE).with_for_update(skip_locked=True)
            rows = (await connection.execute(query)).all()
            own = alert_deliveries.c.id.in_([row.id for row in rows])
            values = {"due_at": now + lease, "attempts": alert_deliveries.c.attempts + 1}
            await connection.execute(sa.update(alert_deliveries).where(own).values(values))
        return tuple(Delivery(**dict(row._mapping) | {"attempts": row.attempts + 1}) for row in rows)

    async def delivered(self, delivery: Delivery, now: datetime) -> None:
        await self._settle(delivery, {"due_at": None, "delivered_at": now, "last_error": None})

    async def failed(self, delivery: Delivery, code: str, again_at: datetime | None) -> None:
        """`again_at` is None where it is given up. What was called off while it was on its way is not put off."""
        due = alert_deliveries.c.due_at
        again = sa.case((due.is_not(None), sa.literal(again_at, due.type)))
        await self._settle(delivery, {"due_at": again, "last_error": code[:64]})

    async def _any_due(self, now: datetime, gather: timedelta) -> bool:
        """Reads only: a process with nothing to do takes no part in the queue of writers."""
        async with self._database.read() as connection:
            return (await connection.execute(_due(now, gather).limit(1))).first() is not None

    async def _settle(self, delivery: Delivery, values: dict[str, Any]) -> None:
        """Unless the lease ran out and somebody else has claimed it since."""
        table = alert_deliveries.c
        own = table.uid == delivery.uid, table.attempts == delivery.attempts, table.delivered_at.is_(None)
        async with self._database.write() as connection:
            await connection.execute(sa.update(alert_deliveries).where(*own).values(values))


def _due(now: datetime, gather: timedelta) -> sa.Select[Any]:
    table, before = alert_deliveries.c, alert_deliveries.alias("before")
    same = before.c.hook_id == table.hook_id, before.c.incident_id == table.incident_id
    beginning = sa.exists().where(*same, before.c.moment == OPENED, before.c.due_at.is_not(None))
    # What was never tried and lies ahead was written before somebody set the clock back; so was what lies far ahead.
    ahead = sa.or_(sa.and_(table.attempts == 0, table.due_at > now + gather), table.due_at > now + FAR)
    gathered = sa.or_(table.moment == CLOSED, table.attempts > 0, table.due_at <= now - gather, ahead)
    query = sa.select(table.id, table.uid, table.hook_id, table.incident_id, table.moment, table.attempts)
    query = query.where(sa.or_(table.due_at <= now, ahead), gathered, sa.or_(table.moment == OPENED, ~beginning))
    return query.order_by(table.due_at, table.id)
