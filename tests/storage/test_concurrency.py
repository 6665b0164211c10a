"""Several processes on one database, each with an engine of its own: nothing that one wrote is lost to another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from core.access.identity import Access
from core.access.passwords import Passwords
from core.errors import Conflict, PreconditionFailed
from core.models import BreakerAction, Event, Organisation, SourceDraft
from core.services.audit import Audit
from core.storage import tables
from core.storage.audit import AuditRepository
from core.storage.database import Database
from core.storage.encryption import Vault
from core.storage.events import record_events
from core.storage.holds import HoldRepository
from core.storage.ladders import LadderRecord, LadderRepository
from core.storage.links import LinkRepository
from core.storage.people import PeopleRepository
from core.storage.people_records import PeopleRecords
from core.storage.row_locks import lock_sources, lock_table
from core.storage.sources import SourceChanges, SourceRecord, SourceRepository
from core.storage.status import StatusRepository
from tests.storage.conftest import NOW, ON_POSTGRES
from tests.storage.test_shared_status import Process, call
from tests.storage.waiting import until_somebody_waits

pytestmark = pytest.mark.anyio
LATER = NOW + timedelta(hours=1)


@pytest.fixture
async def several(database: Database, database_url: str) -> AsyncIterator[list[Database]]:
    """Four engines on the database, as four processes have them."""
    async with AsyncExitStack() as stack:
        made = [Database(database_url) for _ in range(4)]
        for one in made:
            stack.push_async_callback(one.close)
        yield made


@pytest.fixture
async def source(sources: SourceRepository, org: Organisation) -> SourceRecord:
    return await sources.add(org, SourceDraft("postgres", "Shop", {}), {})


async def test_no_two_holds_of_a_source_share_a_revision(several: list[Database], source: SourceRecord) -> None:
    event = Event(NOW, "hold", {})
    puts = (
        HoldRepository(database).put(source.id, BreakerAction.RESET, "a", "x", NOW, event)
        for database in several
        for _ in range(5)
    )
    made = await asyncio.gather(*puts)
    assert sorted(hold.revision for hold in made) == list(range(1, 21))


async def test_probes_that_several_processes_saw_fail_are_all_counted(
    several: list[Database], source: SourceRecord
) -> None:
    tried, failed = (
        Event(NOW, "breaker", {"from": before, "to": after, "diagnosis": {"code": code}})
        for before, after, code in (("open", "half_open", None), ("half_open", "open", "timeout"))
    )

    async def probe(database: Database) -> None:
        for _ in range(5):
            async with database.write() as connection:
                await record_events(connection, {source.id: (tried, failed)})

    await asyncio.gather(*map(probe, several))
    told = await StatusRepository(several[0]).events(source.id)
    assert [event.data.get("times") for event in told] == [20, 20]


async def test_figures_that_several_processes_add_at_once_all_count(
    several: list[Database], source: SourceRecord
) -> None:
    processes = [Process(database, source.id) for database in several]

    async def count(process: Process) -> None:
        for second in range(10):
            await process.send(process.letter([call(second)]))

    await asyncio.gather(*map(count, processes))
    stored = await StatusRepository(several[0]).get(source.id)
    assert stored is not None
    assert (stored.calls_total, stored.seq) == (40, 40)


async def test_pruning_at_once_leaves_the_newest(several: list[Database], source: SourceRecord) -> None:
    async def tell(database: Database, who: int) -> None:
        repository = StatusRepository(database, events_kept=5)
        for number in range(10):
            await repository.add_event(source.id, Event(NOW, "state", {"who": who, "n": number}))

    await asyncio.gather(*(tell(database, who) for who, database in enumerate(several)))
    async with several[0].read() as connection:
        ids = list((await connection.execute(sa.select(tables.events.c.id).order_by(tables.events.c.id))).scalars())
    assert (len(ids), ids[-1] - ids[0]) == (5, 4)


async def test_the_events_of_many_sources_at_once_wait_for_each_other_in_no_circle(
    several: list[Database], sources: SourceRepository, org: Organisation
) -> None:
    ids = [(await sources.add(org, SourceDraft("postgres", f"s{n}", {}), {})).id for n in range(8)]

    async def tell(database: Database, order: list[int]) -> None:
        for _ in range(5):
            async with database.write() as connection:
                await record_events(connection, {key: (Event(NOW, "state", {}),) for key in order}, kept=3)

    orders = (ids, ids[::-1], ids[::2] + ids[1::2], ids[4:] + ids[:4])
    await asyncio.gather(*(tell(database, order) for database, order in zip(several, orders, strict=True)))
    assert [len(await StatusRepository(several[0]).events(key)) for key in ids] == [3] * 8


async def test_of_changes_to_one_version_one_wins(several: list[Database], vault: Vault, source: SourceRecord) -> None:
    tries = (
        SourceRepository(database, vault).update(
            source, SourceChanges(name=f"n{n}", config={"host": str(n)}), expected_version=1
        )
        for n, database in enumerate(several)
    )
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["PreconditionFailed"] * 3 + ["SourceRecord"]
    (won,) = (result for result in results if isinstance(result, SourceRecord))
    assert SourceRepository(several[0], vault).config(won) == {"host": won.name.removeprefix("n")}


async def test_a_change_and_a_removal_of_one_version_do_not_both_happen(
    several: list[Database], vault: Vault, source: SourceRecord
) -> None:
    one, other = (SourceRepository(database, vault) for database in several[:2])
    results = await asyncio.gather(
        one.update(source, SourceChanges(paused=True), expected_version=1),
        other.delete(source, expected_version=1),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Exception) for result in results) == 1
    assert not isinstance(results[1], Exception) or isinstance(results[1], PreconditionFailed)


async def test_one_name_is_given_once(several: list[Database], vault: Vault, org: Organisation) -> None:
    adding = (SourceRepository(database, vault).add(org, SourceDraft("postgres", "X", {}), {}) for database in several)
    results = await asyncio.gather(*adding, return_exceptions=True)
    refused = [result for result in results if isinstance(result, Conflict)]
    assert ([error.reason for error in refused], len(results)) == (["name_taken"] * 3, 4)


async def test_a_setup_link_is_used_by_one(several: list[Database]) -> None:
    await LinkRepository(several[0]).add_setup("c" * 64, NOW, LATER)
    used = await asyncio.gather(*(LinkRepository(database).use_setup("c" * 64, NOW) for database in several))
    assert sorted(used) == [False, False, False, True]


async def test_of_setup_links_made_at_once_one_is_good(several: list[Database]) -> None:
    links = [letter * 64 for letter in "abcd"]
    made = (LinkRepository(db).add_setup(link, NOW, LATER) for db, link in zip(several, links, strict=True))
    await asyncio.gather(*made)
    good = [await LinkRepository(several[0]).setup_open(link, NOW) for link in links]
    assert sum(good) == 1


async def test_processes_that_start_with_one_password_file_make_one_administrator(several: list[Database]) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    accesses = [_access(database, Passwords(cheap)) for database in several]
    await asyncio.gather(*(access.set_administrator_password("correct horse battery") for access in accesses))
    assert await PeopleRepository(several[0]).administrators_with_password() == 1
    for access in accesses:
        session = await access.sign_in("admin", "correct horse battery")
        actor = await access.actor_of_session(session)
        assert actor is not None
        assert list(actor.roles) == ["main"]


async def test_a_ladder_that_held_is_not_lost_to_one_that_was_begun_before_it(
    several: list[Database], source: SourceRecord
) -> None:
    one, other = (LadderRepository(database) for database in several[:2])
    await one.save(LadderRecord(source.id, {"n": 1}, NOW, {"n": 1}, NOW))
    await other.save(LadderRecord(source.id, {"n": 2}, LATER, None, None))
    kept = await one.get(source.id)
    assert kept == LadderRecord(source.id, {"n": 2}, LATER, {"n": 1}, NOW)
    await other.save(LadderRecord(source.id, {"n": 3}, LATER, {"n": 3}, LATER))
    await one.save(LadderRecord(source.id, {"n": 4}, LATER, {"n": 1}, NOW))
    assert await one.get(source.id) == LadderRecord(source.id, {"n": 4}, LATER, {"n": 3}, LATER)


@ON_POSTGRES
async def test_a_source_that_is_being_removed_is_waited_for_and_found_gone(
    several: list[Database], source: SourceRecord
) -> None:
    async with several[0].write() as removing:
        await removing.execute(sa.delete(tables.sources))
        telling = asyncio.create_task(StatusRepository(several[1]).add_event(source.id, Event(NOW, "state", {})))
        await until_somebody_waits(several[2])
    await telling
    assert await StatusRepository(several[1]).events(source.id) == ()


@ON_POSTGRES
async def test_a_locked_source_still_takes_rows_that_refer_to_it(several: list[Database], source: SourceRecord) -> None:
    async with several[0].write() as holder:
        assert await lock_sources(holder, [source.id, source.id + 1]) == {source.id}
        await LadderRepository(several[1]).save(LadderRecord(source.id, {}, NOW, None, None))


@ON_POSTGRES
async def test_a_locked_table_is_still_read(several: list[Database], org: Organisation) -> None:
    async with several[0].write() as holder:
        await lock_table(holder, tables.organisations)
        assert await PeopleRepository(several[1]).organisations() == (org,)


def _access(database: Database, passwords: Passwords) -> Access:
    return Access(PeopleRecords.of(database), Audit(AuditRepository(database)), passwords=passwords)
