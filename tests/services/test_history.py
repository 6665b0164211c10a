"""One source's history, read from what several processes stored in several tiers."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from core.errors import NotFound
from core.metrics.histogram import Histogram
from core.models import Actor, HistoryPoint
from tests.services.histories import NOW, VIEWER, Past

pytestmark = pytest.mark.anyio
FIVE_MINUTES = timedelta(minutes=5)


def quantile(q: float, *latencies: float) -> float | None:
    histogram = Histogram()
    for latency in latencies:
        histogram.add(latency)
    return histogram.quantile(q)


def called(buckets: tuple[HistoryPoint, ...]) -> list[HistoryPoint]:
    return [bucket for bucket in buckets if bucket.calls or bucket.rejected]


async def test_without_history_every_stretch_is_there_and_empty(past: Past) -> None:
    source = await past.source()
    seen = await past.service.of_source(VIEWER, "acme", source.uid)
    assert (seen.step_s, len(seen.buckets)) == (300, 288)
    assert {(b.calls, b.errors, b.rejected, b.p50_ms, b.avg_ms) for b in seen.buckets} == {(0, 0, 0, None, None)}
    assert [b.ts for b in seen.buckets] == [seen.since + n * FIVE_MINUTES for n in range(288)]


async def test_one_call_is_a_history(past: Past) -> None:
    source = await past.source()
    await past.write(source, past.now, [12.5])
    (only,) = called((await past.service.of_source(VIEWER, "acme", source.uid)).buckets)
    middle = quantile(0.5, 12.5)
    assert only == HistoryPoint(datetime(2026, 3, 21, 8, 30, tzinfo=UTC), 1, 0, 0, middle, middle, middle, 12.5)


async def test_what_several_processes_saw_is_added_up_and_their_latencies_are_merged(past: Past) -> None:
    source = await past.source()
    await past.write(source, past.now, [10] * 99, errors=1, rejected=2, writer=1)
    await past.write(source, past.now, [1000], errors=1, rejected=3, writer=2)
    (only,) = called((await past.service.of_source(VIEWER, "acme", source.uid)).buckets)
    assert (only.calls, only.errors, only.rejected) == (100, 2, 5)
    assert only.avg_ms == pytest.approx(19.9)
    assert only.p99_ms == quantile(0.99, *[10.0] * 99, 1000.0)
    assert only.p50_ms == quantile(0.5, 10.0)


async def test_percentiles_of_a_coarse_step_are_those_of_all_its_calls(past: Past) -> None:
    source = await past.source()
    latencies = [float(n) for n in range(1, 13)]
    for number, latency in enumerate(latencies):
        await past.write(source, datetime(2026, 3, 21, 7, 5 * number, tzinfo=UTC), [latency] * (number + 1))
    seen = await past.service.of_source(VIEWER, "acme", source.uid, past.ago(hours=3), None, 3600)
    (hour,) = called(seen.buckets)
    every = [latency for number, latency in enumerate(latencies) for _ in range(number + 1)]
    assert (hour.p50_ms, hour.p95_ms, hour.p99_ms) == tuple(quantile(q, *every) for q in (0.5, 0.95, 0.99))


async def test_rolled_up_or_not_it_is_the_same_history(past: Past) -> None:
    source = await past.source()
    for hours in range(0, 80, 5):
        await past.write(source, past.ago(hours=hours), [hours + 1.0, 5.0], errors=1, rejected=1)
        await past.write(source, past.ago(hours=hours), [hours + 7.0], writer=2)
    asked = [(step, past.ago(days=4)) for step in (3600, 7200, 86_400)]
    before = [await past.service.of_source(VIEWER, "acme", source.uid, since, None, step) for step, since in asked]
    await past.roll_up()
    after = [await past.service.of_source(VIEWER, "acme", source.uid, since, None, step) for step, since in asked]
    assert before == after
    assert sum(bucket.calls for bucket in after[0].buckets) == 16 * 3


async def test_what_is_only_kept_coarsely_is_still_there(past: Past) -> None:
    source = await past.source()
    for tier in ("1h", "1d"):
        await past.write(source, past.ago(days=100), [5.0], tier="1d")
        await past.write(source, past.ago(days=20), [5.0, 6.0], tier=tier)
    await past.mark(**{"1h": past.now, "1d": past.now})
    month = await past.service.of_source(VIEWER, "acme", source.uid, past.ago(days=30), None, 300)
    assert (month.step_s, [b.calls for b in called(month.buckets)]) == (3600, [2])
    assert [note.key for note in month.notes] == ["history.coarser"]
    year = await past.service.of_source(VIEWER, "acme", source.uid, past.ago(days=365))
    assert (year.step_s, [b.calls for b in called(year.buckets)]) == (86_400, [1, 2])


async def test_what_waits_to_be_written_is_in_at_once(past: Past) -> None:
    source = await past.source()
    past.writer.waits.append(past.write(source, past.now))
    assert called((await past.service.of_source(VIEWER, "acme", source.uid)).buckets)


async def test_a_clock_that_was_set_back_hides_nothing_that_lies_ahead_of_it(past: Past) -> None:
    source = await past.source()
    await past.write(source, past.now)
    past.now = NOW - timedelta(hours=2)
    assert not called((await past.service.of_source(VIEWER, "acme", source.uid)).buckets)
    seen = await past.service.of_source(VIEWER, "acme", source.uid, past.now, NOW)
    assert len(called(seen.buckets)) == 1


async def test_another_organisations_source_is_not_found(past: Past) -> None:
    source = await past.source()
    for actor, org, source_id in (
        (Actor("x"), "acme", source.uid),
        (VIEWER, "acme", uuid4()),
        (VIEWER, "z", source.uid),
    ):
        with pytest.raises(NotFound):
            await past.service.of_source(actor, org, source_id)
