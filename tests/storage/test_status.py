"""The stored state of sources and their events."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core.models import Event, Organisation, SourceDraft
from core.storage.database import Database
from core.storage.people import PeopleRepository
from core.storage.sources import SourceRecord, SourceRepository
from core.storage.status import StatusRecord, StatusRepository
from tests.storage.conftest import NOW

pytestmark = pytest.mark.anyio


@pytest.fixture
def statuses(database: Database) -> StatusRepository:
    return StatusRepository(database)


@pytest.fixture
async def source(sources: SourceRepository, org: Organisation) -> SourceRecord:
    return await sources.add(org, SourceDraft("postgres", "Shop", {}), {})


async def test_what_is_saved_is_found(statuses: StatusRepository, source: SourceRecord) -> None:
    full = _full(source.id)
    await statuses.save([full])
    assert await statuses.get(source.id) == full
    assert await statuses.of_org("acme") == {source.id: full}


async def test_saving_again_replaces_and_clears(statuses: StatusRepository, source: SourceRecord) -> None:
    await statuses.save([_full(source.id)])
    empty = _empty(source.id)
    await statuses.save([empty])
    assert await statuses.get(source.id) == empty


async def test_a_source_that_was_never_called_has_no_row(statuses: StatusRepository, source: SourceRecord) -> None:
    assert await statuses.get(source.id) is None
    assert await statuses.of_org("acme") == {}


async def test_another_organisations_rows_are_not_shown(
    statuses: StatusRepository, source: SourceRecord, people: PeopleRepository
) -> None:
    await people.add_organisation("other", "Other", NOW)
    await statuses.save([_full(source.id)])
    assert await statuses.of_org("other") == {}


async def test_a_source_deleted_meanwhile_is_skipped_and_the_rest_saved(
    statuses: StatusRepository, sources: SourceRepository, source: SourceRecord, org: Organisation
) -> None:
    gone = await sources.add(org, SourceDraft("postgres", "Gone", {}), {})
    await sources.delete(gone)
    await statuses.save([_full(gone.id), _full(source.id)])
    await statuses.add_event(gone.id, Event(NOW, "state", {}))
    assert await statuses.get(gone.id) is None
    assert await statuses.get(source.id) == _full(source.id)


async def test_nothing_to_save_is_fine(statuses: StatusRepository) -> None:
    await statuses.save([])


async def test_events_come_newest_first_and_limited(statuses: StatusRepository, source: SourceRecord) -> None:
    events = [Event(NOW + timedelta(seconds=n), "state", {"from": n, "to": [str(uuid4())]}) for n in range(4)]
    for event in events:
        await statuses.add_event(source.id, event)
    assert await statuses.events(source.id, 3) == tuple(reversed(events))[:3]


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
        await statuses.save([_full(source.id)], {source.id: batch})
    told = [(event.data["diagnosis"]["code"], event.data.get("times")) for event in await statuses.events(source.id)]
    assert told == [("unreachable", None), (None, 4), ("timeout", 3), ("timeout", None)]


async def test_with_a_source_go_its_state_and_events(
    statuses: StatusRepository, sources: SourceRepository, source: SourceRecord
) -> None:
    await statuses.save([_full(source.id)])
    await statuses.add_event(source.id, Event(NOW, "state", {}))
    await sources.delete(source)
    assert await statuses.get(source.id) is None
    assert await statuses.events(source.id) == ()


def _full(source_id: int) -> StatusRecord:
    message = {"key": "error.timeout", "args": {"s": 3}}
    diagnosis = {"code": "timeout", "fields": ["config.host"]}
    return StatusRecord(
        source_id, 12, 3, 1, 12.5, NOW, b"\x00\xff", NOW, NOW, "open", NOW, "error", NOW, diagnosis, message, NOW
    )


def _empty(source_id: int) -> StatusRecord:
    return StatusRecord(source_id, 0, 0, 0, None, None, b"", None, None, "closed", None, None, None, None, None, NOW)
