"""Eight real processes on one real Redis, in front of one real listener."""

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis as client_library

from core.resilience.bulkhead import SOURCE_CALLS
from core.resilience.gate import PATIENCE_S
from core.resilience.redis_records import KEYS
from tests.resilience.replicas import COUNT, Replicas, Source, wait_until
from tests.servers.redis import RedisServer, RestartedServer

THRESHOLD = 5


@pytest.fixture(scope="module")
def processes() -> Iterator[Replicas]:
    made = Replicas()
    yield made
    made.end()


@pytest.fixture
def source() -> Iterator[Source]:
    with Source().listening() as made:
        yield made


@pytest.fixture
def client(redis: RedisServer) -> Iterator["client_library.Redis"]:
    with client_library.Redis.from_url(redis.url, decode_responses=True) as made:
        yield made


def trip(processes: Replicas, source: Source, number: int = 0) -> None:
    """Five failures in one process."""
    source.will(answer=False)
    assert [processes.all[number].ask("call", times=1) for _ in range(THRESHOLD)] == [{"failed": 1}] * THRESHOLD


def record(processes: Replicas, client: "client_library.Redis") -> dict[str, Any]:
    found: dict[str, Any] = client.hgetall(KEYS + processes.source)  # type: ignore[assignment]  # it is not asynchronous
    return found


def now_ms(client: "client_library.Redis") -> int:
    seconds, micros = client.time()  # type: ignore[misc]  # it is not asynchronous
    return seconds * 1000 + micros // 1000


def wait_for_the_window(processes: Replicas, client: "client_library.Redis") -> None:
    """Until every process, and Redis, would let a probe through."""
    wait_until(lambda: now_ms(client) > int(record(processes, client)["until"]))
    wait_until(lambda: all(answer["retry_after"] == 0 for answer in processes.every("look")))


def test_a_trip_in_one_process_is_refused_by_all(redis: RedisServer, processes: Replicas, source: Source) -> None:
    processes.meet(redis.url, source.port)
    assert processes.sum("call", times=1) == {"ok": COUNT}
    trip(processes, source, 3)
    processes.until("open")
    reached = source.reached
    assert processes.sum("call", times=100) == {"refused": 100 * COUNT}
    assert source.reached == reached


def test_four_thousand_calls_at_half_open_reach_the_source_once(
    redis: RedisServer, processes: Replicas, source: Source, client: "client_library.Redis"
) -> None:
    processes.meet(redis.url, source.port, open_s=2.0)
    trip(processes, source)
    processes.until("open")
    source.will(answer=None)
    reached = source.reached
    wait_for_the_window(processes, client)
    assert processes.sum("storm", times=500) == {"refused": 500 * COUNT - 1, "inside": 1}
    assert processes.sum("storm", times=500) == {"refused": 500 * COUNT, "inside": 1}
    assert source.reached == reached + 1
    source.will(answer=True)
    processes.until("closed")
    # As many as a source takes at once: on a busy machine more would be told that it is.
    assert processes.sum("call", times=SOURCE_CALLS) == {"ok": SOURCE_CALLS * COUNT}


def test_a_holder_that_is_killed_is_replaced_when_its_lease_ends(
    redis: RedisServer, processes: Replicas, source: Source, client: "client_library.Redis"
) -> None:
    processes.meet(redis.url, source.port, open_s=2.0, attempt_s=4.0)
    trip(processes, source)
    processes.until("open")
    source.will(answer=None)
    wait_for_the_window(processes, client)
    reached = source.reached
    held = [answer["inside"] for answer in processes.every("storm", times=1)]
    assert sum(held) == 1
    lease = record(processes, client)
    holder = held.index(1)
    processes.all[holder].kill()
    heirs = [replica for number, replica in enumerate(processes.all) if number != holder]
    while source.reached == reached + 1:
        for replica in heirs:
            replica.ask("storm", times=1)
    after = record(processes, client)
    assert after["probe"] != lease["probe"]
    assert now_ms(client) >= int(lease["probe_until"])
    assert source.reached == reached + 2
    source.will(answer=True)
    processes.restart(holder)
    processes.until("closed")


def test_a_key_that_expired_and_a_new_trip(
    redis: RedisServer, processes: Replicas, source: Source, client: "client_library.Redis"
) -> None:
    processes.meet(redis.url, source.port, open_s=2.0)
    trip(processes, source)
    processes.until("open")
    source.will(answer=True)
    wait_for_the_window(processes, client)
    wait_until(lambda: processes.sum("call", times=1)["refused"] == 0)
    client.pexpire(KEYS + processes.source, 1)
    wait_until(lambda: record(processes, client) == {})
    trip(processes, source, 5)
    processes.until("open")


def test_a_process_that_starts_while_it_is_open_refuses_its_first_call(
    redis: RedisServer, processes: Replicas, source: Source
) -> None:
    processes.meet(redis.url, source.port)
    trip(processes, source)
    processes.until("open")
    reached = source.reached
    assert processes.restart(0).ask("call", times=50) == {"refused": 50}
    assert source.reached == reached


def test_a_redis_that_stops_and_starts_costs_no_call(
    own_redis: RestartedServer, processes: Replicas, source: Source
) -> None:
    """With the bounds of the product: whatever Redis does, calls go on."""
    processes.meet(own_redis.url, source.port, patience_s=PATIENCE_S)
    processes.every("stream")
    own_redis.stop()
    wait_until(lambda: all(answer["degraded"] for answer in processes.every("look")))
    own_redis.start()
    wait_until(lambda: not any(answer["degraded"] for answer in processes.every("look")))
    ended = processes.sum("halt")
    assert set(ended) == {"ok"}
    assert ended["ok"] == source.reached


def test_what_was_open_stays_open_while_redis_is_away_and_is_known_to_it_afterwards(
    own_redis: RestartedServer, processes: Replicas, source: Source
) -> None:
    processes.meet(own_redis.url, source.port)
    trip(processes, source)
    processes.until("open")
    own_redis.stop()
    wait_until(lambda: all(answer["degraded"] for answer in processes.every("look")))
    assert processes.sum("call", times=10) == {"refused": 10 * COUNT}
    own_redis.start()
    with client_library.Redis.from_url(own_redis.url, decode_responses=True) as client:
        wait_until(lambda: record(processes, client).get("state") == "open")
    assert processes.restart(2).ask("call", times=1) == {"refused": 1}


def test_a_trip_that_a_paused_redis_reads_when_all_is_well_again_does_nothing(
    own_redis: RestartedServer, processes: Replicas, source: Source
) -> None:
    processes.meet(own_redis.url, source.port, open_s=1.0, patience_s=PATIENCE_S)
    with client_library.Redis.from_url(own_redis.url, decode_responses=True) as client:
        server = int(client.info("server")["process_id"])  # type: ignore[index]  # it is not asynchronous
        os.kill(server, signal.SIGSTOP)
        try:
            trip(processes, source)
            source.will(answer=True)
            wait_until(lambda: processes.all[0].ask("call", times=1).get("ok") == 1)
            processes.every("stream")
            time.sleep(1)  # longer ago than the scripts forgive
        finally:
            os.kill(server, signal.SIGCONT)
        wait_until(lambda: not any(answer["degraded"] for answer in processes.every("look")))
        assert record(processes, client).get("state", "closed") == "closed"
    assert set(processes.sum("halt")) == {"ok"}
