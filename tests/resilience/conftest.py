"""Virtual time, unless a module says otherwise: every second is counted, none is waited for. Real and fake records."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from core.models import BreakerConfig
from core.resilience.breaker import Breaker
from core.resilience.gate import SharedGate
from core.resilience.redis_link import RedisLink
from core.resilience.redis_records import RedisRecords
from core.resilience.shared import ABSENT, Place
from tests.fakes import FakeRecords, VirtualTimeLoop
from tests.servers.redis import RedisServer

LEASE_S = 11.0
PATIENT_S = 10.0
"""For tests of what is answered rather than when: the machine may be busy."""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


@pytest.fixture
async def records(redis: RedisServer) -> AsyncIterator[RedisRecords]:
    made = RedisRecords(RedisLink(redis.url, request_s=PATIENT_S))
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def client(redis: RedisServer) -> AsyncIterator["Redis"]:
    async with Redis.from_url(redis.url, decode_responses=True) as made:
        yield made


@pytest.fixture
def place() -> Place:
    """Of a source that nobody else knows."""
    return Place(uuid4().hex, 0, 300.0)


@pytest.fixture
async def fake() -> FakeRecords:
    """The record of the source of `gate`, in memory."""
    return FakeRecords()


@pytest.fixture
async def gate(fake: FakeRecords) -> AsyncIterator[SharedGate]:
    """Of a source that this process has met already, with nothing asked yet."""
    breaker = Breaker(BreakerConfig(), lease_s=LEASE_S, clock=asyncio.get_running_loop().time)
    made = SharedGate(breaker, fake, "s")
    fake.show(ABSENT)
    yield made
    await made.close()
