"""The one rule that says what a source is: evidence, and nothing else."""

from datetime import datetime, timedelta

from core.models import BreakerState, Status
from core.services.evidence import Evidence

UNSCHEDULED = timedelta(minutes=15)
"""The effective interval while checks are made by people and programs, not on a schedule."""
SLOWED = timedelta(minutes=15)
"""The least interval of a source that refuses our credentials: many wrong passwords would lock the account."""
STALE_AFTER_INTERVALS = 3
SUSPENDING = frozenset({BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.FORCED_OPEN})


def effective_interval(own_s: float | None, default_s: float, *, slowed: bool) -> timedelta:
    """From one scheduled check to the next; `default_s` of 0 means that there are none."""
    if not default_s:
        return UNSCHEDULED
    interval = timedelta(seconds=default_s if own_s is None else own_s)
    return max(interval, SLOWED) if slowed else interval


def status_of(
    state: BreakerState, evidence: Evidence | None, *, paused: bool, now: datetime, interval: timedelta = UNSCHEDULED
) -> Status:
    """Suspended while the breaker holds calls back; else the last evidence, unless there is none or it is old.

    `interval` is the effective one of its checks.
    """
    if state in SUSPENDING:
        return Status.SUSPENDED
    if evidence is None or paused or now > too_old_from(evidence, interval):
        return Status.UNKNOWN
    return Status.HEALTHY if evidence.healthy else Status.ERROR


def too_old_from(evidence: Evidence, interval: timedelta) -> datetime:
    """After this moment it says nothing any more."""
    return evidence.ts + STALE_AFTER_INTERVALS * interval
