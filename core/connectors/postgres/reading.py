"""Rows of a statement, a few at a time, and never more than may stand in memory."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.connectors.postgres.received import Meter, TooMuch, metered
from core.connectors.postgres.values import as_arguments, columns_of
from core.errors import LimitExceeded
from core.models import Column, Sample
from core.row_builder import RowBuilder
from core.safety.sql_tokens import Malformed, first

if TYPE_CHECKING:
    from psycopg import AsyncConnection

BATCH = 100
SMALL_BYTES = 16 * 1024
ROW_BYTES = 12 * 1024 * 1024
"""What the server may send at once: a row that is larger is not taken in."""

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

    What came before a row that is too large is good, but its session is gone, and with it what was still to come.
    """
    from psycopg import AsyncRawCursor, AsyncRawServerCursor

    declared = declarable(sql)
    cursor: Any = AsyncRawServerCursor(connection, "sample") if declared else AsyncRawCursor(connection)
    found: RowBuilder | None = None
    try:
        async with cursor:
            with metered(connection, ROW_BYTES) as meter:
                # `binary` keeps the plain cursor off the simple protocol, which takes several statements.
                run = cursor.execute(sql, as_arguments(args), **({} if declared else {"binary": True}))
                await meter.within(run)
                columns = columns_of(connection, cursor.description)
                found = rows_of(columns)
                if columns:
                    await _fill(found, meter, cursor)
                return found.sample(sql)
    except TooMuch:
        cut = found and found.sample(sql, stopped_by="bytes")
    if not cut or not cut.rows:
        raise LimitExceeded("row", bytes=ROW_BYTES)
    return cut


async def _fill(rows: RowBuilder, meter: Meter, cursor: Any) -> None:
    """Batches grow only while rows are small: a hundred rows of 10 MB would stand in memory at once."""
    wanted = 1
    while batch := await meter.within(cursor.fetchmany(wanted)):
        if not all(map(rows.add, batch)):
            return
        wanted = BATCH if rows.bytes_read < SMALL_BYTES else 1
