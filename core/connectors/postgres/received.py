"""How much a session has been sent: libpq takes a row in whole, however large, and nothing on its own side stops it."""

import asyncio
import os
import socket
import struct
import sys
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from psycopg import AsyncConnection

T = TypeVar("T")

LOOKS_S = 0.002
_TCP_INFO_BYTES_RECEIVED = 128
"""Where the count stands in Linux' `struct tcp_info` (since 4.1)."""


WINDOW_BYTES = 256 * 1024
"""What the kernel may hold of a session that nobody read yet: on a busy machine the driver reads all of it between two
looks. Fast enough for 12 MB/s at 20 ms."""


class TooMuch(Exception):
    """The server was sending more than was allowed; the session is closed."""


async def within_bytes(connection: "AsyncConnection[Any]", most: int, work: Awaitable[T]) -> T:
    """What `work` gives. Raises TooMuch once the server has sent more than `most` bytes for it.

    Elsewhere than on Linux nobody counts.
    """
    before = received(connection)
    working = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({working}, timeout=LOOKS_S))[0]:
            if received(connection) - before > most:
                # Not `close()`: it would wait for what is under way.
                connection.pgconn.finish()
                raise TooMuch
        return await working
    finally:
        if not working.done():
            # To its end: until then the driver holds the session, and the cursor that is being closed.
            working.cancel()
            await asyncio.wait({working})


def hold_little(connection: "AsyncConnection[Any]") -> None:
    """Keeps what arrives between two looks small."""
    with socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)


def received(connection: "AsyncConnection[Any]") -> int:
    """Bytes since the session was dialled, TLS included; 0 where they are not counted."""
    if not sys.platform.startswith("linux"):
        return 0
    with socket.socket(fileno=os.dup(connection.fileno())) as same:
        found = same.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES_RECEIVED + 8)
    return (
        int(struct.unpack_from("=Q", found, _TCP_INFO_BYTES_RECEIVED)[0])
        if len(found) > _TCP_INFO_BYTES_RECEIVED
        else 0
    )
