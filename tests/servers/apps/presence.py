"""How many slow answers a server is at."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


class Presence:
    """`count` of the waits under way."""

    def __init__(self) -> None:
        self.count = 0

    async def wait(self, seconds: float, left: Coroutine[Any, Any, object]) -> None:
        """Waits, and no longer than until the client has `left`."""
        leaving = asyncio.ensure_future(left)
        self.count += 1
        try:
            await asyncio.wait([leaving], timeout=seconds)
        finally:
            self.count -= 1
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving
