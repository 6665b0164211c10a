"""The stored state of sources and their events."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from core.models import Event, Organisation, SourceDraft
from core.services.evidence import diagnosis_to_json
from core.storage.database import Database
from core.storage.people import PeopleRepository
from core.storage.sources import SourceRecord, SourceRepository
from core.storage.status import StatusRepository
from core.storage.status_rows import StatusRecord, Unwritten
from tests.storage.conftest import NOW
from tests.storage.plant import REFUSED

pytestmark = pytest.mark.anyio


@pytest.fixture
def statuses(database: Database) -> StatusRepository:
    return StatusRepository(database)


@pytest.fixture
async def source(sources: SourceRepository, org: Organisation) -> SourceRecord:
    return await sources.add(org, SourceDraft("postgres", "Shop", {}), {})


async def test_what_is_saved_is_found(statuses: StatusRepository, source: SourceRecord) -> None:
    written = await save(statuses, _full(source.id))
    assert await statuses.get(source.id) == written
    assert await statuses.of_org("acme") == {source.id: written}
    assert replace(written, seq=0, writer=0) == _full(source.id)


async def test_saving_again_replaces_and_clears(statuses: StatusRepository, source: SourceRecord) -> None:
    full = await save(statuses, _full(source.id))
    well = replace(_empty(source.id), streak=2)
    empty = await save(statuses, replace(well, seq=full.seq))
    assert await statuses.get(source.id) == empty
    assert replace(empty, seq=0, writer=0) == well


async def test_a_source_that_was_never_called_has_no_row(statuses: StatusRepository, source: SourceRecord) -> None:
    assert await statuses.get(source.id) is None
    assert await statuses.of_org("acme") == {}


async def test_another_organisations_rows_are_not_shown(
    statuses: StatusRepository, source: SourceRecord, people: PeopleRepository
) -> None:
    await people.add_organisation("other", "Other", NOW)
    await save(statuses, _full(source.id))
    assert await statuses.of_org("other") == {}


async def test_a_source_deleted_meanwhile_is_skipped_and_the_rest_saved(
    statuses: StatusRepository, sources: SourceRepository, source: SourceRecord, org: Organisation
) -> None:
    gone = await sources.add(org, SourceDraft("postgres", "Gone", {}), {})
    await sources.delete(gone)
    written = await statuses.save([Unwritten(_full(gone.id)), Unwritten(_full(source.id))], NOW)
    await statuses.add_event(gone.id, Event(NOW, "state", {}))
    assert await statuses.get(gone.id) is None
    assert written.keys() == {source.id}


async def test_nothing_to_save_is_fine(statuses: StatusRepository) -> None:
    assert await statuses.save([], NOW) == {}


async def test_events_come_newest_first_and_limited(statuses: StatusRepository, source: SourceRecord) -> None:
    events = [Event(NOW + timedelta(seconds=n), "state", {"from": n, "to": [str(uuid4())]}) for n in range(4)]
    for event in events:
        await statuses.add_event(source.id, event)
    assert await statuses.events(source.id, 3) == tuple(reversed(events))[:3]


async def test_what_a_source_said_is_kept_to_the_letter(statuses: StatusRepository, source: SourceRecord) -> None:
    said = Event(NOW, "state", {"detail": "a\0b \ud800 کجا"})
    await statuses.add_event(source.id, said)
    assert await statuses.events(source.id) == (said,)


async def test_the_oldest_events_go(
    database: Database, source: SourceRecord, sources: SourceRepository, org: Organisation
) -> None:
    statuses = StatusRepository(database, events_kept=5)
    other = await sources.add(org, SourceDraft("postgres", "Other", {}), {})
    await statuses.add_event(other.id, Event(NOW, "state", {}))
    for number in range(8):
        await statuses.add_event(source.id, Event(NOW, "state", {"n": number}))
    kept = [event.data["n"] for event in await statuses.events(source.id)]
    assert kept == [7, 6, 5, 4, 3]
    assert len(await statuses.events(other.id)) == 1


async def test_probes_that_fail_alike_take_two_rows_however_they_are_batched(
    statuses: StatusRepository, source: SourceRecord
) -> None:
    opened, tried, failed, otherwise = (
        Event(NOW, "breaker", {"from": before, "to": after, "diagnosis": {"code": code}})
        for before, after, code in (
            ("closed", "open", "timeout"),
            ("open", "half_open", None),
            ("half_open", "open", "timeout"),
            ("half_open", "open", "unreachable"),
        )
    )
    for batch in ((opened,), (tried, failed), (tried,), (failed, tried, failed), (tried, otherwise)):
        await statuses.save([Unwritten(_full(source.id), news=batch)], NOW)
    found = [event.data for event in await statuses.events(source.id) if event.type == "breaker"]
    told = [(data["diagnosis"]["code"], data.get("times")) for data in found]
    assert told == [("unreachable", None), (None, 4), ("timeout", 3), ("timeout", None)]


async def test_with_a_source_go_its_state_and_events(
    statuses: StatusRepository, sources: SourceRepository, source: SourceRecord
) -> None:
    await save(statuses, _full(source.id))
    await statuses.add_event(source.id, Event(NOW, "state", {}))
    await sources.delete(source)
    assert await statuses.get(source.id) is None
    assert await statuses.events(source.id) == ()


async def save(statuses: StatusRepository, record: StatusRecord) -> StatusRecord:
    """As it is then stored."""
    (written,) = (await statuses.save([Unwritten(record, proofs=(record.streak >= 0,))], NOW)).values()
    return written.record


def _full(source_id: int) -> StatusRecord:
    return StatusRecord(
        source_id,
        seq=0,
        writer=0,
        calls_total=12,
        errors_total=3,
        rejected_total=1,
        avg_latency_ms=12.5,
        avg_ts=NOW,
        latency_sum_ms=150.0,
        histogram=b"\x00\xff",
        lifetime=b"\x01",
        last_ok_ts=NOW,
        last_err_ts=NOW,
        state="closed",
        state_since=NOW,
        evidence="error",
        evidence_ts=NOW,
        evidence_by="scheduled",
        streak=-3,
        trouble_since=NOW,
        diagnosis=diagnosis_to_json(REFUSED.diagnosis()),
        message={"key": "error.timeout", "args": {"s": 3}},
        updated_at=NOW,
        config_version=1,
    )


def _empty(source_id: int) -> StatusRecord:
    values = dict.fromkeys(StatusRecord.__dataclass_fields__)
    numbers = dict.fromkeys(("seq", "writer", "calls_total", "errors_total", "rejected_total", "streak"), 0)
    texts = {"source_id": source_id, "histogram": b"", "lifetime": b"", "state": "closed", "updated_at": NOW}
    return StatusRecord(**(values | numbers | texts | {"latency_sum_ms": 0.0, "config_version": 1}))


async def test_events_of_a_commit_whose_answer_was_lost_are_written_once(
    statuses: StatusRepository, source: SourceRecord
) -> None:
    first, second = (Event(NOW, "status", {"number": number}) for number in (1, 2))
    await statuses.save([Unwritten(_empty(source.id), news=(first,))], NOW)
    await statuses.save([Unwritten(_empty(source.id), news=(first, second), again=1)], NOW)
    assert [event.data["number"] for event in await statuses.events(source.id)] == [2, 1]


async def test_events_of_a_commit_that_never_was_are_written(statuses: StatusRepository, source: SourceRecord) -> None:
    first, second = (Event(NOW, "status", {"number": number}) for number in (1, 2))
    await statuses.save([Unwritten(_empty(source.id), news=(first, second), again=1)], NOW)
    assert [event.data["number"] for event in await statuses.events(source.id)] == [2, 1]
