"""What people set on breakers, as rows."""

from datetime import timedelta

import pytest

from core.errors import NotFound
from core.models import BreakerAction, Event, Hold, Organisation, SourceDraft
from core.storage.database import Database
from core.storage.holds import HoldRepository
from core.storage.sources import SourceRecord, SourceRepository
from core.storage.status import StatusRepository
from tests.storage.conftest import NOW

pytestmark = pytest.mark.anyio
FORCED, RESET = BreakerAction.FORCE_OPEN, BreakerAction.RESET
EVENT = Event(NOW, "hold", {"action": "force_open"})


@pytest.fixture
def holds(database: Database) -> HoldRepository:
    return HoldRepository(database)


@pytest.fixture
async def source(sources: SourceRepository, org: Organisation) -> SourceRecord:
    return await sources.add(org, SourceDraft("postgres", "Shop", {}), {})


async def test_what_was_set_is_found_with_who_why_and_when(holds: HoldRepository, source: SourceRecord) -> None:
    made = await holds.put(source.id, FORCED, "تعمیرات", "مریم", NOW, EVENT)
    assert made == Hold(FORCED, "تعمیرات", "مریم", NOW, 1)
    assert await holds.all() == {source.id: made}


async def test_a_later_one_replaces_it_under_a_higher_revision(holds: HoldRepository, source: SourceRecord) -> None:
    await holds.put(source.id, FORCED, "a", "x", NOW, EVENT)
    later = await holds.put(source.id, RESET, "b", "y", NOW + timedelta(hours=1), EVENT)
    assert (later.revision, await holds.all()) == (2, {source.id: later})


async def test_it_is_written_down_as_an_event_too(
    holds: HoldRepository, database: Database, source: SourceRecord
) -> None:
    await holds.put(source.id, FORCED, "a", "x", NOW, EVENT)
    assert await StatusRepository(database).events(source.id) == (EVENT,)


async def test_for_a_source_that_is_gone_neither_is_written(
    holds: HoldRepository, sources: SourceRepository, source: SourceRecord
) -> None:
    await sources.delete(source)
    with pytest.raises(NotFound):
        await holds.put(source.id, FORCED, "a", "x", NOW, EVENT)
    assert await holds.all() == {}


async def test_with_a_source_goes_what_was_set_on_it(
    holds: HoldRepository, sources: SourceRepository, source: SourceRecord
) -> None:
    await holds.put(source.id, FORCED, "a", "x", NOW, EVENT)
    await sources.delete(source)
    assert await holds.all() == {}
