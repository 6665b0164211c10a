"""One source's connections: kept for a while, judged again before each request, closed with their source."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from aiohttp.client_proto import ResponseHandler

from core.connectors.http.address import Origin, origin_of
from core.connectors.http.dial import Dialler, judge
from core.safety.egress import EgressPolicy

if TYPE_CHECKING:
    from yarl import URL

CONNECTIONS = 8
KEPT_S = 15.0
CLOSE_LIMIT_S = 1.0


class Pool:
    """At most 8 connections at a time. Lives on one event loop."""

    def __init__(self, dialler: Dialler, egress: EgressPolicy, kept_s: float = KEPT_S) -> None:
        self._dialler, self._egress, self._kept_s = dialler, egress, kept_s
        self._idle: dict[Origin, deque[tuple[ResponseHandler, float]]] = {}
        self._busy: set[ResponseHandler] = set()
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._expiry: asyncio.TimerHandle | None = None
        self._closed = False

    async def take(self, url: "URL") -> ResponseHandler:
        """A connection for one request, new or kept. Raises DialRefused, and what `Dialler.dial` raises."""
        await self._places.acquire()
        try:
            connection = self._kept(url)
            if connection is None:
                connection = await self._dialler.dial(url)
        except BaseException:
            self._places.release()
            raise
        self._busy.add(connection)
        return connection

    def give_back(self, url: "URL", connection: ResponseHandler, *, done: bool) -> None:
        """`done`: the answer was read to its end."""
        self._busy.discard(connection)
        self._places.release()
        if not done or connection.should_close or not connection.is_connected() or self._closed:
            _end(connection)
            return
        loop = asyncio.get_running_loop()
        self._idle.setdefault(origin_of(url), deque()).append((connection, loop.time()))
        self._expiry = self._expiry or loop.call_later(self._kept_s, self._expire)

    async def close(self) -> None:
        """Ends every connection and waits until the sockets are closed. Idempotent."""
        self._closed = True
        if self._expiry is not None:
            self._expiry.cancel()
        idle = [connection for kept in self._idle.values() for connection, _ in kept]
        self._idle.clear()
        ends = [closed for each in (*idle, *self._busy) if (closed := each.closed) is not None]
        for each in (*idle, *self._busy):
            _end(each)
        if ends:
            done, _ = await asyncio.wait(ends, timeout=CLOSE_LIMIT_S)
            for end in done:
                end.exception()  # looked at: a peer that reset the connection is no news now

    def _kept(self, url: "URL") -> ResponseHandler | None:
        """The rules may have changed since it was dialled."""
        kept = self._idle.get(origin_of(url))
        while kept:
            connection, _ = kept.popleft()
            if connection.transport is None or not connection.is_connected():
                continue
            peer = connection.transport.get_extra_info("peername")
            try:
                judge(self._egress, peer, url.raw_host or "")
            except OSError:
                _end(connection)
                raise
            return connection
        return None

    def _expire(self) -> None:
        self._expiry, loop = None, asyncio.get_running_loop()
        for origin, kept in tuple(self._idle.items()):
            while kept and loop.time() - kept[0][1] >= self._kept_s:
                _end(kept.popleft()[0])
            if not kept:
                del self._idle[origin]
        if self._idle:
            first = min(kept[0][1] for kept in self._idle.values())
            self._expiry = loop.call_at(first + self._kept_s, self._expire)


def _end(connection: ResponseHandler) -> None:
    transport = connection.transport
    if transport is not None and transport.get_extra_info("ssl_object") is not None:
        connection.abort()  # a farewell in TLS could wait for a peer that is dead
    else:
        connection.close()
