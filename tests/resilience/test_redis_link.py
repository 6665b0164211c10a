"""What Redis may cost: a bounded wait, then nothing for a while."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from core.resilience.redis_link import RedisLink
from core.resilience.redis_records import RedisRecords
from core.resilience.shared import Place, SharedTrouble
from tests.resilience.conftest import PATIENT_S
from tests.servers.redis import RedisServer, RestartedServer

TOO_LONG_S = 3600.0
ECHO = "return {ARGV[1]}"


@pytest.fixture
def anyio_backend() -> str:
    """In real time."""
    return "asyncio"


@pytest.fixture
async def link(own_redis: RestartedServer) -> AsyncIterator[RedisLink]:
    """Open, and after trouble at rest for longer than a test."""
    made = RedisLink(own_redis.url, rest_s=TOO_LONG_S)
    assert await made.open()
    yield made
    await made.close()


async def commands_of(server: RestartedServer) -> int:
    async with Redis.from_url(server.url) as client:
        return int((await client.info("stats"))["total_commands_processed"])


@pytest.mark.anyio
async def test_a_redis_that_is_silent_is_given_up_and_then_left_alone(
    own_redis: RestartedServer, link: RedisLink
) -> None:
    async with Redis.from_url(own_redis.url) as client:
        server = int((await client.info("server"))["process_id"])
        os.kill(server, signal.SIGSTOP)
        try:
            with pytest.raises(SharedTrouble):
                await link.run(ECHO, [], ["x"])
        finally:
            os.kill(server, signal.SIGCONT)
    before = await commands_of(own_redis)
    for _ in range(100):
        with pytest.raises(SharedTrouble):
            await link.run(ECHO, [], ["x"])
    assert link.rest_s > TOO_LONG_S - 60
    assert await commands_of(own_redis) - before < 50  # those of the looking itself


@pytest.mark.anyio
async def test_those_who_wait_in_turn_do_not_wait_for_a_redis_that_is_gone(
    own_redis: RestartedServer, link: RedisLink
) -> None:
    own_redis.stop()
    ends = await asyncio.gather(*(link.run(ECHO, [], [n]) for n in range(1000)), return_exceptions=True)
    assert {type(end) for end in ends} == {SharedTrouble}


@pytest.mark.anyio
@pytest.mark.parametrize("url", ["redis://:wrong@127.0.0.1:{port}/0", "redis://127.0.0.1:{port}/0"])
async def test_a_redis_that_lets_nobody_in_is_trouble_whose_log_tells_no_secret(redis: RedisServer, url: str) -> None:
    link = RedisLink(url.format(port=redis.port))
    with capture_logs() as logged:
        assert not await link.open()
    assert [line["event"] for line in logged] == ["redis_out_of_reach"]
    assert "wrong" not in repr(logged)
    await link.close()


@pytest.mark.anyio
async def test_an_address_cannot_ask_for_retries_or_longer_waits(refused_port: int) -> None:
    """The client's own options in the URL would hold a call up for minutes."""
    link = RedisLink(f"redis://127.0.0.1:{refused_port}/0?socket_timeout=300&retry_on_timeout=yes&protocol=3")
    assert not await link.open()
    assert link.rest_s > 0
    await link.close()


@pytest.mark.parametrize("url", ["redis://h:1/0?ssl_nonsense=1", "http://h:1", "rediss://h:1/0?ssl_cert=x"])
def test_an_address_that_means_nothing_is_refused_before_any_connection(url: str) -> None:
    with pytest.raises((TypeError, ValueError)):
        RedisLink(url)


@pytest.mark.anyio
async def test_records_are_degraded_until_redis_is_there_again(own_redis: RestartedServer, place: Place) -> None:
    records = RedisRecords(RedisLink(own_redis.url, request_s=PATIENT_S, rest_s=0.1))
    assert records.degraded
    own_redis.stop()
    await records.start()
    assert records.degraded
    with pytest.raises(SharedTrouble):
        await records.trip(place, 30.0)
    own_redis.start()
    while records.degraded:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.02)
    assert (await records.trip(place, 30.0)).done
    await records.close()
