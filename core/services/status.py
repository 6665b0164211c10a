"""The one rule that says what a source is: evidence, and nothing else."""

from datetime import datetime, timedelta

from core.models import BreakerState, Status
from core.services.evidence import Evidence

CHECK_INTERVAL = timedelta(minutes=15)
"""The effective interval while checks are made by people and programs, not on a schedule."""
STALE_AFTER_INTERVALS = 3
SUSPENDING = frozenset({BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.FORCED_OPEN})


def status_of(state: BreakerState, evidence: Evidence | None, *, paused: bool, now: datetime) -> Status:
    """Suspended while the breaker holds calls back; else the last evidence, unless there is none or it is old."""
    if state in SUSPENDING:
        return Status.SUSPENDED
    if evidence is None or paused or now - evidence.ts > STALE_AFTER_INTERVALS * CHECK_INTERVAL:
        return Status.UNKNOWN
    return Status.HEALTHY if evidence.healthy else Status.ERROR
