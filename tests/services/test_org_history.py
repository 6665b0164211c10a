"""How all sources of an organisation were."""

from datetime import timedelta
from typing import Any

import pytest

from core.errors import InvalidInput, NotFound
from core.models import Actor, OrgHistory, RecentCalls, Window
from core.services.org_history import HEAT_MAX, POINTS_MAX, RANKED_MAX, SERIES_MAX
from core.storage.history import SPANS
from tests.services.conftest import past_in
from tests.services.histories import VIEWER, Past

pytestmark = pytest.mark.anyio


async def read(past: Past, **length: Any) -> OrgHistory:
    return await past.service.of_org(VIEWER, "acme", past.ago(**(length or {"hours": 24})), past.now)


def names(found: Any) -> list[str]:
    return [each.name for each in found]


async def test_without_history_every_source_is_there_and_nothing_is_claimed_of_it(past: Past) -> None:
    await past.source()
    seen = await read(past)
    (source,) = seen.sources
    assert (source.asked, source.avg_ms) == (Window(), None)
    assert (source.asked.availability, source.windows["24h"].budget_left) == (None, None)
    assert (seen.latency, seen.heat, seen.slowest, seen.flakiest) == ((), (), (), ())


async def test_without_sources_there_is_nothing(past: Past) -> None:
    seen = await read(past)
    assert (seen.sources, seen.latency, len(seen.hours)) == ((), (), 24)


async def test_every_window_holds_its_own_calls_and_those_of_the_shorter_ones(past: Past) -> None:
    source = await past.source()
    for hours, errors in ((1, 0), (30, 1), (10 * 24, 2), (40 * 24, 3)):
        for tier in SPANS:
            await past.write(source, past.ago(hours=hours), [10.0] * 100, errors=errors, tier=tier)
    expected = {"24h": Window(100, 0), "7d": Window(200, 1), "30d": Window(300, 3)}
    assert (await read(past)).sources[0].windows == expected
    await past.mark(**{"1h": past.now, "1d": past.now})
    assert (await read(past)).sources[0].windows == expected


async def test_of_the_budget_is_left_what_has_not_failed(past: Past) -> None:
    assert Window(1000, 0).budget_left == 1
    assert Window(1000, 2).budget_left == pytest.approx(0.6)
    assert {Window(200 * k, k).budget_left for k in range(1, 400)} == {0}
    assert Window(1000, 900).budget_left == 0
    source = await past.source()
    await past.write(source, past.now, [10.0] * 10, rejected=500)
    assert (await read(past)).sources[0].windows["24h"].budget_left == 1


async def test_the_worst_come_first(past: Past) -> None:
    for name, latency, errors in (("slow", 900, 0), ("quick", 1, 0), ("shaky", 5, 1), ("broken", 5, 3)):
        await past.write(await past.source(name), past.now, [latency] * 4, errors=errors)
    await past.source("silent")
    seen = await read(past)
    assert names(seen.sources) == ["broken", "shaky", "slow", "quick", "silent"]
    assert names(seen.latency) == names(seen.heat) == ["broken", "shaky", "slow", "quick"]
    assert names(seen.flakiest) == ["broken", "shaky"]
    assert [slow.source.name for slow in seen.slowest] == ["slow", "broken", "shaky", "quick"]
    assert seen.slowest[0].p95_ms == pytest.approx(900, rel=0.03)


async def test_more_than_can_be_told_apart_is_not_drawn(past: Past) -> None:
    for number in range(HEAT_MAX + 2):
        await past.write(await past.source(f"s{number:02}"), past.now, [10.0], errors=1)
    seen = await read(past)
    counts = [len(part) for part in (seen.sources, seen.latency, seen.heat, seen.slowest, seen.flakiest)]
    assert counts == [HEAT_MAX + 2, SERIES_MAX, HEAT_MAX, RANKED_MAX, RANKED_MAX]


@pytest.mark.parametrize("days", [1, 7, 30, 365])
async def test_a_line_has_at_most_so_many_points(past: Past, days: int) -> None:
    source = await past.source()
    for part in range(150):
        await past.write(source, past.now - timedelta(days=days) * part / 150)
    (line,) = (await read(past, days=days)).latency
    assert len(line.points) <= POINTS_MAX
    assert all(point.calls for point in line.points)


async def test_the_heat_of_an_hour_is_the_share_that_failed_in_it(past: Past) -> None:
    source = await past.source()
    await past.write(source, past.now, [10.0] * 4, errors=1)
    await past.write(source, past.now, [10.0] * 4, errors=3, writer=2)
    await past.write(source, past.ago(hours=2), [10.0] * 4)
    (row,) = (await read(past)).heat
    assert row.shares == (*[None] * 21, 0.0, None, 0.5)


async def test_an_organisation_sees_only_its_own(past: Past) -> None:
    await past.write(await past.source(), past.now)
    with pytest.raises(NotFound):
        await past.service.of_org(Actor("x"), "acme", past.ago(hours=1), past.now)
    stranger = Actor("x", {"other": VIEWER.roles["acme"]})
    assert (await past.service.of_org(stranger, "other", past.ago(hours=1), past.now)).sources == ()
    assert await past.service.recent(stranger, "other") == {}


async def test_a_range_that_begins_after_its_end_is_refused(past: Past) -> None:
    with pytest.raises(InvalidInput):
        await past.service.of_org(VIEWER, "acme", past.now, past.ago(hours=1))


