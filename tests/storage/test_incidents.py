"""Incidents, from the turns of sources that are saved to what is shown of them."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.errors import AuthError, CertificateInvalid
from core.metrics.histogram import Histogram
from core.metrics.history import PackedBucket
from core.models import Cause, Event
from core.services.evidence import diagnosis_to_json
from core.storage.history import KEPT_S, SPANS, record_history
from core.storage.people import PeopleRepository
from core.storage.rollup import Rollup
from core.storage.sources import SourceChanges, SourceRecord
from core.storage.status_rows import Unwritten
from core.storage.tables import sources as sources_table
from tests.storage.conftest import NOW
from tests.storage.plant import REFUSED, Plant

pytestmark = pytest.mark.anyio
LATER = NOW + timedelta(seconds=120)


async def test_one_bad_proof_is_no_incident_and_two_are(plant: Plant) -> None:
    source = await plant.add("Shop")
    await plant.prove(source, False)
    assert await plant.incidents() == []
    await plant.prove(source, False, late_s=60)
    (incident,) = await plant.incidents()
    assert (incident.cause, incident.cause_key, incident.code) == (Cause.SOURCE, str(source.uid), "unreachable")
    (member,) = incident.members
    assert (member.uid, member.name, member.kind) == (source.uid, "Shop", "postgres")
    # Since the first of the two; the second one only made it certain.
    assert (incident.opened_at, member.opened_at, incident.closed_at, member.closed_at) == (NOW, NOW, None, None)
    assert member.diagnosis == diagnosis_to_json(REFUSED.diagnosis())


async def test_one_good_proof_ends_nothing_and_two_do(plant: Plant) -> None:
    source = await plant.add("Shop")
    await plant.fail(source)
    await plant.prove(source, True, late_s=100)
    assert (await plant.incidents())[0].closed_at is None
    await plant.prove(source, True, late_s=160)
    (incident,) = await plant.incidents()
    assert incident.closed_at == incident.members[0].closed_at == NOW + timedelta(seconds=100)
    assert await plant.told(source) == [("opened", 1), ("closed", 0)]


async def test_what_began_with_a_write_whose_answer_was_lost_ends_with_the_next(plant: Plant) -> None:
    source = await plant.add("Shop")
    unaware = await plant.unwritten(source, (True, True), LATER)
    await plant.fail(source)
    (written,) = (await plant.statuses.save([unaware], LATER)).values()
    assert (written.merged, written.turned, written.record.trouble_since) == (False, True, None)
    (incident,) = await plant.incidents()
    assert incident.closed_at == LATER


async def test_after_an_end_whose_answer_was_lost_another_trouble_is_an_incident(plant: Plant) -> None:
    source = await plant.add("Shop")
    await plant.fail(source)
    unaware = await plant.unwritten(source, (False, False), LATER)
    await plant.recover(source, 60)
    (written,) = (await plant.statuses.save([unaware], LATER)).values()
    assert (written.merged, written.turned) == (False, True)
    assert [incident.closed_at is None for incident in await plant.incidents()] == [False, True]


async def test_a_breaker_that_opens_is_enough(plant: Plant) -> None:
    source = await plant.add("Shop")
    await plant.prove(source, False, state="open")
    assert len(await plant.incidents()) == 1


async def test_sources_that_fail_for_one_reason_are_one_incident(plant: Plant) -> None:
    shop, blog, files = [await plant.add(name) for name in ("Shop", "Blog", "Files")]
    await plant.fail(shop)
    await plant.fail(blog, 30)
    await plant.fail(files, 30, host="s3", err=AuthError("password"))
    host, alone = await plant.incidents()
    assert (host.cause, host.cause_key, [member.name for member in host.members]) == (
        Cause.HOST,
        "db1",
        ["Shop", "Blog"],
    )
    assert (alone.cause, alone.code) == (Cause.SOURCE, "auth_failed")
    assert await plant.told(blog) == [("opened", 2)]


async def test_those_of_one_batch_are_one_incident_too(plant: Plant) -> None:
    sources = [await plant.add(f"s{number}") for number in range(5)]
    expired = CertificateInvalid("expired", host="db1", port=1)
    batch = [await plant.unwritten(source, (False, False), NOW, err=expired) for source in sources]
    await plant.statuses.save(batch, NOW)
    (incident,) = await plant.incidents()
    assert (incident.cause, len(incident.members)) == (Cause.CERTIFICATE, 5)


async def test_those_of_one_batch_may_be_several_incidents(plant: Plant) -> None:
    sources = [await plant.add(f"s{number}") for number in range(3)]
    faults = REFUSED, AuthError("password"), CertificateInvalid("expired", host="s2", port=1)
    batch = [
        await plant.unwritten(source, (False, False), NOW, err=fault, host=source.name)
        for source, fault in zip(sources, faults, strict=True)
    ]
    await plant.statuses.save(batch, NOW)
    assert sorted(incident.members[0].name for incident in await plant.incidents()) == ["s0", "s1", "s2"]
    assert [await plant.told(source) for source in sources] == [[("opened", 1)]] * 3


async def test_later_than_two_minutes_it_is_another_incident(plant: Plant) -> None:
    shop, blog, late = [await plant.add(name) for name in ("Shop", "Blog", "Late")]
    await plant.fail(shop)
    await plant.fail(blog, 110)
    await plant.fail(late, 231)
    assert [len(incident.members) for incident in await plant.incidents()] == [2, 1]


async def test_it_ends_when_its_last_source_is_out(plant: Plant) -> None:
    shop, blog = await plant.add("Shop"), await plant.add("Blog")
    for source in (shop, blog):
        await plant.fail(source)
    await plant.recover(shop, 300)
    (incident,) = await plant.incidents()
    assert (incident.closed_at, [member.closed_at is None for member in incident.members]) == (None, [False, True])
    await plant.recover(blog, 400)
    (incident,) = await plant.incidents()
    assert incident.closed_at == NOW + timedelta(seconds=400)
    assert await plant.told(shop) == [("opened", 1), ("closed", 1)]
    assert await plant.told(blog) == [("opened", 2), ("closed", 0)]


async def test_a_source_that_fails_again_is_back_in_the_open_incident(plant: Plant) -> None:
    shop, blog = await plant.add("Shop"), await plant.add("Blog")
    for source in (shop, blog):
        await plant.fail(source)
    await plant.recover(shop, 300)
    await plant.fail(shop, 7200, err=AuthError("password"))
    (incident,) = await plant.incidents()
    back = incident.members[0]
    assert (back.name, back.opened_at, back.closed_at) == ("Shop", NOW, None)
    assert back.diagnosis is not None
    assert back.diagnosis["code"] == "auth_failed"
    await plant.recover(blog, 8000)
    assert (await plant.incidents())[0].closed_at is None


async def test_after_the_end_failing_again_is_a_new_incident(plant: Plant) -> None:
    source = await plant.add("Shop")
    for late in (0, 600):
        await plant.fail(source, late)
        await plant.recover(source, late + 60)
    assert [incident.closed_at is None for incident in await plant.incidents()] == [False, False]


async def test_a_paused_source_begins_no_incident_and_ends_one(plant: Plant) -> None:
    source, other = await plant.add("Shop"), await plant.add("Other")
    await plant.fail(source)
    for each in (source, other):
        await plant.sources.update(each, SourceChanges(paused=True), expected_version=1)
    await plant.fail(other, 10)
    await plant.recover(source, 100)
    (incident,) = await plant.incidents()
    assert ([member.name for member in incident.members], incident.closed_at is None) == (["Shop"], False)


@pytest.mark.parametrize(
    ("begins", "ends", "quiet"),
    [(-60, 60, True), (-60, None, True), (1, 60, False), (-60, 0, False), (None, 60, False)],
)
async def test_in_maintenance_no_incident_begins(
    plant: Plant, begins: float | None, ends: float | None, quiet: bool
) -> None:
    source = await plant.add("Shop")
    await _maintain(plant, source, begins, ends)
    await plant.fail(source)
    assert (await plant.incidents() == []) is quiet


async def test_what_is_still_down_after_the_maintenance_is_an_incident_then(plant: Plant) -> None:
    source = await plant.add("Shop")
    await _maintain(plant, source, -60, 600)
    for late in (0, 300, 599):
        await plant.prove(source, False, late_s=late)
    assert await plant.incidents() == []
    await plant.prove(source, False, late_s=600)
    assert len(await plant.incidents()) == 1


async def test_what_is_well_again_after_the_maintenance_is_none(plant: Plant) -> None:
    source = await plant.add("Shop")
    await _maintain(plant, source, -60, 600)
    await plant.prove(source, False, False, late_s=300, state="open")
    for state in ("open", "half_open"):  # figures alone, and a probe that has no answer yet
        (kept,) = [await plant.statuses.get(source.id)]
        assert kept is not None
        await plant.statuses.save([Unwritten(replace(kept, state=state))], NOW + timedelta(seconds=601))
    await plant.prove(source, True, late_s=602)
    assert await plant.incidents() == []
    await plant.prove(source, False, late_s=700)
    assert await plant.incidents() == []
    await plant.prove(source, False, late_s=701)
    assert len(await plant.incidents()) == 1


async def test_a_breaker_that_opens_upon_a_healthy_source_begins_one_now_and_two_good_proofs_end_it(
    plant: Plant,
) -> None:
    """Looks at the catalogue open it: they are no proof of anything, but it is."""
    source = await plant.add("Shop")
    await plant.prove(source, True, True, True, late_s=-7 * 86_400)
    await _say(plant, source, "open", 0, (Event(NOW, "breaker", {"from": "closed", "to": "open"}),))
    (incident,) = await plant.incidents()
    assert incident.opened_at == NOW
    await _say(plant, source, "half_open", 30)
    assert (await plant.incidents())[0].closed_at is None
    await plant.prove(source, False, late_s=31, state="open")
    await _say(plant, source, "half_open", 60)
    for late in (61, 62):
        assert (await plant.incidents())[0].closed_at is None
        await plant.prove(source, True, late_s=late)
    (incident,) = await plant.incidents()
    assert incident.closed_at == NOW + timedelta(seconds=61)
    assert await plant.told(source) == [("opened", 1), ("closed", 0)]


async def test_good_proofs_of_before_it_began_do_not_end_it(plant: Plant) -> None:
    source = await plant.add("Shop")
    await plant.prove(source, True, True, True, late_s=-600)
    await _say(plant, source, "open", 0, (Event(NOW, "breaker", {"from": "closed", "to": "open"}),))
    await plant.prove(source, True, late_s=31)
    assert (await plant.incidents())[0].closed_at is None
    await plant.prove(source, True, late_s=32)
    closed_at = (await plant.incidents())[0].closed_at
    assert closed_at is not None
    assert closed_at > NOW


async def _say(plant: Plant, source: SourceRecord, state: str, late_s: float, news: tuple[Event, ...] = ()) -> None:
    """A write that brings no proof."""
    kept, now = await plant.statuses.get(source.id), NOW + timedelta(seconds=late_s)
    assert kept is not None
    await plant.statuses.save([Unwritten(replace(kept, state=state, updated_at=now), news=news)], now)


async def test_deleting_the_last_source_in_trouble_ends_the_incident(plant: Plant) -> None:
    shop, blog = await plant.add("Shop"), await plant.add("Blog")
    for source in (shop, blog):
        await plant.fail(source)
    await plant.recover(shop, 60)
    await plant.sources.delete(blog)
    (incident,) = await plant.incidents()
    assert ([member.name for member in incident.members], incident.closed_at is None) == (["Shop"], False)
    await plant.sources.delete(shop)
    assert await plant.incidents() == []


async def test_deleting_another_source_leaves_it_open(plant: Plant) -> None:
    shop, blog = await plant.add("Shop"), await plant.add("Blog")
    await plant.fail(shop)
    await plant.sources.delete(blog)
    assert (await plant.incidents())[0].closed_at is None


async def test_they_come_newest_first_bounded_and_since(plant: Plant, people: PeopleRepository) -> None:
    await people.add_organisation("other", "Other", NOW)
    over, still, newest = [await plant.add(name) for name in ("a", "b", "c")]
    for number, source in enumerate((over, still, newest)):
        await plant.fail(source, number * 1000, host=f"h{number}")
    await plant.recover(over, 3000)
    newest_began = (await plant.shown.of_org("acme", 1))[0].opened_at
    assert [each.members[0].name for each in await plant.shown.of_org("acme", 2)] == ["c", "b"]
    for late, names in ((3000, "abc"), (3001, "bc")):
        found = await plant.incidents(NOW + timedelta(seconds=late))
        assert "".join(each.members[0].name for each in found) == names
    assert [each.members[0].name for each in await plant.shown.of_org("acme", 1, until=newest_began)] == ["b"]
    assert await plant.shown.of_org("other", 50) == ()


async def test_two_processes_make_one_incident_of_one_cause(plant: Plant, beside: Plant) -> None:
    sources = [await plant.add(f"s{number}") for number in range(20)]
    pairs = list(zip(sources, [plant, beside] * 10, strict=True))
    await asyncio.gather(*(process.fail(source) for source, process in pairs))
    (incident,) = await plant.incidents()
    assert len(incident.members) == 20
    turned = [(source, process) for source, (_, process) in zip(sources, reversed(pairs), strict=True)]
    await asyncio.gather(*(process.recover(source, 60) for source, process in turned))
    (incident,) = await plant.incidents()
    assert incident.closed_at is not None


async def test_what_two_processes_saw_of_one_source_is_one_incident(plant: Plant, beside: Plant) -> None:
    source = await plant.add("Shop")
    mine, theirs = [await each.unwritten(source, (False,), NOW) for each in (plant, beside)]
    await plant.statuses.save([mine], NOW)
    assert await plant.incidents() == []
    await beside.statuses.save([theirs], NOW)
    assert len(await plant.incidents()) == 1
    assert await plant.told(source) == [("opened", 1)]


async def test_a_commit_whose_answer_was_lost_opens_nothing_twice(plant: Plant) -> None:
    source = await plant.add("Shop")
    batch = [await plant.unwritten(source, (False, False), NOW)]
    for _ in range(2):
        await plant.statuses.save(batch, NOW)
    assert len(await plant.incidents()) == 1
    assert await plant.told(source) == [("opened", 1)]


async def _maintain(plant: Plant, source: SourceRecord, begins: float | None, ends: float | None) -> None:
    moments = [None if late is None else NOW + timedelta(seconds=late) for late in (begins, ends)]
    values = dict(zip(("maintenance_from", "maintenance_until"), moments, strict=True))
    async with plant.database.write() as connection:
        await connection.execute(sa.update(sources_table).where(sources_table.c.id == source.id).values(values))


async def test_what_ended_two_years_ago_goes_when_a_day_is_rolled_up(plant: Plant) -> None:
    over, late, still = [await plant.add(name) for name in ("over", "late", "still")]
    for number, source in enumerate((over, late, still)):
        await plant.fail(source, number * 1000, host=f"h{number}")
    two_days = 2 * SPANS["1d"]
    await plant.recover(over, 5000)
    await plant.recover(late, 5000 + two_days)
    now = int(NOW.timestamp()) + 5000 + KEPT_S["1d"] + two_days
    async with plant.database.write() as connection:
        bucket = PackedBucket((now - two_days) // 300 * 300, 1, 0, 0, 1, Histogram().pack())
        await record_history(connection, {still.id: [bucket]}, 1, NOW + timedelta(days=730))
    await Rollup(plant.database).run(now)
    assert [incident.members[0].name for incident in await plant.incidents()] == ["late", "still"]
