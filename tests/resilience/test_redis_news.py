"""The two ways of news, on a real Redis: published at once, polled about each second."""

import asyncio
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from core.models import BreakerState
from core.resilience.redis_link import RedisLink
from core.resilience.redis_records import CHANNEL, KEYS, RedisRecords
from core.resilience.shared import Place, View
from tests.resilience.conftest import PATIENT_S
from tests.servers.redis import RedisServer

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


@pytest.fixture
def anyio_backend() -> str:
    """In real time."""
    return "asyncio"


class News:
    """What one process was shown of a source."""

    def __init__(self) -> None:
        self.views: list[View] = []
        self._came = asyncio.Event()

    def __call__(self, view: View) -> None:
        self.views.append(view)
        self._came.set()

    async def until(self, state: BreakerState) -> None:
        while not self.views or self.views[-1].state is not state:
            self._came.clear()
            await self._came.wait()


@pytest.mark.anyio
async def test_a_change_is_published_to_those_who_watch(
    redis: RedisServer, records: RedisRecords, place: Place
) -> None:
    other, news = RedisRecords(RedisLink(redis.url, request_s=PATIENT_S), lambda _low, _high: 3600.0), News()
    await other.start()
    other.watch(place.source, news)
    later = News()
    other.watch(f"{place.source}-2", later)
    await later.until(CLOSED)  # looked at without waiting for the next poll
    async with Redis.from_url(redis.url) as client:
        while not any(view.generation == 1 for view in news.views):
            await client.publish(CHANNEL, "not one of ours")
            await client.publish(CHANNEL, f"{place.source} half_open 1 0")
            await asyncio.sleep(0.01)
    await records.trip(place, 30.0)
    await news.until(OPEN)
    await other.close()


@pytest.mark.anyio
async def test_what_was_not_published_is_polled(records: RedisRecords, client: Redis, place: Place) -> None:
    news = News()
    records.watch(place.source, news)
    await news.until(CLOSED)
    await client.hset(KEYS + place.source, mapping={"state": "half_open", "generation": "5"})
    await news.until(HALF_OPEN)
    assert news.views[-1] == View(HALF_OPEN, 5, 0.0)


@pytest.mark.anyio
async def test_a_poll_reads_more_sources_than_one_request_takes(records: RedisRecords, place: Place) -> None:
    names = [f"{place.source}-{n}" for n in range(1201)]
    await records.trip(replace(place, source=names[-1]), 30.0)
    news = [News() for _ in names]
    for name, one in zip(names, news, strict=True):
        records.watch(name, one)
    await news[-1].until(OPEN)
    for one in news[:-1]:
        await one.until(CLOSED)


@pytest.mark.anyio
async def test_a_source_that_is_no_longer_watched_is_not_shown(records: RedisRecords, place: Place) -> None:
    gone, there = News(), News()
    records.watch(place.source, gone)
    records.unwatch(place.source)
    records.watch(f"{place.source}-2", there)
    await there.until(CLOSED)
    assert gone.views == []