@pytest.mark.parametrize("rolled_up", [False, True])
async def test_what_lies_beside_the_hours_that_are_asked_for_is_counted_nowhere(past: Past, rolled_up: bool) -> None:
    source, hour = await past.source(), timedelta(hours=1)
    until = past.now.replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    until -= hour * (1 - until.hour % 2)  # the lines of a week have a point every two hours, from an even one on
    since = until - timedelta(days=6)
    for when, latency in ((since - hour / 2, 900.0), (since + hour / 2, 10.0), (until + hour / 2, 900.0)):
        await past.write(source, when, [latency], errors=1)
    if rolled_up:
        await past.roll_up()
    seen = await past.service.of_org(VIEWER, "acme", since, until)
    assert (seen.sources[0].asked, seen.sources[0].avg_ms) == (Window(1, 1), pytest.approx(10))
    assert [(point.calls, point.p99_ms) for point in seen.latency[0].points] == [(1, pytest.approx(10, rel=0.03))]
    assert seen.slowest[0].p95_ms == pytest.approx(10, rel=0.03)
    assert seen.since <= since < since + hour < seen.until


async def test_weeks_begin_with_the_first_day_that_is_asked_for(past: Past) -> None:
    source, day = await past.source(), timedelta(days=1)
    until = past.now.replace(hour=0, minute=0, second=0, microsecond=0)
    for back in (3, 199, 200, 201):
        await past.write(source, until - back * day, [10.0], tier="1d")
    await past.mark(**{"1h": until, "1d": until})
    seen = await past.service.of_org(VIEWER, "acme", until - 200 * day, until)
    assert (seen.since, seen.step_s, seen.sources[0].asked.calls) == (until - 200 * day, 7 * 86_400, 3)
    assert [point.calls for point in seen.latency[0].points] == [2, 1]


async def test_a_sparkline_is_the_average_of_each_hour_with_calls(past: Past) -> None:
    source = await past.source()
    await past.source("silent")
    await past.write(source, past.ago(hours=30), [1.0])
    await past.write(source, past.ago(hours=3), [10.0, 20.0])
    await past.write(source, past.ago(hours=3), [60.0], writer=2)
    await past.write(source, past.now, [7.25], rejected=3)
    expected = {source.uid: RecentCalls((30.0, 7.2), 1)}
    assert await past.service.recent(VIEWER, "acme") == expected
    await past.roll_up()
    assert await past.service.recent(VIEWER, "acme") == expected


async def test_of_the_last_hour_the_list_knows_how_many_failed(past: Past) -> None:
    source, quiet = await past.source(), await past.source("quiet")
    await past.write(source, past.ago(minutes=50), [10.0] * 4, errors=1)
    await past.write(source, past.ago(minutes=5), [10.0] * 4, errors=2, writer=2)
    for each in (source, quiet):
        await past.write(each, past.ago(minutes=70), [10.0] * 9, errors=9)
    found = await past.service.recent(VIEWER, "acme")
    assert found[source.uid][1:] == (8, 3)
    assert found[quiet.uid][1:] == (0, 0)


async def test_the_week_counts_whole_hours_by_local_weekday(past: Past) -> None:
    source = await past.source()
    # 2026-03-20 is a Friday; 20:30 UTC is midnight in Tehran, where Saturday has begun.
    late = past.now.replace(day=20, hour=20, minute=10)
    await past.write(source, late, [10.0] * 3, errors=1)
    await past.write(source, late - timedelta(days=7), [20.0])
    assert await past.service.of_week(VIEWER, "acme") == ()
    await past.roll_up()
    (hour,) = await past.service.of_week(VIEWER, "acme")
    assert (hour.weekday, hour.hour, hour.minute, hour.window) == (6, 23, 30, Window(4, 1))
    assert hour.p95_ms == pytest.approx(20, rel=0.03)


async def test_the_week_is_remembered_for_a_while(past: Past) -> None:
    source, clock = await past.source(), [0.0]

    def seconds() -> float:
        clock[0] += 1
        return clock[0]

    await past.write(source, past.ago(hours=5))
    await past.roll_up()
    service = past.service_at(seconds)
    before = await service.of_week(VIEWER, "acme")
    past.now += timedelta(hours=3)
    await past.write(source, past.ago(hours=2))
    await past.roll_up()
    assert await service.of_week(VIEWER, "acme") == before
    clock[0] += 200
    assert len(await service.of_week(VIEWER, "acme")) == len(before) + 1


async def test_a_clock_that_was_set_back_gives_nothing_negative(past: Past) -> None:
    source = await past.source()
    await past.write(source, past.now, [5.0])
    await past.roll_up()
    past.now -= timedelta(days=3)
    seen = await read(past)
    assert seen.sources[0].asked == Window()
    assert await past.service.recent(VIEWER, "acme") == {}


async def test_postgresql_adds_up_the_same(postgres_url: str) -> None:
    async with past_in(postgres_url) as past:
        source = await past.source()
        for hours in (0, 3, 30):
            await past.write(source, past.ago(hours=hours), [10.0, 30.0], errors=1)
        for rolled_up in (False, True):
            if rolled_up:
                await past.roll_up()
            seen = await read(past)
            assert seen.sources[0].windows == {"24h": Window(4, 2), "7d": Window(6, 3), "30d": Window(6, 3)}
            assert [slow.source.name for slow in seen.slowest] == ["Shop"]
            assert await past.service.recent(VIEWER, "acme") == {source.uid: RecentCalls((20.0, 20.0), 2, 1)}
        assert sum(hour.window.calls for hour in await past.service.of_week(VIEWER, "acme")) == 4
        one = await past.service.of_source(VIEWER, "acme", source.uid, past.ago(days=3), None, 3600)
        assert [bucket.errors for bucket in one.buckets if bucket.calls] == [1, 1, 1]
