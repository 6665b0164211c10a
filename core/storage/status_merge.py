"""What becomes of a source's row when one process adds to it, whoever wrote it meanwhile. Asks no database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from core.metrics.figures import folded
from core.metrics.streak import begins, extended, lasts
from core.models import BreakerState, Event
from core.storage.incidents import Turn
from core.storage.status_rows import EVIDENCE, NEVER, NO_EVIDENCE, StatusRecord, Unwritten, Written, columns


class Known(NamedTuple):
    """How often a row was written, and by whom last; zeros where there is none. While `quiet` no incident begins.

    `trouble_since` is what an incident is open of, whatever a process remembers that missed the answer to its write.
    """

    seq: int
    writer: int
    trouble_since: datetime | None
    config_version: int
    quiet: bool


def is_ours(known: Known, mine: StatusRecord, number: int) -> bool:
    """Whether nobody else wrote since this process knew the row. A commit whose answer was lost is its own."""
    if known.config_version != mine.config_version:
        return False
    return known.seq <= mine.seq or _was_lost(known, mine, number)


def _was_lost(known: Known, mine: StatusRecord, number: int) -> bool:
    """Whether the last write of this process was stored although its answer never came."""
    return (known.seq, known.writer) == (mine.seq + 1, number)


def untold(each: Unwritten, known: Known, number: int) -> Sequence[Event]:
    """The news that are not stored yet."""
    return each.news[each.again :] if _was_lost(known, each.record, number) else each.news


def merged(stored: StatusRecord | None, each: Unwritten, known: Known, number: int) -> Written:
    """`stored` is what others wrote meanwhile, None where nobody did; `number` is that of this process."""
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


def turn(record: StatusRecord, known: Known, host: str, now: datetime) -> Turn:
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
