"""How much a session has been sent: libpq takes a row in whole, however large, and nothing on its own side stops it.

A thread looks, for libpq reads as long as the kernel has more, without a word to the event loop, and a server on a
fast line always has more.
"""

import os
import socket
import struct
import sys
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from psycopg import AsyncConnection

T = TypeVar("T")

LOOKS_S = 0.002
_BYTES_RECEIVED = 128
"""Where the count stands in Linux' `struct tcp_info` (since 4.1)."""

WINDOW_BYTES = 256 * 1024
"""What the kernel may hold of a session that nobody read yet. Fast enough for 12 MB/s at 20 ms."""


class TooMuch(Exception):
    """The server was sending more than was allowed; the session is closed."""


class Meter:
    """What a session is sent for one piece of work after the other."""

    def __init__(self, connection: "AsyncConnection[Any]", same: socket.socket, most: int) -> None:
        self._connection = connection
        self._socket = same
        self._most = most
        self._before = received(same)

    async def within(self, work: Awaitable[T]) -> T:
        """What `work` gives. Raises TooMuch once the server has sent more than the most for it."""
        import psycopg

        self._before = received(self._socket)
        try:
            given = await work
        except psycopg.OperationalError:
            # The thread hung up.
            self._refuse_too_much()
            raise
        self._refuse_too_much()
        return given

    def is_over(self) -> bool:
        """Whether more than the most has come."""
        return received(self._socket) - self._before > self._most

    def _refuse_too_much(self) -> None:
        if self.is_over():
            # Not `close()`: it would wait for what is under way.
            self._connection.pgconn.finish()
            raise TooMuch


@contextmanager
def metered(connection: "AsyncConnection[Any]", most: int) -> Iterator[Meter]:
    """Hangs up as soon as the server has sent more than `most` bytes for one piece of work.

    Elsewhere than on Linux nobody counts.
    """
    with socket_of(connection) as same:
        meter = Meter(connection, same, most)
        ended = threading.Event()
        looking = threading.Thread(target=_look, args=(meter, same, ended), name="received")
        looking.start()
        try:
            yield meter
        finally:
            ended.set()
            looking.join()


def _look(meter: Meter, same: socket.socket, ended: threading.Event) -> None:
    while not ended.wait(LOOKS_S):
        if meter.is_over():
            with suppress(OSError):  # the server was quicker
                same.shutdown(socket.SHUT_RDWR)
            return


def hold_little(connection: "AsyncConnection[Any]") -> None:
    """Keeps what arrives between two looks small."""
    with socket_of(connection) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)


def received(same: socket.socket) -> int:
    """Bytes since the session was dialled, TLS included; 0 where they are not counted."""
    if not sys.platform.startswith("linux"):
        return 0
    found = same.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_RECEIVED + 8)
    return int(struct.unpack_from("=Q", found, _BYTES_RECEIVED)[0]) if len(found) > _BYTES_RECEIVED else 0


def socket_of(connection: "AsyncConnection[Any]") -> socket.socket:
    # A descriptor of our own: when libpq closes its one, that number is soon another's.
    return socket.socket(fileno=os.dup(connection.fileno()))
