"""What is read for the plan: every source that may be due, of every organisation, and little else."""

from datetime import timedelta
from itertools import chain

import pytest
import sqlalchemy as sa

from core.checks.plan import Moment, planned
from core.models import FailureKind
from core.services.live import LiveSource
from core.storage import tables
from core.storage.schedule import PAGE, STEPS_S, Batch, Scheduled, ScheduleRepository
from tests.checks.conftest import INTERVAL_S, Bench
from tests.fakes import Step

pytestmark = pytest.mark.anyio

AHEAD_S = 2.0


async def read(bench: Bench, batch: Batch | None = None) -> list[Scheduled]:
    now = bench.clock.utc()
    pages = ScheduleRepository(bench.database).before(
        now + timedelta(seconds=AHEAD_S), now, INTERVAL_S, batch or Batch()
    )
    return [source async for page in pages for source in page]


async def seen(bench: Bench, live: LiveSource, age_s: float) -> None:
    """The source was called `age_s` ago."""
    await bench.calls.ping(live)
    await bench.writer.flush()
    ts, mine = bench.clock.utc() - timedelta(seconds=age_s), tables.source_status.c.source_id == live.record.id
    async with bench.database.write() as connection:
        await connection.execute(sa.update(tables.source_status).where(mine).values(evidence_ts=ts))


async def test_a_source_is_read_with_what_the_plan_needs(bench: Bench) -> None:
    live = await bench.add(check_interval_s=5.0)
    bench.other_end.will(Step.AUTH)
    await bench.calls.ping(live)
    await bench.writer.flush()
    bench.clock.advance(5)
    [found] = await read(bench)
    assert (found.id, found.uid, found.version, found.interval_s) == (live.record.id, live.record.uid, 1, 5.0)
    assert found.evidence_ts == bench.clock.utc() - timedelta(seconds=5)
    assert found.refused_us
    assert live.stored is not None
    assert found.seq == live.stored.seq


@pytest.mark.parametrize("interval_s", [None, 5.0, 14.9, 15.0, 59.0, 60.0, 600.0, 3600.0, 86_400.0])
async def test_nothing_that_is_due_stays_unread(bench: Bench, interval_s: float | None) -> None:
    ages = sorted({age + more for age in (*STEPS_S, interval_s or INTERVAL_S) for more in (-2.1, -1.9, 0, 7)})
    for age in ages:
        await seen(bench, await bench.add(str(age), check_interval_s=interval_s), age)
    await bench.add("never")
    everything = {row.id: row for row in await every(bench)}
    now = bench.clock.utc()
    moment = Moment(now, now - timedelta(days=90))
    due = {
        row.id for ts, row in planned(everything.values(), moment, INTERVAL_S) if ts <= now + timedelta(seconds=AHEAD_S)
    }
    found = {row.id for row in await read(bench)}
    assert due
    assert due <= found


async def every(bench: Bench) -> list[Scheduled]:
    """All of them: nothing is old enough a year ago."""
    now = bench.clock.utc()
    pages = ScheduleRepository(bench.database).before(now + timedelta(days=365), now, INTERVAL_S)
    return [source async for page in pages for source in page]


async def test_what_was_called_a_moment_ago_is_not_read(bench: Bench) -> None:
    await seen(bench, await bench.add(), INTERVAL_S - AHEAD_S - 1)
    await seen(bench, await bench.add("own", check_interval_s=300.0), 59 - AHEAD_S)
    assert await read(bench) == []


async def test_evidence_from_the_future_is_read(bench: Bench) -> None:
    await seen(bench, await bench.add(), -3600)
    assert len(await read(bench)) == 1


async def test_a_paused_source_is_not_read(bench: Bench) -> None:
    await bench.add(paused=True)
    assert await read(bench) == []


async def test_batches_hold_every_source_once(bench: Bench) -> None:
    ids = {(await bench.add(str(number))).record.id for number in range(7)}
    batches = [[source.id for source in await read(bench, Batch(number, 3))] for number in range(3)]
    assert sorted(ids) == sorted(chain.from_iterable(batches))
    assert all(batches)


async def test_more_than_one_page_is_read_whole(bench: Bench) -> None:
    first = (await bench.add()).record
    async with bench.database.write() as connection:
        row = (await connection.execute(sa.select(tables.sources))).one()._asdict()
        more = [
            row | {"id": first.id + n, "uid": first.uid.__class__(int=n), "name": str(n), "name_folded": str(n)}
            for n in range(1, PAGE + 5)
        ]
        await connection.execute(sa.insert(tables.sources), more)
    found = await read(bench)
    assert [source.id for source in found] == list(range(first.id, first.id + PAGE + 5))


async def test_what_a_source_said_keeps_no_source_from_being_read(bench: Bench) -> None:
    bench.other_end.will(Step.AUTH)
    odd, other = await bench.add("odd"), await bench.add("other")
    await seen(bench, odd, INTERVAL_S + 1)
    await seen(bench, other, INTERVAL_S + 1)
    said = {"code": "x", "failure": FailureKind.AUTH.value, "message": {"key": "literal", "args": {"text": "a\0b"}}}
    mine = tables.source_status.c.source_id == odd.record.id
    async with bench.database.write() as connection:
        await connection.execute(sa.update(tables.source_status).where(mine).values(evidence="error", diagnosis=said))
    found = {source.id: source.refused_us for source in await read(bench)}
    assert found == {odd.record.id: True, other.record.id: False}
