"""One connection to Redis: bounded requests, never repeated, and none at all for a while after trouble."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import structlog
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from core.resilience.shared import SharedTrouble

log = structlog.get_logger(__name__)

REQUEST_S = 0.5
"""What takes longer is trouble. No call waits for so long; the scripts do nothing for a request that was given up."""

CONNECT_S = 1.0
"""Connecting takes several round trips, and no call waits for it."""

REST_S = 5.0
"""How long Redis is left alone after trouble."""

IDENTITY = frozenset({"connection_class", "host", "port", "db", "username", "password"})


class RedisLink:
    """Requests in turn over one connection, which only `open` makes. Lives on one event loop."""

    def __init__(self, url: str, *, request_s: float = REQUEST_S, rest_s: float = REST_S) -> None:
        """Does no I/O. Raises ValueError or TypeError for a URL that names nothing to connect to."""
        self._client = Redis(connection_pool=_pool(url))
        self._request_s, self._rest_s = request_s, rest_s
        self._turn = asyncio.Lock()
        self._rest_until = 0.0
        self.up = False

    @property
    def rest_s(self) -> float:
        """Seconds for which Redis is still left alone."""
        return max(0.0, self._rest_until - time.monotonic())

    async def open(self) -> bool:
        """Connects; false when Redis does not answer, which is then left alone."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._client.ping()
        except (RedisError, OSError) as err:
            self._rest(err)
            return False
        if not self.up:
            log.info("redis_reached")
        self.up = True
        return True

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[str | int]) -> list[Any]:
        """What a script returns. Raises SharedTrouble at once while Redis is left alone, else within the bound."""
        async with self._turn:
            if not self.up:
                raise SharedTrouble
            try:
                async with asyncio.timeout(self._request_s):
                    answer: list[Any] = await self._client.register_script(script)(keys, arguments)
                    return answer
            except (RedisError, OSError) as err:
                self._rest(err)
                raise SharedTrouble from None

    async def info(self) -> dict[str, Any]:
        """What the server says of itself. Raises SharedTrouble when it does not answer, or may not be asked."""
        try:
            async with asyncio.timeout(CONNECT_S):
                told: dict[str, Any] = await self._client.info()
                return told
        except (RedisError, OSError):
            raise SharedTrouble from None

    async def messages(self, channel: str) -> AsyncIterator[str]:
        """What is published from now on. Ends with the connection."""
        async with self._client.pubsub(ignore_subscribe_messages=True) as subscription:
            try:
                await subscription.subscribe(channel)
                async for message in subscription.listen():
                    yield message["data"]
            except (RedisError, OSError):
                return

    async def close(self) -> None:
        self.up = False
        await self._client.aclose()
        await self._client.connection_pool.disconnect()

    def _rest(self, err: Exception) -> None:
        # Texts of the client may hold the address; the type says what there is to know.
        log.warning("redis_out_of_reach", error=type(err).__name__, rest_s=self._rest_s)
        self.up = False
        self._rest_until = time.monotonic() + self._rest_s


def _pool(url: str) -> ConnectionPool:
    """Connections as the URL says where, who and by which certificates, and as this module says how.

    The client's own defaults try ten times with pauses, for seconds.
    """
    options: dict[str, Any] = dict(parse_url(url))
    told = {name: value for name, value in options.items() if name in IDENTITY or name.startswith("ssl_")}
    pool = ConnectionPool(
        **told,
        socket_timeout=CONNECT_S,
        socket_connect_timeout=CONNECT_S,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        driver_info=None,
        decode_responses=True,
    )
    # Checks the names of the options, connects to nothing.
    pool.make_connection()  # type: ignore[no-untyped-call]
    return pool
