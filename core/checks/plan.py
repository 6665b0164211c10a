"""When each source is to be checked next: worked out from what is known of it, and from nothing else.

A check is due one interval after the last proof, whoever brought it. So a person's ping postpones the next check, any
process comes to the same plan, and a plan that is lost is simply made again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from uuid import UUID

from core.models import BreakerState
from core.services.status import effective_interval
from core.storage.schedule import Scheduled

DRIFT = 0.1
"""By how much of its interval a check may be later than due, to come nearer to its source's own place in the interval:
many sources that were created in one moment are not checked in one moment for ever."""

SLACK = 0.2
"""How far behind its place a source may fall before that: each check ends a little later than it was due."""

SOON_S = 2.0
"""Within this the first check follows when a source is created or changed."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, and when this process began, by the same clock."""

    now: datetime
    began: datetime


@dataclass(frozen=True, slots=True)
class Local:
    """What only this process knows of a source: when it last tried it, and what its breaker says."""

    tried: datetime | None = None
    state: BreakerState = BreakerState.CLOSED
    wait_s: float = 0.0


UNKNOWN = Local()


def planned(
    sources: Iterable[Scheduled],
    moment: Moment,
    default_s: float,
    local: Callable[[Scheduled], Local] = lambda source: UNKNOWN,
) -> list[tuple[datetime, Scheduled]]:
    """Each of them with the time of its next check, the longest overdue first; those that get none are left out.

    `default_s` is the interval of those without one of their own.
    """
    times = ((next_check(source, moment, default_s, local(source)), source) for source in sources)
    return sorted(((ts, source) for ts, source in times if ts is not None), key=itemgetter(0))


def next_check(source: Scheduled, moment: Moment, default_s: float, local: Local = UNKNOWN) -> datetime | None:
    """When it is due: past or present when now. None while a person holds its breaker open."""
    if local.state is BreakerState.FORCED_OPEN:
        return None
    interval = effective_interval(source.interval_s, default_s, slowed=source.refused_us)
    due = _by_evidence(source, moment, interval)
    if local.tried is not None:
        due = max(due, local.tried + interval)  # it may have proved nothing
    if local.wait_s > 0:
        due = max(due, moment.now + timedelta(seconds=local.wait_s))
    return _after_maintenance(source, due, moment.now)


def _by_evidence(source: Scheduled, moment: Moment, interval: timedelta) -> datetime:
    last = source.evidence_ts
    # Evidence from further ahead than one interval: the clock was set back, and says nothing about its age.
    if last is not None and last <= moment.now + interval:
        due = _in_step(source.uid, last + interval, interval)
        if due > moment.began - interval:
            return due
    # Never checked, or nobody has checked anything for a while: one after the other.
    if source.changed_at > moment.began:
        ahead = source.changed_at > moment.now  # by a clock that was set back since
        return moment.now if ahead else source.changed_at + place(source.uid) * timedelta(seconds=SOON_S)
    return moment.began + place(source.uid) * interval


def _in_step(uid: UUID, due: datetime, interval: timedelta) -> datetime:
    """A little later where that brings it nearer to the source's own place in the interval."""
    behind = timedelta(seconds=(due.timestamp() - place(uid) * interval.total_seconds()) % interval.total_seconds())
    return due if behind <= SLACK * interval else due + min(interval - behind, DRIFT * interval)


def _after_maintenance(source: Scheduled, due: datetime, now: datetime) -> datetime:
    start, until = source.maintenance_from, source.maintenance_until
    earliest = max(due, now)
    return until if start is not None and until is not None and start <= earliest < until else due


def place(uid: UUID) -> float:
    """A source's own place in any interval, 0 … 1."""
    return (uid.int & 0xFFFF_FFFF) / 2**32
