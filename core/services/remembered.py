"""Answers that cost much and change slowly, kept for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")

FACTOR = 100
"""An answer is good for so many times as long as it took: at most a hundredth of the time goes into finding it."""
KEPT_MAX_S = 300.0


class Remembered(Generic[T]):
    """The last answer of each key."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, T]] = {}
        self._searches: dict[str, asyncio.Task[T]] = {}

    async def get(self, key: str, find: Callable[[], Awaitable[T]]) -> T:
        """What is kept, while it is good, else what `find` gives or raises, which is asked once for all who wait."""
        good_until, kept = self._kept.get(key, (0.0, None))
        if kept is not None and self._monotonic() < good_until:
            return kept
        search = self._searches.get(key)
        if search is None:
            search = self._searches[key] = asyncio.create_task(self._find(key, find))
            search.add_done_callback(partial(self._ended, key))
        return await asyncio.shield(search)  # whoever leaves takes it from nobody

    async def _find(self, key: str, find: Callable[[], Awaitable[T]]) -> T:
        started = self._monotonic()
        found = await find()
        now = self._monotonic()
        self._kept[key] = now + min((now - started) * FACTOR, KEPT_MAX_S), found
        return found

    def _ended(self, key: str, search: asyncio.Task[T]) -> None:
        del self._searches[key]
        if not search.cancelled():
            search.exception()  # of which nobody may want to hear any more
