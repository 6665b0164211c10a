"""Answers that cost much and change slowly, kept for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")

FACTOR = 100
"""An answer is good for so many times as long as it took: at most a hundredth of the time goes into finding it."""
KEPT_MAX_S = 300.0


class Remembered(Generic[T]):
    """The last answer of each key."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, T]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def get(self, key: str, find: Callable[[], Awaitable[T]]) -> T:
        """What is kept, while it is good, else what `find` gives, which is asked once for all who wait."""
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            started = self._monotonic()
            good_until, kept = self._kept.get(key, (started, None))
            if kept is not None and started < good_until:
                return kept
            found = await find()
            now = self._monotonic()
            self._kept[key] = now + min((now - started) * FACTOR, KEPT_MAX_S), found
            return found
