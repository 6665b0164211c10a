"""Sources as rows: versions, names, and configurations that only open where they belong."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from core.errors import Conflict, NotFound, PreconditionFailed
from core.metrics.figures import FiguresState
from core.models import BreakerConfig, Event, Maintenance, Note, Organisation, SourceDraft
from core.storage import tables
from core.storage.database import Database
from core.storage.encryption import SealBroken
from core.storage.people import PeopleRepository
from core.storage.sources import SourceChanges, SourceRepository
from core.storage.status import StatusRepository
from core.storage.status_rows import EVIDENCE, StatusRecord, Unwritten, columns
from tests.servers.application import stored
from tests.storage.conftest import NOW

pytestmark = pytest.mark.anyio

WINDOW = Maintenance(NOW, NOW + timedelta(hours=1))


async def test_what_is_added_is_found(sources: SourceRepository, org: Organisation) -> None:
    draft = SourceDraft("postgres", "فروشگاه", {}, "سفارش‌ها", ("فروش",), 90.0, True, BreakerConfig(3, 12.5))
    record = await sources.add(org, draft, {"host": "db"})
    assert record == await sources.get("acme", record.uid)
    assert (record.kind, record.name, record.description, record.tags) == ("postgres", "فروشگاه", "سفارش‌ها", ("فروش",))
    assert (record.check_interval_s, record.paused) == (90.0, True)
    assert (record.failure_threshold, record.timeout_seconds, record.version) == (3, 12.5, 1)
    assert record.created_at.tzinfo is not None
    assert sources.config(record) == {"host": "db"}


async def test_another_organisation_does_not_see_it(
    sources: SourceRepository, people: PeopleRepository, org: Organisation
) -> None:
    await people.add_organisation("other", "Other", NOW)
    record = await sources.add(org, _draft(), {})
    assert await sources.get("other", record.uid) is None
    assert await sources.of_org("other") == ()
    assert await sources.of_org("acme") == (record,)
    assert await sources.get("acme", uuid4()) is None


@pytest.mark.parametrize("same", ["كالا ۱", "کالا 1", "کالا  ١ "])
async def test_a_name_is_taken_in_every_spelling(sources: SourceRepository, org: Organisation, same: str) -> None:
    await sources.add(org, _draft("کالا ۱"), {})
    with pytest.raises(Conflict) as conflict:
        await sources.add(org, _draft(same), {})
    assert (conflict.value.reason, conflict.value.arguments) == ("name_taken", {"name": same})


async def test_two_organisations_may_use_one_name(
    sources: SourceRepository, people: PeopleRepository, org: Organisation
) -> None:
    other = await people.add_organisation("other", "Other", NOW)
    await sources.add(org, _draft(), {})
    assert (await sources.add(other, _draft(), {})).name == "Shop"


async def test_a_change_raises_the_version_and_keeps_the_rest(sources: SourceRepository, org: Organisation) -> None:
    before = await sources.add(org, SourceDraft("postgres", "Shop", {}, "d", ("t",), 90.0), {"host": "db"})
    after = await sources.update(before, SourceChanges(name="Store"), expected_version=1)
    assert (after.name, after.version) == ("Store", 2)
    assert (after.description, after.tags, after.check_interval_s) == ("d", ("t",), 90.0)
    assert (after.sealed, after.config_version) == (before.sealed, before.config_version)
    assert sources.config(after) == {"host": "db"}


async def test_every_field_can_be_changed(sources: SourceRepository, org: Organisation) -> None:
    before = await sources.add(org, SourceDraft("postgres", "Shop", {}, "d", ("t",), 90.0), {"host": "db"})
    changes = SourceChanges("Store", "", ("a", "b"), None, True, BreakerConfig(2, 4.0), {"host": "db2"}, WINDOW)
    after = await sources.update(before, changes, expected_version=1)
    assert (after.name, after.description, after.tags) == ("Store", "", ("a", "b"))
    assert (after.check_interval_s, after.paused) == (None, True)
    assert (after.failure_threshold, after.timeout_seconds) == (2, 4.0)
    assert after.maintenance == WINDOW
    assert sources.config(after) == {"host": "db2"}


async def test_a_note_is_kept_told_and_taken_away(
    sources: SourceRepository, org: Organisation, database: Database
) -> None:
    record = await sources.add(org, _draft(), {})
    assert record.note is None
    note = Note("back at 14:00", "Mina", WINDOW.start, WINDOW.until)
    told = [Event(WINDOW.start, "note", {"text": note.text})]
    noted = await sources.update(record, SourceChanges(note=note), expected_version=1, told=told)
    assert noted.note == note
    assert [event.data for event in await StatusRepository(database).events(record.id)] == [{"text": note.text}]
    assert (await sources.update(noted, SourceChanges(name="other"), expected_version=2)).note == note
    assert (await sources.update(noted, SourceChanges(note=None), expected_version=3)).note is None


async def test_of_a_change_that_is_refused_nothing_is_told(
    sources: SourceRepository, org: Organisation, database: Database
) -> None:
    record = await sources.add(org, _draft(), {})
    note = Note("late", "Mina", WINDOW.start)
    with pytest.raises(PreconditionFailed):
        await sources.update(
            record, SourceChanges(note=note), expected_version=7, told=[Event(WINDOW.start, "note", {"text": "late"})]
        )
    assert await StatusRepository(database).events(record.id) == ()


async def test_the_stamp_is_another_one_after_everything_that_is_written(
    sources: SourceRepository, org: Organisation, database: Database
) -> None:
    seen = [await sources.stamp("acme")]

    async def written() -> None:
        seen.append(await sources.stamp("acme"))
        assert await sources.stamp("acme") == seen[-1]

    first = await sources.add(org, _draft("Shop"), {})
    await written()
    changed = await sources.update(first, SourceChanges(paused=True), expected_version=1)
    await written()
    await StatusRepository(database).save([_unwritten(changed.id)], NOW)
    await written()
    second = await sources.add(org, _draft("Store"), {})
    await written()
    # One goes and another comes: as many as before, with as many versions and writes.
    await sources.delete(second)
    await sources.add(org, _draft("Stock"), {})
    await written()
    await sources.delete(changed)
    await written()
    assert len(set(seen)) == len(seen)


def _unwritten(source_id: int) -> Unwritten:
    facts = {"state": "closed", "streak": 0, "trouble_since": None, "updated_at": NOW, "config_version": 1}
    evidence = dict.fromkeys(EVIDENCE) | {"state_since": None}
    figures = columns(FiguresState())
    return Unwritten(StatusRecord(source_id=source_id, seq=0, writer=0, **facts, **evidence, **figures))


async def test_a_stale_change_is_refused(sources: SourceRepository, org: Organisation) -> None:
    record = await sources.add(org, _draft(), {})
    await sources.update(record, SourceChanges(paused=True), expected_version=1)
    with pytest.raises(PreconditionFailed, match="stale"):
        await sources.update(record, SourceChanges(name="Late"), expected_version=1)
    assert (await sources.of_org("acme"))[0].name == "Shop"


async def test_of_many_changes_to_one_version_exactly_one_wins(sources: SourceRepository, org: Organisation) -> None:
    record = await sources.add(org, _draft(), {})
    tries = (sources.update(record, SourceChanges(name=f"n{n}"), expected_version=1) for n in range(10))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["PreconditionFailed"] * 9 + ["SourceRecord"]


async def test_two_configurations_never_share_a_version(sources: SourceRepository, org: Organisation) -> None:
    first = await sources.add(org, _draft(), {"host": "a"})
    second = await sources.update(first, SourceChanges(config={"host": "b"}), expected_version=1)
    # The caller's record is older than the version it names.
    third = await sources.update(first, SourceChanges(config={"host": "c"}), expected_version=2)
    assert len({record.config_version for record in (first, second, third)}) == 3
    assert sources.config(third) == {"host": "c"}


async def test_a_change_to_a_taken_name_is_refused(sources: SourceRepository, org: Organisation) -> None:
    await sources.add(org, _draft("Shop"), {})
    record = await sources.add(org, _draft("Store"), {})
    with pytest.raises(Conflict, match="name_taken"):
        await sources.update(record, SourceChanges(name="SHOP"), expected_version=1)
    assert (await sources.update(record, SourceChanges(name="STORE"), expected_version=1)).name == "STORE"


async def test_a_deleted_source_can_not_be_changed(sources: SourceRepository, org: Organisation) -> None:
    record = await sources.add(org, _draft(), {})
    await sources.delete(record)
    with pytest.raises(NotFound):
        await sources.update(record, SourceChanges(name="Late"), expected_version=1)


async def test_a_stale_delete_is_refused(sources: SourceRepository, org: Organisation) -> None:
    record = await sources.add(org, _draft(), {})
    await sources.update(record, SourceChanges(paused=True), expected_version=1)
    with pytest.raises(PreconditionFailed, match="stale"):
        await sources.delete(record, expected_version=1)
    await sources.delete(record, expected_version=2)
    assert await sources.of_org("acme") == ()


async def test_a_deleted_sources_key_is_never_given_again(sources: SourceRepository, org: Organisation) -> None:
    first = await sources.add(org, _draft(), {})
    await sources.delete(first)
    assert (await sources.add(org, _draft(), {})).id > first.id


async def test_seals_swapped_between_rows_do_not_open(
    sources: SourceRepository, database: Database, org: Organisation
) -> None:
    one = await sources.add(org, _draft("one"), {"password": "a"})
    two = await sources.add(org, _draft("two"), {"password": "b"})
    await _overwrite(database, one.id, wrapped_key=two.sealed.wrapped_key, ciphertext=two.sealed.ciphertext)
    moved = await sources.get("acme", one.uid)
    assert moved is not None
    with pytest.raises(SealBroken):
        sources.config(moved)


async def test_an_older_seal_put_back_does_not_open(
    sources: SourceRepository, database: Database, org: Organisation
) -> None:
    old = await sources.add(org, _draft(), {"password": "a"})
    new = await sources.update(old, SourceChanges(config={"password": "b"}), expected_version=1)
    await _overwrite(database, new.id, wrapped_key=old.sealed.wrapped_key, ciphertext=old.sealed.ciphertext)
    restored = await sources.get("acme", new.uid)
    assert restored is not None
    with pytest.raises(SealBroken):
        sources.config(restored)


async def test_no_part_of_a_configuration_reaches_the_disk(
    sources: SourceRepository, org: Organisation, database_url: str
) -> None:
    secret = "mi5-s3cret-phrase"
    record = await sources.add(org, _draft(), {"password": secret, "host": "db.internal.example"})
    await sources.update(record, SourceChanges(config={"password": secret}), expected_version=1)
    found = stored(database_url)
    assert b"Shop" in found
    assert secret.encode() not in found
    assert b"db.internal.example" not in found
    assert secret not in repr(await sources.of_org("acme"))


async def test_with_an_organisation_goes_all_it_owned(
    sources: SourceRepository, database: Database, org: Organisation
) -> None:
    await sources.add(org, _draft(), {})
    async with database.write() as connection:
        await connection.execute(sa.delete(tables.organisations))
    async with database.read() as connection:
        assert (await connection.execute(sa.select(tables.sources.c.id))).all() == []


async def _overwrite(database: Database, source_id: int, **values: Any) -> None:
    async with database.write() as connection:
        await connection.execute(sa.update(tables.sources).where(tables.sources.c.id == source_id).values(values))


def _draft(name: str = "Shop") -> SourceDraft:
    return SourceDraft("postgres", name, {})
