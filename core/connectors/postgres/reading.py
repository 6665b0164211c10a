"""Rows of a statement, a few at a time, and never more than may stand in memory."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.connectors.postgres.received import Meter, TooMuch, metered
from core.connectors.postgres.session import limit
from core.connectors.postgres.values import as_arguments, columns_of
from core.errors import LimitExceeded
from core.models import Column, Sample
from core.resilience.deadline import now, server_limit_s
from core.row_builder import RowBuilder
from core.safety.sql_tokens import Malformed, first

if TYPE_CHECKING:
    from psycopg import AsyncConnection

BATCH = 100
SMALL_BYTES = 16 * 1024
ROW_BYTES = 12 * 1024 * 1024
"""What the server may send at once: a row that is larger is not taken in."""

STEP_SHARE = 0.25
"""Of the time that is left no batch is meant to take more: what a batch does not bring in time is lost whole."""
TOLD_AGAIN_S = 0.25
"""The server counts for each batch anew. It is told again what is left once that is so much less than it believes."""
TICK_S = 1e-6
LEAST_S = 0.05
"""Less than this is no time to ask for another batch."""

Rows = Callable[[tuple[Column, ...]], RowBuilder]


def declarable(sql: str) -> bool:
    """Whether a cursor can be declared for a statement: EXPLAIN and SHOW answer rows too, but for them it cannot."""
    try:
        opening = first(sql)
    except Malformed:  # a snippet is made of whatever somebody wrote
        return False
    return opening is not None and opening.is_word("select", "with", "values", "table")


async def sample(connection: "AsyncConnection[Any]", sql: str, args: list[Any] | None, rows_of: Rows) -> Sample:
    """The first rows of a judged statement. Raises LimitExceeded, and what the driver raises.

    What came before a row that is too large is good, but its session is gone, and with it what was still to come. What
    came before the time was over is good too.
    """
    from psycopg import AsyncRawCursor, AsyncRawServerCursor
    from psycopg.errors import QueryCanceled

    declared = declarable(sql)
    cursor: Any = AsyncRawServerCursor(connection, "sample") if declared else AsyncRawCursor(connection)
    found: RowBuilder | None = None
    time = _Time(connection)
    try:
        async with cursor:
            with metered(connection, ROW_BYTES) as meter:
                # `binary` keeps the plain cursor off the simple protocol, which takes several statements.
                run = cursor.execute(sql, as_arguments(args), **({} if declared else {"binary": True}))
                await meter.within(run)
                columns = columns_of(connection, cursor.description)
                found = rows_of(columns)
                in_time = not columns or await _fill(found, meter, cursor, time)
                return found.sample(sql, stopped_by=None if in_time else "time")
    except TooMuch:
        cut = found and found.sample(sql, stopped_by="bytes")
    except QueryCanceled:
        cut = found and found.sample(sql, stopped_by="time")
        if not cut or not cut.rows or time.left > LEAST_S:
            raise
    if not cut or not cut.rows:
        raise LimitExceeded("row", bytes=ROW_BYTES)
    return cut


class _Time:
    """What the server has for a sample, all batches together: by itself it counts for each anew."""

    def __init__(self, connection: "AsyncConnection[Any]") -> None:
        self._connection, self._told = connection, server_limit_s()
        self._end = now() + self._told

    @property
    def left(self) -> float:
        """Seconds."""
        return self._end - now()

    async def tell(self) -> None:
        """So that the server ends a batch in time."""
        if self._told - self.left > TOLD_AGAIN_S:
            self._told = self.left
            await limit(self._connection, self._told)


async def _fill(rows: RowBuilder, meter: Meter, cursor: Any, time: _Time) -> bool:
    """Whether all were read that may be shown; False when the time was over.

    Batches grow only while rows are small, a hundred rows of 10 MB would stand in memory at once, and come quickly.
    """
    wanted, before = 1, time.left
    while batch := await meter.within(cursor.fetchmany(wanted)):
        if not all(map(rows.add, batch)):
            return True
        left = time.left
        if left < LEAST_S:
            return False
        quick = left * STEP_SHARE * len(batch) / max(before - left, TICK_S)
        wanted, before = max(1, min(BATCH, int(quick))) if rows.bytes_read < SMALL_BYTES else 1, left
        await time.tell()
    return True
