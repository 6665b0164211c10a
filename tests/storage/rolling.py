"""A process that rolls history up, to be killed in the middle."""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from core.storage.database import Database
from core.storage.rollup import Rollup


def roll(url: str, now: int, told: Connection) -> None:
    """Says when it begins and when it is done."""
    asyncio.run(_roll(url, now, told))


async def _roll(url: str, now: int, told: Connection) -> None:
    database = Database(url)
    told.send("begins")
    await Rollup(database).run(now)
    told.send("done")
    await database.close()


@contextmanager
def rolling(url: str, now: int) -> Iterator[tuple[BaseProcess, Connection]]:
    """The process, which has begun, and what it says. It has ended when the block has."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.storage.rolling"])
    told, tells = context.Pipe(duplex=False)
    process = context.Process(target=roll, args=(url, now, tells))
    process.start()
    tells.close()
    try:
        told.recv()
        yield process, told
    finally:
        process.kill()
        process.join()
        process.close()
        told.close()
