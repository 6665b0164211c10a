"""A source that hangs holds up itself alone."""

import asyncio
from typing import Any

import pytest

from core.connectors.kinds.rest import RestConnector
from core.guarded import GuardedConnector
from core.metrics.figures import SourceFigures
from core.models import BreakerConfig
from core.resilience.breaker import Breaker
from core.resilience.retry import RetryPolicy
from core.safety.egress import EgressPolicy
from tests.connectors.rest_source import Peer, answer, rest

pytestmark = pytest.mark.anyio


def guarded(url: str) -> GuardedConnector:
    return GuardedConnector(
        lambda: rest(url),
        RestConnector.limits,
        Breaker(BreakerConfig()),
        SourceFigures(),
        RetryPolicy(retries=0),
        egress=EgressPolicy(),
    )


async def test_while_a_sample_hangs_another_source_answers_samples_and_pings():
    asked = asyncio.Event()

    async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await reader.read()
        writer.close()

    peer = Peer([answer()])
    slow = await asyncio.start_server(hangs, "127.0.0.1", 0)
    quick = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.port = quick.sockets[0].getsockname()[1]
    stuck, free = guarded(f"http://127.0.0.1:{slow.sockets[0].getsockname()[1]}"), guarded(peer.url)
    params: dict[str, Any] = {"path": "/"}
    try:
        waiting = [asyncio.create_task(stuck.sample(params)) for _ in range(3)]
        await asked.wait()
        for _ in range(5):
            sample, ping = await free.sample(params), await free.ping()
            assert (sample.error, ping.error) == (None, None)
        assert not any(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    finally:
        await stuck.close()
        await free.close()
        slow.close()
        quick.close()
