"""Several processes add to one source's row: nothing is lost, nothing counts twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.metrics.figures import Call, FiguresState, folded
from core.metrics.histogram import index_of
from core.models import Organisation, SourceDraft
from core.storage.database import Database
from core.storage.sources import SourceChanges, SourceRecord, SourceRepository
from core.storage.status import StatusRepository
from core.storage.status_rows import StatusRecord, Unwritten, columns
from tests.storage.conftest import NOW

pytestmark = pytest.mark.anyio


@pytest.fixture
async def source(sources: SourceRepository, org: Organisation) -> SourceRecord:
    return await sources.add(org, SourceDraft("postgres", "Shop", {}), {})


class Process:
    """What one process knows of one source, and how it adds to it."""

    def __init__(self, database: Database, source_id: int) -> None:
        self._statuses, self._source_id = StatusRepository(database), source_id
        self.known: StatusRecord | None = None
        self.config_version = 1

    def letter(self, calls: Sequence[Call], rejected: int = 0) -> Unwritten:
        """Those calls on top of what it knows."""
        known = self.known
        figures = folded(known.figures if known else FiguresState(), calls, rejected).dump()
        proofs = [not call.error for call in calls]
        last = calls[-1] if calls else None
        record = StatusRecord(
            source_id=self._source_id,
            seq=known.seq if known else 0,
            writer=known.writer if known else 0,
            state="closed",
            state_since=last and last.ts,
            evidence=("error" if last.error else "healthy") if last else None,
            evidence_ts=last and last.ts,
            evidence_by=last and "ping",
            streak=-len(proofs) if last and last.error else len(proofs),
            trouble_since=known.trouble_since if known else None,
            diagnosis=None,
            message={"key": "m", "args": {}},
            updated_at=NOW,
            config_version=self.config_version,
            **columns(figures),
        )
        return Unwritten(record, calls, rejected, proofs)

    async def send(self, letter: Unwritten) -> StatusRecord:
        (written,) = (await self._statuses.save([letter], NOW)).values()
        self.known = written.record
        return written.record


@pytest.fixture
def two(database: Database, source: SourceRecord) -> tuple[Process, Process]:
    return Process(database, source.id), Process(database, source.id)


def call(seconds: float, latency_ms: float = 10.0, *, error: bool = False) -> Call:
    return Call(_at(seconds), latency_ms, error, not error, index_of(latency_ms))


def _at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def test_two_processes_add_up_to_what_one_would_have_counted(two: tuple[Process, Process]) -> None:
    one, other = two
    calls = [call(n, 5.0 * n + 1, error=n % 3 == 0) for n in range(12)]
    for start in range(0, 12, 4):
        await one.send(one.letter(calls[start : start + 2], 1))
        await other.send(other.letter(calls[start + 2 : start + 4], 2))
    assert other.known is not None
    assert other.known.figures == folded(FiguresState(), calls, 9).dump()


async def test_a_process_that_knows_less_learns_the_rest_when_it_writes(two: tuple[Process, Process]) -> None:
    one, other = two
    await one.send(one.letter([call(0), call(1)]))
    written = await other.send(other.letter([call(2)]))
    assert (written.calls_total, written.seq) == (3, 2)


async def test_the_later_evidence_holds_whoever_writes_last(two: tuple[Process, Process]) -> None:
    one, other = two
    late, early = one.letter([call(10, error=True)]), other.letter([call(0)])
    await one.send(late)
    written = await other.send(early)
    assert (written.evidence, written.evidence_ts) == ("error", _at(10))
    assert written.last_ok_ts == _at(0)


async def test_a_commit_whose_answer_was_lost_counts_once(two: tuple[Process, Process]) -> None:
    one, _ = two
    letter = one.letter([call(0), call(1)])
    await one.send(letter)
    one.known = None  # it never heard that this was stored
    written = await one.send(one.letter([call(0), call(1), call(2)]))
    assert written.calls_total == 3


async def test_bad_proofs_of_two_processes_make_a_streak(two: tuple[Process, Process]) -> None:
    one, other = two
    first = await one.send(one.letter([call(0, error=True)]))
    assert first.trouble_since is None
    second = await other.send(other.letter([call(1, error=True)]))
    assert (second.streak, second.trouble_since) == (-2, _at(0))
    better = await one.send(replace_streak(one.letter([call(2)]), 1))
    assert better.trouble_since == _at(0)
    best = await other.send(other.letter([call(3)]))
    assert (best.streak, best.trouble_since) == (2, None)


async def test_a_breaker_that_opens_is_trouble_at_once(two: tuple[Process, Process]) -> None:
    one, _ = two
    letter = one.letter([call(0, error=True)])
    written = await one.send(replace(letter, record=replace(letter.record, state="open")))
    assert written.trouble_since == _at(0)


def replace_streak(letter: Unwritten, streak: int) -> Unwritten:
    return replace(letter, record=replace(letter.record, streak=streak))


async def configure(sources: SourceRepository, source: SourceRecord) -> int:
    """The version of another configuration."""
    changed = await sources.update(source, SourceChanges(config={"host": "other"}), expected_version=source.version)
    return changed.config_version


async def test_another_configuration_begins_without_evidence(
    two: tuple[Process, Process], sources: SourceRepository, source: SourceRecord, database: Database
) -> None:
    before = await two[0].send(two[0].letter([call(0, error=True), call(1, error=True)]))
    version = await configure(sources, source)
    kept = await StatusRepository(database).get(source.id)
    assert kept is not None
    nothing = dict.fromkeys(("evidence", "evidence_ts", "evidence_by", "message", "diagnosis", "state_since"))
    own = {"seq": before.seq + 1, "writer": 0, "streak": 0, "config_version": version}
    assert kept == replace(before, **own, **nothing)


async def test_a_change_of_words_alone_leaves_the_evidence(
    two: tuple[Process, Process], sources: SourceRepository, source: SourceRecord, database: Database
) -> None:
    before = await two[0].send(two[0].letter([call(0)]))
    await sources.update(source, SourceChanges(description="orders"), expected_version=source.version)
    assert await StatusRepository(database).get(source.id) == before


@pytest.mark.parametrize("known", [False, True])
async def test_what_was_seen_with_an_old_configuration_counts_but_proves_nothing(
    known: bool, two: tuple[Process, Process], sources: SourceRepository, source: SourceRecord
) -> None:
    _, late = two
    if known:
        await late.send(late.letter([call(0)]))
    letter = late.letter([call(1, error=True), call(2, error=True)])
    opened = replace(letter, record=replace(letter.record, state="open"))
    await configure(sources, source)
    written = await late.send(opened)
    assert (written.evidence, written.message, written.streak, written.trouble_since) == (None, None, 0, None)
    assert (written.state, written.calls_total) == ("closed", 2 + known)


async def test_an_old_configuration_never_takes_the_place_of_a_newer_ones_evidence(
    two: tuple[Process, Process], sources: SourceRepository, source: SourceRecord
) -> None:
    one, late = two
    await late.send(late.letter([call(0, error=True)]))
    one.config_version = await configure(sources, source)
    await one.send(one.letter([call(1)]))
    for seconds in (2, 3):  # the second time it knows the row, and still not the configuration
        written = await late.send(late.letter([call(seconds, error=True)]))
        assert (written.evidence, written.evidence_ts, written.streak) == ("healthy", _at(1), 1)
    assert written.calls_total == 4
