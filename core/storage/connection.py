"""A connection as the repositories use it, and one to a file that works in threads: one journey a statement.

An asynchronous driver makes a journey of every step: to connect, to begin, to execute, to fetch, to commit. Of a small
query that is most of the time. And SQLAlchemy's asyncio extension takes its object mapper with it, which nothing here
needs: a tenth of a start.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.interfaces import DBAPICursor

Rows = sa.CursorResult[*tuple[Any, ...]]


class Connection(Protocol):
    """What of SQLAlchemy's `AsyncConnection` is used."""

    @property
    def dialect(self) -> sa.Dialect: ...

    async def execute(self, statement: sa.Executable, parameters: Any = None, /) -> Rows:
        """Every row is there when it returns."""

    async def exec_driver_sql(self, statement: str, /) -> Rows: ...

    async def run_sync(self, fn: Callable[[sa.Connection], Any], /) -> Any: ...

    def begin_nested(self) -> AbstractAsyncContextManager[Any]:
        """A part that can be taken back alone."""


class ThreadConnection:
    """One transaction. It begins with the first statement and ends with `commit` or `close`, which takes it back."""

    def __init__(self, engine: sa.Engine, threads: ThreadPoolExecutor) -> None:
        self._engine, self._threads = engine, threads
        self._connection: sa.Connection | None = None
        self._begun = False
        # Whoever was cancelled leaves a statement behind that still runs: closing waits for it.
        self._turn = threading.Lock()

    @property
    def dialect(self) -> sa.Dialect:
        return self._engine.dialect

    async def execute(self, statement: sa.Executable, parameters: Any = None, /) -> Rows:
        rows: Rows = await self.run_sync(partial(_executed, statement, parameters))
        return rows

    async def exec_driver_sql(self, statement: str, /) -> Rows:
        rows: Rows = await self.run_sync(lambda connection: fetched(connection.exec_driver_sql(statement)))
        return rows

    async def run_sync(self, fn: Callable[[sa.Connection], Any], /) -> Any:
        self._begun = True
        return await self._elsewhere(self._run, fn)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        savepoint = await self.run_sync(lambda connection: connection.begin_nested())
        try:
            yield
        except BaseException:
            await self.run_sync(lambda _: savepoint.rollback())
            raise
        await self.run_sync(lambda _: savepoint.commit())

    async def commit(self) -> None:
        if self._begun:
            await self._elsewhere(self._end, True)
            self._begun = False

    async def close(self) -> None:
        if self._begun:
            # Whoever leaves now must not take it out of the queue: the transaction would stay open, and nobody could
            # write.
            await asyncio.shield(self._elsewhere(self._end, False))

    def leave(self) -> None:
        """Ends what only read, after its last statement: nothing can fail that anybody would wait for."""
        if self._begun:
            self._threads.submit(self._end, False)

    async def _elsewhere(self, work: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def _run(self, fn: Callable[[sa.Connection], Any]) -> Any:
        with self._turn:
            if self._connection is None:
                self._connection = self._engine.connect()
            return fn(self._connection)

    def _end(self, keep: bool) -> None:
        with self._turn:
            connection, self._connection = self._connection, None
            if connection is not None:
                with connection:
                    if keep:
                        connection.commit()


def _executed(statement: sa.Executable, parameters: Any, connection: sa.Connection) -> Rows:
    return fetched(connection.execute(statement, parameters))


class _Closed:
    """In the place of a cursor whose rows are all there: SQLAlchemy would close it once more, whenever that is."""

    def close(self) -> None:
        pass


def fetched(result: Rows) -> Rows:
    """The result with every row in it: what is left needs no open database."""
    cursor = result.cursor
    if cursor is not None and result.returns_rows:
        # As SQLAlchemy's own adapters of asynchronous drivers do: the rest needs no journey, and no open database.
        # Of several rows inserted at once it has what they return already, and the cursor has nothing.
        if not isinstance(result.cursor_strategy, FullyBufferedCursorFetchStrategy):
            result.cursor_strategy = FullyBufferedCursorFetchStrategy(cursor, initial_buffer=cursor.fetchall())
        cursor.close()
        result.cursor = cast(DBAPICursor, _Closed())
    return result
