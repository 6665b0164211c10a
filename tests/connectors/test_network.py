"""The port of a name with several addresses."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from core.connectors.network import Host
from core.errors import SourceTimeout
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import error_of

pytestmark = pytest.mark.anyio

SILENT, OPEN = "127.0.0.2", "127.0.0.1"


@pytest.fixture
def port() -> Iterator[int]:
    """One that is open at `OPEN`; at `SILENT` so many wait to be accepted that nobody more is answered."""
    with ExitStack() as stack:
        listening, full = (stack.enter_context(socket.socket()) for _ in range(2))
        listening.bind((OPEN, 0))
        listening.listen()
        port = listening.getsockname()[1]
        full.bind((SILENT, port))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((SILENT, port))
        yield port


async def test_a_silent_address_leaves_time_to_the_next_one(port: int) -> None:
    host = Host("db.example.ir", port, EgressPolicy(), 2, allowed=(SILENT, OPEN))
    await host.dial()
    assert host.open == OPEN


async def test_addresses_that_are_all_silent_are_late(port: int) -> None:
    host = Host("db.example.ir", port, EgressPolicy(), 0.2, allowed=(SILENT, SILENT))
    assert isinstance(await error_of(host.dial()), SourceTimeout)
