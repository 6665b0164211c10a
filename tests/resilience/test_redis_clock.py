"""The clock of a real Redis that is put back by an hour: all that was written before lies an hour ahead."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from core.models import BreakerState, Outcome
from core.resilience.breaker import Breaker
from core.resilience.gate import SharedGate
from core.resilience.redis_records import KEYS, RedisRecords
from core.resilience.shared import Place
from tests.resilience.conftest import LEASE_S, PATIENT_S

OPEN, HALF_OPEN = BreakerState.OPEN, BreakerState.HALF_OPEN
HOUR_MS = 3_600_000


@pytest.fixture
def anyio_backend() -> str:
    """In real time."""
    return "asyncio"


async def put_back(client: Redis, place: Place) -> Place:
    """The same source, its present generation known."""
    key = KEYS + place.source
    for field in ("generation", "until", "probe_until", "written"):
        await client.hincrby(key, field, HOUR_MS)
    return replace(place, known=int(await client.hget(key, "generation")))


@asynccontextmanager
async def process(records: RedisRecords, place: Place) -> AsyncIterator[SharedGate]:
    gate = SharedGate(Breaker(lease_s=LEASE_S), records, place.source, patience_s=PATIENT_S)
    yield gate
    await gate.close()


@pytest.mark.anyio
async def test_an_open_window_is_over_and_one_probe_is_out(records: RedisRecords, client: Redis, place: Place) -> None:
    await records.trip(place, 30.0)
    known = await put_back(client, place)
    seen = await records.view(place.source)
    assert (seen.state, seen.wait_s) == (OPEN, 0.0)
    held, *refused = await asyncio.gather(*(records.lease(known, f"p{n}", 10.0) for n in range(50)))
    assert (held.done, held.view.generation) == (True, known.known + 1)
    assert not any(answer.done for answer in refused)
    assert all(9 < answer.view.wait_s <= 10 for answer in refused)
    assert (await records.settle(replace(place, known=held.view.generation), "p0", OPEN, 30.0)).done
    assert 0 < (await records.view(place.source)).wait_s <= 30


@pytest.mark.anyio
async def test_a_probe_that_is_out_keeps_others_back_for_one_more_lease(
    records: RedisRecords, client: Redis, place: Place
) -> None:
    await records.lease(place, "p", 0.2)
    known = await put_back(client, place)
    assert (await records.view(place.source)).wait_s == pytest.approx(0.2)
    refused = await records.lease(known, "q", 10.0)
    assert (refused.done, refused.view.state, refused.view.wait_s) == (False, HALF_OPEN, pytest.approx(0.2))
    await asyncio.sleep(0.3)
    assert (await records.lease(known, "q", 10.0)).done


@pytest.mark.anyio
async def test_its_holder_still_settles_it(records: RedisRecords, client: Redis, place: Place) -> None:
    await records.lease(place, "p", 10.0)
    known = await put_back(client, place)
    assert not (await records.lease(known, "q", 10.0)).done
    assert (await records.settle(known, "p", OPEN, 30.0)).done


@pytest.mark.anyio
async def test_a_process_that_meets_the_source_is_admitted_with_a_lease(
    records: RedisRecords, client: Redis, place: Place
) -> None:
    await records.trip(place, 30.0)
    await put_back(client, place)
    async with process(records, place) as gate:
        assert (await gate.admit()).lease is not None


@pytest.mark.anyio
async def test_a_process_that_tripped_is_admitted_after_its_own_window(
    records: RedisRecords, client: Redis, place: Place
) -> None:
    async with process(records, place) as gate:
        for _ in range(5):
            gate.settle(await gate.admit(), Outcome.FAIL)
        while not await client.exists(KEYS + place.source):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        await put_back(client, place)
        gate.breaker.hasten(0.0)
        assert (await gate.admit()).lease is not None
