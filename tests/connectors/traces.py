"""What is left of a connector that was closed: nothing."""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

import psutil

CLOSING_TURNS = 100
OF_OTHERS = ("asyncio_", "cheshmeh-names", "cheshmeh-reader", "cheshmeh-writer")
"""How threads are called that no connector has: the loop's own, those that look names up for all, and those of the
application's database, which a product that serves the tests of this process starts when it first has use for them."""


class Closable(Protocol):
    async def close(self) -> None: ...


C = TypeVar("C", bound=Closable)


@asynccontextmanager
async def no_traces_of(source: C) -> AsyncIterator[C]:
    """Closes the source; fails when a socket, a task or a thread is left of what was done with it."""
    before = _traces()
    try:
        yield source
    finally:
        await source.close()
    # What a cancelled timer holds goes with the loop's next turn, and a peer in this very process needs a few.
    for _ in range(CLOSING_TURNS):
        await asyncio.sleep(0.01)
        if not _traces() - before:
            return
    # Only what is new counts: a socket that an earlier test forgot may go away in the middle of this one.
    assert _traces() - before == set()


def _traces() -> set[Any]:
    """Internet sockets of this process, but for listening ones and forgotten ones; its tasks; its threads but for
    those `OF_OTHERS`."""
    gc.collect()
    threads = {thread for thread in threading.enumerate() if not thread.name.startswith(OF_OTHERS)}
    found = psutil.Process().net_connections("inet")
    sockets = {(each.laddr, each.raddr) for each in found if each.status != psutil.CONN_LISTEN}
    return sockets | asyncio.all_tasks() | threads
