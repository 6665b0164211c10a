"""Answers that cost much and change slowly, kept for a while."""

import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")

FACTOR = 100
"""An answer is good for so many times as long as it took: at most a hundredth of the time goes into finding it."""


class Remembered(Generic[T]):
    """The last answer of each key."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, T]] = {}

    async def get(self, key: str, find: Callable[[], Awaitable[T]]) -> T:
        """What is kept, while it is good, else what `find` gives."""
        started = self._monotonic()
        good_until, kept = self._kept.get(key, (started, None))
        if kept is not None and started < good_until:
            return kept
        found = await find()
        now = self._monotonic()
        self._kept[key] = now + (now - started) * FACTOR, found
        return found
