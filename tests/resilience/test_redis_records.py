"""The scripts, on a real Redis."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from core.models import BreakerState
from core.resilience.redis_link import RedisLink
from core.resilience.redis_records import KEYS, RedisRecords
from core.resilience.shared import ABSENT, Place, SharedTrouble, View

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
HANGS_S = 60
"""Only so that a test that would wait for ever ends."""


@pytest.fixture
def anyio_backend() -> str:
    """In real time."""
    return "asyncio"


async def kept(client: Redis, place: Place) -> dict[str, str]:
    return await client.hgetall(KEYS + place.source)


async def redis_ms(client: Redis) -> int:
    seconds, micros = await client.time()
    return int(seconds) * 1000 + int(micros) // 1000


async def window_ends(client: Redis, place: Place) -> None:
    await client.hset(KEYS + place.source, "until", "1")


async def lease_ends(client: Redis, place: Place) -> None:
    await client.hset(KEYS + place.source, "probe_until", "1")


@pytest.mark.anyio
async def test_watching_and_looking_write_nothing(records: RedisRecords, client: Redis, place: Place) -> None:
    records.watch(place.source, lambda _view: None)
    assert await records.view(place.source) == ABSENT
    assert not await client.exists(KEYS + place.source)


@pytest.mark.anyio
async def test_a_trip_opens_for_its_window_and_takes_redis_time_as_its_generation(
    records: RedisRecords, client: Redis, place: Place
) -> None:
    before = await redis_ms(client)
    answer = await records.trip(place, 30.0)
    assert answer.done
    assert answer.view == View(OPEN, answer.view.generation, 30.0)
    assert before <= answer.view.generation <= await redis_ms(client)
    seen = await records.view(place.source)
    assert (seen.state, seen.generation) == (OPEN, answer.view.generation)
    assert 0 < seen.wait_s <= 30


@pytest.mark.anyio
async def test_a_second_trip_never_extends_the_window(records: RedisRecords, client: Redis, place: Place) -> None:
    first = await records.trip(place, 30.0)
    before = await kept(client, place)
    second = await records.trip(replace(place, known=first.view.generation), 60.0)
    assert not second.done
    assert await kept(client, place) == before


@pytest.mark.anyio
async def test_a_trip_that_knows_an_older_generation_is_refused_with_the_newer_one(
    records: RedisRecords, client: Redis, place: Place
) -> None:
    opened = (await records.trip(place, 30.0)).view.generation
    await window_ends(client, place)
    lease = await records.lease(replace(place, known=opened), "p", 10.0)
    closed = await records.settle(replace(place, known=lease.view.generation), "p", CLOSED, 30.0)
    late = await records.trip(replace(place, known=opened), 30.0)
    assert (late.done, late.view) == (False, View(CLOSED, closed.view.generation, 0.0))


@pytest.mark.anyio
async def test_a_trip_while_a_probe_is_out_leaves_the_decision_to_it(records: RedisRecords, place: Place) -> None:
    lease = await records.lease(place, "p", 10.0)
    assert not (await records.trip(replace(place, known=lease.view.generation), 30.0)).done


@pytest.mark.anyio
async def test_a_probe_that_failed_without_a_lease_opens_an_ended_window_again(
    records: RedisRecords, client: Redis, place: Place
) -> None:
    first = await records.trip(place, 30.0)
    await window_ends(client, place)
    again = await records.trip(replace(place, known=first.view.generation), 30.0)
    assert again.done
    assert again.view.generation > first.view.generation


@pytest.mark.anyio
async def test_one_lease_is_out_at_a_time_and_only_after_the_window(
    records: RedisRecords, client: Redis, place: Place
) -> None:
    await records.trip(place, 30.0)
    early = await records.lease(place, "early", 10.0)
    assert (early.done, early.view.state) == (False, OPEN)
    assert 29 < early.view.wait_s <= 30
    await window_ends(client, place)
    answers = await asyncio.gather(*(records.lease(place, f"p{n}", 10.0) for n in range(50)))
    [held] = [answer.view for answer in answers if answer.done]
    assert held == View(HALF_OPEN, held.generation, 10.0)
    refused = [answer.view for answer in answers if not answer.done]
    assert {(view.state, view.generation) for view in refused} == {(HALF_OPEN, held.generation)}
    assert all(9 < view.wait_s <= 10 for view in refused)


@pytest.mark.anyio
async def test_without_a_record_there_is_still_only_one_lease(records: RedisRecords, place: Place) -> None:
    """Each process was open alone, or the key expired meanwhile."""
    assert [(await records.lease(place, name, 10.0)).done for name in "ab"] == [True, False]


@pytest.mark.anyio
async def test_a_lease_is_refused_where_somebody_closed_it_meanwhile(records: RedisRecords, place: Place) -> None:
    lease = await records.lease(place, "p", 10.0)
    closed = await records.settle(replace(place, known=lease.view.generation), "p", CLOSED, 30.0)
    again = await records.lease(place, "q", 10.0)
    assert (again.done, again.view) == (False, closed.view)


@pytest.mark.anyio
async def test_a_refusal_leaves_the_key_as_it_is_its_expiry_too(
    records: RedisRecords, client: Redis, place: Place
) -> None:
    held = (await records.lease(place, "p", 10.0)).view.generation
    key, known = KEYS + place.source, replace(place, known=held)
    await client.pexpire(key, 100_000)
    before = await kept(client, place)
    for refused in (
        await records.lease(known, "q", 10.0),
        await records.trip(known, 30.0),
        await records.settle(known, "q", CLOSED, 30.0),
        await records.settle(replace(place, known=held - 1), "p", CLOSED, 30.0),
        await records.reset(place),
    ):
        assert not refused.done
    assert await kept(client, place) == before
    assert await client.pttl(key) <= 100_000


@pytest.mark.anyio
async def test_a_change_keeps_the_key_for_as_long_as_it_is_told(
    records: RedisRecords, client: Redis, place: Place
) -> None:
    await records.trip(place, 30.0)
    assert 290_000 < await client.pttl(KEYS + place.source) <= 300_000


@pytest.mark.anyio
@pytest.mark.parametrize(("becomes", "wait_s"), [(CLOSED, 0.0), (OPEN, 30.0)])
async def test_the_holder_of_the_lease_settles_it_once(
    records: RedisRecords, place: Place, becomes: BreakerState, wait_s: float
) -> None:
    held = (await records.lease(place, "p", 10.0)).view.generation
    mine = replace(place, known=held)
    ended = await records.settle(mine, "p", becomes, 30.0)
    assert (ended.done, ended.view) == (True, View(becomes, ended.view.generation, wait_s))
    assert ended.view.generation > held
    assert not (await records.settle(mine, "p", becomes, 30.0)).done


@pytest.mark.anyio
async def test_a_lease_that_is_given_back_is_free_at_once_in_the_same_generation(
    records: RedisRecords, place: Place
) -> None:
    held = (await records.lease(place, "p", 10.0)).view.generation
    back = await records.settle(replace(place, known=held), "p", HALF_OPEN, 30.0)
    assert (back.done, back.view) == (True, View(HALF_OPEN, held, 0.0))
    assert not (await records.settle(replace(place, known=held), "p", CLOSED, 30.0)).done
    assert (await records.lease(replace(place, known=held), "q", 10.0)).done


@pytest.mark.anyio
async def test_a_holder_that_lost_its_lease_settles_nothing(records: RedisRecords, client: Redis, place: Place) -> None:
    held = (await records.lease(place, "lost", 10.0)).view.generation
    await lease_ends(client, place)
    mine = replace(place, known=held)
    assert (await records.lease(mine, "living", 10.0)).view.generation == held
    assert not (await records.settle(mine, "lost", OPEN, 30.0)).done
    assert (await records.settle(mine, "living", CLOSED, 30.0)).done


@pytest.mark.anyio
async def test_a_probe_of_an_older_generation_settles_nothing(
    records: RedisRecords, client: Redis, place: Place
) -> None:
    """Even if a probe of that name is out: the key was lost and came back."""
    held = (await records.lease(place, "p", 10.0)).view.generation
    await client.delete(KEYS + place.source)
    again = await records.lease(replace(place, known=held), "p", 10.0)
    assert again.view.generation > held
    assert not (await records.settle(replace(place, known=held), "p", OPEN, 30.0)).done


@pytest.mark.anyio
async def test_the_generation_never_goes_back(records: RedisRecords, client: Redis, place: Place) -> None:
    """Not when the key is gone, nor when the clock of Redis stands an hour behind what somebody knows."""
    first = (await records.trip(place, 30.0)).view.generation
    await client.delete(KEYS + place.source)
    second = (await records.trip(replace(place, known=first), 30.0)).view.generation
    assert second > first
    ahead = second + 3_600_000
    await client.delete(KEYS + place.source)
    third = (await records.lease(replace(place, known=ahead), "p", 10.0)).view.generation
    assert third == ahead + 1
    await client.hset(KEYS + place.source, "generation", str(ahead))  # as an older snapshot has it
    await lease_ends(client, place)
    assert (await records.lease(replace(place, known=third), "q", 10.0)).view.generation > third
    await client.hset(KEYS + place.source, mapping={"state": "open", "until": "1", "generation": str(ahead)})
    assert (await records.lease(place, "r", 10.0)).view.generation == ahead + 1


@pytest.mark.anyio
async def test_a_reset_closes_what_its_person_saw(records: RedisRecords, place: Place) -> None:
    opened = (await records.trip(place, 30.0)).view.generation
    assert not (await records.reset(place)).done
    assert (await records.reset(replace(place, known=opened))).view.state is CLOSED


@pytest.mark.anyio
async def test_a_request_that_redis_reads_too_late_does_nothing(
    records: RedisRecords, client: Redis, place: Place
) -> None:
    """Redis was paused between two requests: the second one knows its clock and was sent long ago."""
    await records.view(place.source)
    records._clock_ms -= 60_000  # type: ignore[operator]  # known since the view
    answer = await records.trip(place, 30.0)
    assert answer.done  # the first try was refused, the second knew the clock
    records._sent = lambda: 1000  # type: ignore[method-assign]
    with pytest.raises(SharedTrouble):
        await records.lease(replace(place, source="late"), "p", 10.0)
    assert not await client.exists(KEYS + "late")


class LosesACancellation:
    """A link whose client swallows the first cancellation of a request."""

    up, rest_s = True, 0.0

    def __init__(self) -> None:
        self.asked, self.lost = asyncio.Event(), False

    async def open(self) -> bool:
        return True

    async def run(self, *_request: object) -> list[Any]:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if self.lost:
                raise
            self.lost = True
        return [0]

    async def messages(self, _channel: str) -> AsyncIterator[str]:
        await asyncio.Event().wait()
        yield ""

    async def close(self) -> None:
        """Nothing is held."""


@pytest.mark.anyio
async def test_closing_ends_though_the_client_loses_a_cancellation() -> None:
    link = LosesACancellation()
    records = RedisRecords(cast(RedisLink, link))
    await records.start()
    await link.asked.wait()
    async with asyncio.timeout(HANGS_S):
        await records.close()
    assert link.lost
    assert records.degraded
