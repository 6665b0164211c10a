"""The tiers of history: what is rolled up, what goes, and that dying in the middle changes neither."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection

import pytest
import sqlalchemy as sa

from core.metrics.histogram import Histogram
from core.metrics.history import BUCKET_S, PackedBucket
from core.models import Organisation, SourceDraft
from core.storage.database import Database
from core.storage.history import KEPT_S, SPANS, HistoryRepository, HistoryRow, record_history
from core.storage.rollup import GRACE_S, Rollup
from core.storage.sources import SourceRepository
from core.storage.tables import history_marks
from tests.storage.conftest import NOW
from tests.storage.rolling import rolling

pytestmark = pytest.mark.anyio
HOUR, DAY = SPANS["1h"], SPANS["1d"]
START = int(NOW.timestamp()) // DAY * DAY
KILLS, SOURCES, STEP = 100, 6, 5 * HOUR
LONGEST_S = 0.08  # a whole roll-up takes about as long
"""Each round has five hours more to roll up; in the end the oldest of it is past its time."""


@pytest.fixture
async def keys(sources: SourceRepository, org: Organisation) -> list[int]:
    added = [await sources.add(org, SourceDraft("rest", f"Source {n}", {}), {}) for n in range(SOURCES)]
    return [record.id for record in added]


def bucket(ts: int, calls: int = 3, latency_ms: float = 20.0, *, errors: int = 0, rejected: int = 0) -> PackedBucket:
    histogram = Histogram()
    for _ in range(calls):
        histogram.add(latency_ms)
    return PackedBucket(ts, calls, errors, rejected, round(calls * latency_ms * 1000), histogram.pack())


async def write(
    database: Database, news: Mapping[int, Sequence[PackedBucket]], writer: int = 1, now: int | None = None
) -> None:
    latest = max(each.ts for buckets in news.values() for each in buckets)
    at = NOW.fromtimestamp(latest if now is None else now, NOW.tzinfo)
    async with database.write() as connection:
        await record_history(connection, news, writer, at)


async def rows(database: Database, tier: str, keys: Sequence[int]) -> list[HistoryRow]:
    return await HistoryRepository(database).rows(tier, keys, 0, 2**31 - 1)


async def test_an_hour_is_the_sum_of_its_stretches_and_of_everybody_who_wrote(
    database: Database, keys: list[int]
) -> None:
    for writer in (1, 2):
        stretches = [bucket(START + n * BUCKET_S, errors=1, latency_ms=5.0 * (n + 1)) for n in range(12)]
        await write(database, {keys[0]: stretches}, writer)
    await Rollup(database).run(START + HOUR + GRACE_S)
    (hour,) = await rows(database, "1h", keys)
    assert (hour.ts, hour.calls, hour.errors) == (START, 72, 24)
    assert hour.latency_us == 2 * sum(round(3 * 5.0 * (n + 1) * 1000) for n in range(12))
    whole = Histogram.merged(Histogram.unpack(row.histogram) for row in await rows(database, "5m", keys))
    assert Histogram.unpack(hour.histogram).counts == whole.counts


async def test_an_hour_that_is_not_over_waits(database: Database, keys: list[int]) -> None:
    await write(database, {keys[0]: [bucket(START)]})
    await Rollup(database).run(START + HOUR + GRACE_S - 1)
    assert await rows(database, "1h", keys) == []


async def test_a_stretch_written_again_replaces_itself(database: Database, keys: list[int]) -> None:
    await write(database, {keys[0]: [bucket(START, 3)]})
    await write(database, {keys[0]: [bucket(START, 5)]})
    assert [row.calls for row in await rows(database, "5m", keys)] == [5]


async def test_an_addition_comes_on_top(database: Database, keys: list[int]) -> None:
    await write(database, {keys[0]: [bucket(START, 3, 10.0)]})
    more = bucket(START, 2, 700.0)
    await write(database, {keys[0]: [PackedBucket(*(getattr(more, name) for name in _COUNTS), added=True)]})
    (row,) = await rows(database, "5m", keys)
    assert (row.calls, row.latency_us) == (5, 1_430_000)
    assert Histogram.unpack(row.histogram).total == 5


async def test_what_comes_late_is_rolled_up_again(database: Database, keys: list[int]) -> None:
    await write(database, {keys[0]: [bucket(START), bucket(START + DAY)]})
    await Rollup(database).run(START + DAY + 2 * HOUR)
    await write(database, {keys[0]: [bucket(START + BUCKET_S, 4)]}, writer=2, now=START + DAY + 2 * HOUR)
    await Rollup(database).run(START + DAY + 2 * HOUR)
    assert [(row.ts, row.calls) for row in await rows(database, "1d", keys)] == [(START, 7)]
    assert [(row.ts, row.calls) for row in await rows(database, "1h", keys)] == [(START, 7), (START + DAY, 3)]


async def test_what_comes_late_in_the_middle_of_a_roll_up_is_not_lost(
    database: Database, keys: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(database, {keys[0]: [bucket(START)]})
    rollup = Rollup(database)
    late = iter([{keys[0]: [bucket(START + BUCKET_S, 4)]}])

    async def slowly(self: Rollup) -> list[int]:
        if news := next(late, None):
            await write(database, news, writer=2, now=START + 2 * HOUR)
        return []  # this time it looks at nobody

    monkeypatch.setattr(Rollup, "_sources", slowly)
    await rollup._roll_one("5m", "1h", START + 2 * HOUR)
    monkeypatch.undo()
    await rollup.run(START + 2 * HOUR)
    assert [row.calls for row in await rows(database, "1h", keys)] == [7]


async def test_what_is_too_old_goes_once_it_is_rolled_up(database: Database, keys: list[int]) -> None:
    days = 10
    for day in range(days):
        await write(database, {keys[0]: [bucket(START + day * DAY)]})
    now = START + days * DAY
    await Rollup(database).run(now + GRACE_S)
    kept = [row.ts for row in await rows(database, "5m", keys)]
    assert kept == [START + day * DAY for day in range(days) if START + day * DAY >= now - KEPT_S["5m"]]
    assert sum(row.calls for row in await rows(database, "1h", keys)) == 3 * days
    assert sum(row.calls for row in await rows(database, "1d", keys)) == 3 * days


async def test_no_hour_is_half_expired(database: Database, keys: list[int]) -> None:
    await write(database, {keys[0]: [bucket(START + n * BUCKET_S) for n in range(24)]})
    await Rollup(database).run(START + KEPT_S["5m"] + HOUR + HOUR // 2)
    assert [row.ts for row in await rows(database, "5m", keys)] == [START + HOUR + n * BUCKET_S for n in range(12)]


@pytest.fixture
async def nine_days(database: Database, keys: list[int]) -> int:
    """Two sources with two stretches an hour, rolled up to the end, which is given: of two days only hours are left."""
    ends = range(START, START + 9 * DAY, HOUR)
    news = [bucket(begin + minutes * 60) for begin in ends for minutes in (0, 50)]
    await write(database, dict.fromkeys(keys[:2], news))
    await Rollup(database).run(START + 9 * DAY + GRACE_S)
    return START + 9 * DAY


@pytest.mark.parametrize("behind", [[8 * DAY], [6 * DAY, 8 * DAY]])
async def test_a_clock_that_is_far_behind_takes_nothing_from_what_is_rolled_up(
    database: Database, keys: list[int], nine_days: int, behind: list[int]
) -> None:
    before = {tier: await coarse(database, tier, keys) for tier in ("1h", "1d")}
    for ago in behind:
        await write(database, {keys[0]: [bucket(nine_days - ago, 1)]}, writer=ago)
    await Rollup(database).run(nine_days + GRACE_S)
    for tier, calls in before.items():
        found = await coarse(database, tier, keys)
        assert {at: found[at] for at in calls if found[at] < calls[at]} == {}


async def test_a_clock_that_begins_in_1970_puts_no_mark_back(
    database: Database, keys: list[int], nine_days: int
) -> None:
    await write(database, {keys[0]: [bucket(0, 1)]}, writer=2)
    assert await HistoryRepository(database).marks() == {"1h": nine_days, "1d": nine_days}


async def test_of_what_is_written_together_only_the_too_old_is_not_rolled_up_again(
    database: Database, keys: list[int], nine_days: int
) -> None:
    late = nine_days - DAY
    await write(database, {keys[0]: [bucket(0, 1), bucket(late, 1)]}, writer=2, now=nine_days)
    await Rollup(database).run(nine_days + GRACE_S)
    assert (await coarse(database, "1h", keys))[keys[0], late] == 7
    assert (await coarse(database, "1d", keys))[keys[0], late] == 24 * 6 + 1


async def test_up_to_the_border_what_comes_late_comes_on_top_or_changes_nothing(
    database: Database, keys: list[int], nine_days: int
) -> None:
    now, added = nine_days + HOUR // 2, 0
    await Rollup(database).run(now)
    for ago in (165, 166, 167, 168):
        begin = nine_days - ago * HOUR
        await write(database, {keys[0]: [bucket(begin, 1)]}, writer=2, now=now)
        await Rollup(database).run(now)
        calls = (await coarse(database, "1h", keys))[keys[0], begin]
        assert calls in (6, 7)
        added += calls == 7
    assert added == 2


async def test_after_a_roll_up_by_a_clock_ahead_the_hours_that_follow_are_rolled_up(
    database: Database, keys: list[int], nine_days: int
) -> None:
    await Rollup(database).run(nine_days + 12 * DAY)
    await write(database, {keys[0]: [bucket(nine_days + n * BUCKET_S) for n in range(24)]})
    await Rollup(database).run(nine_days + 2 * HOUR + GRACE_S)
    found = await coarse(database, "1h", keys)
    assert [found[keys[0], nine_days + n * HOUR] for n in (0, 1)] == [36, 36]


async def coarse(database: Database, tier: str, keys: Sequence[int]) -> dict[tuple[int, int], int]:
    """The calls by source and beginning."""
    return {(row.source_id, row.ts): row.calls for row in await rows(database, tier, keys)}


async def test_what_deleted_sources_leave_behind_goes_within_a_day(
    database: Database, keys: list[int], sources: SourceRepository
) -> None:
    await write(database, {key: [bucket(START)] for key in keys})
    await Rollup(database).run(START + HOUR + GRACE_S)
    (gone,) = [record for record in await sources.of_org("acme") if record.id == keys[0]]
    await sources.delete(gone)
    await Rollup(database).run(START + DAY + HOUR)
    for tier in SPANS:
        assert {row.source_id for row in await rows(database, tier, keys)} == set(keys[1:])


async def test_nothing_goes_before_it_is_rolled_up(database: Database, keys: list[int]) -> None:
    await write(database, {keys[0]: [bucket(START)]})
    async with database.write() as connection:
        await connection.execute(sa.insert(history_marks).values(tier="1h", until=START, late=0))
    await Rollup(database)._expire(START + 30 * DAY)
    assert len(await rows(database, "5m", keys)) == 1


async def test_killed_a_hundred_times_it_makes_what_it_makes_when_nobody_kills_it(
    database: Database, database_url: str, keys: list[int]
) -> None:
    chance = random.Random(20260321)  # noqa: S311 - the same points every time
    true: Counter[tuple[str, int, int]] = Counter()
    unfinished = 0
    for turn in range(KILLS):
        begin = START + turn * STEP
        news = {key: fresh(chance, begin, also_late=turn > 8) for key in keys}
        await write(database, news, writer=turn + 1, now=begin + STEP)
        for key, buckets in news.items():
            for each in buckets:
                for tier, span in (("1h", HOUR), ("1d", DAY)):
                    true[tier, key, each.ts // span * span] += each.calls
        now = begin + STEP + GRACE_S
        with rolling(database_url, now) as (process, told):
            await asyncio.sleep(chance.uniform(0, LONGEST_S))
            process.kill()
            process.join()
            unfinished += not finished(told)
    end = START + KILLS * STEP
    await Rollup(database).run(end + GRACE_S)
    found = {
        (tier, row.source_id, row.ts): row.calls for tier in ("1h", "1d") for row in await rows(database, tier, keys)
    }
    whole = {(tier, key, ts): calls for (tier, key, ts), calls in true.items() if ts + SPANS[tier] <= end}
    assert found == whole
    assert unfinished > KILLS / 4, "it was hardly ever killed in the middle"


def fresh(chance: random.Random, begin: int, *, also_late: bool) -> list[PackedBucket]:
    """What a source saw from `begin` on, and something that comes late."""
    news = [bucket(begin + n * BUCKET_S, chance.randint(1, 9)) for n in range(STEP // BUCKET_S)]
    return news + ([bucket(begin - chance.randint(1, 40) * BUCKET_S, 1)] if also_late else [])


def finished(told: Connection) -> bool:
    try:
        return bool(told.recv() == "done")
    except EOFError:
        return False


_COUNTS = ("ts", "calls", "errors", "rejected", "latency_us", "histogram")
