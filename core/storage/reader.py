"""Reading a file in threads: one journey there and back a query.

The asynchronous driver makes a journey of every step: to connect, to begin, to execute, to fetch, to roll back. Of a
small query that is most of the time.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

READERS = 4
"""Threads of one process, and connections that stay open. SQLite lets the interpreter go while it looks."""

Rows = sa.Result[*tuple[Any, ...]]


class Reading(Protocol):
    """A connection for reading: what of SQLAlchemy's is used."""

    async def execute(self, statement: sa.Executable, /) -> Rows: ...

    async def run_sync(self, fn: Callable[[sa.Connection], Any], /) -> Any: ...


class ThreadReader:
    """One transaction that reads. It begins with the first query and ends with `close`."""

    def __init__(self, engine: sa.Engine, threads: ThreadPoolExecutor) -> None:
        self._engine, self._threads = engine, threads
        self._connection: sa.Connection | None = None
        # Whoever was cancelled leaves a query behind that still runs: closing waits for it.
        self._turn = threading.Lock()

    async def execute(self, statement: sa.Executable, /) -> Rows:
        """Every row is there when it returns."""
        rows: Rows = await self.run_sync(partial(_rows, statement))
        return rows

    async def run_sync(self, fn: Callable[[sa.Connection], Any], /) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, fn)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, self._close)

    def _run(self, fn: Callable[[sa.Connection], Any]) -> Any:
        with self._turn:
            if self._connection is None:
                self._connection = self._engine.connect()
            return fn(self._connection)

    def _close(self) -> None:
        with self._turn:
            if self._connection is not None:
                self._connection.close()


def _rows(statement: sa.Executable, connection: sa.Connection) -> Rows:
    result = connection.execute(statement)
    cursor = result.cursor
    assert cursor is not None  # noqa: S101 - what is executed for reading gives rows
    # As SQLAlchemy's own adapters of asynchronous drivers do: the rest needs no journey.
    result.cursor_strategy = FullyBufferedCursorFetchStrategy(cursor, initial_buffer=cursor.fetchall())
    return result
