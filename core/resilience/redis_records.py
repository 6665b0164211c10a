"""Shared records in Redis: changes arrive by pub/sub at once, and by a poll each second whatever was missed."""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice

from core.models import BreakerState
from core.resilience import redis_scripts as scripts
from core.resilience.redis_link import RedisLink
from core.resilience.shared import ABSENT, Answer, Place, SharedTrouble, View

KEYS = "cheshmeh:breaker:"
CHANNEL = "cheshmeh:breakers"
POLL_S = (0.8, 1.2)
"""A second, spread so that processes that were started together do not ask together."""

BATCH = 500
"""Keys read by one request: a few thousand would hold Redis up for longer than a request may take."""

CANCEL_AGAIN_S = 0.1

Seen = Callable[[View], None]


class RedisRecords:
    """`core.resilience.shared.SharedRecords` in one Redis. Constructing it and watching write nothing."""

    def __init__(self, link: RedisLink, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._link, self._uniform = link, uniform
        self._watched: dict[str, Seen] = {}
        self._unmet: list[str] = []
        self._wake, self._poll_at = asyncio.Event(), 0.0
        self._clock_ms: float | None = None
        """Redis' clock at the zero of ours; None before the first answer."""
        self._polling: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def degraded(self) -> bool:
        return not self._link.up or self._polling is None or self._polling.done()

    async def start(self) -> None:
        """Connects, or finds that Redis is out of reach, and keeps up with it from then on."""
        await self._link.open()
        self._polling = asyncio.create_task(self._keep_up())

    async def close(self) -> None:
        for task in (self._polling, self._listening):
            if task is not None:
                await _end(task)
        await self._link.close()

    def watch(self, source: str, seen: Seen) -> None:
        self._watched[source] = seen
        self._unmet.append(source)
        self._wake.set()

    def unwatch(self, source: str) -> None:
        self._watched.pop(source, None)

    async def view(self, source: str) -> View:
        return (await self._views([source])).get(source, ABSENT)

    async def lease(self, place: Place, probe: str, lease_s: float) -> Answer:
        return await self._change(scripts.LEASE, place, probe, _ms(lease_s))

    async def settle(self, place: Place, probe: str, becomes: BreakerState, open_s: float) -> Answer:
        return await self._change(scripts.SETTLE, place, probe, becomes.value, _ms(open_s))

    async def trip(self, place: Place, open_s: float) -> Answer:
        return await self._change(scripts.TRIP, place, _ms(open_s))

    async def reset(self, place: Place) -> Answer:
        return await self._change(scripts.RESET, place)

    async def _change(self, script: str, place: Place, *arguments: str | int) -> Answer:
        for _ in range(2):
            head = (place.source, CHANNEL, _ms(place.keep_s), place.known, self._sent())
            done, state, generation, wait_ms, now_ms = await self._link.run(
                script, [KEYS + place.source], [*head, *arguments]
            )
            self._note_clock(now_ms)
            if done >= 0:
                return Answer(bool(done), _view(state, generation, wait_ms))
        # Late twice by a clock that was just set: Redis is too slow to act on what it knows.
        raise SharedTrouble

    async def _views(self, sources: list[str]) -> dict[str, View]:
        now_ms, *found = await self._link.run(scripts.VIEW, [KEYS + source for source in sources], [])
        self._note_clock(now_ms)
        return {sources[place - 1]: _view(*rest) for place, *rest in found}

    async def _keep_up(self) -> None:
        while True:
            await self._pause()
            if not self._link.up:
                await asyncio.sleep(self._link.rest_s)
                if await self._link.open():
                    self._deafen()
            if self._link.up:
                self._listen()
                with suppress(SharedTrouble):
                    await self._poll()

    async def _pause(self) -> None:
        """Until the next poll, or until a source is new here."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll_at - time.monotonic()):
                await self._wake.wait()

    async def _poll(self) -> None:
        sources, self._unmet = self._unmet, []
        self._wake.clear()
        if time.monotonic() >= self._poll_at:
            self._poll_at = time.monotonic() + self._uniform(*POLL_S)
            sources = list(self._watched)
        # Without a source too: whether Redis answers is asked all the same.
        for batch in [*_batches(sources)] or [[]]:
            views = await self._views(batch)
            for source in batch:
                self._show(source, views.get(source, ABSENT))

    def _show(self, source: str, view: View) -> None:
        seen = self._watched.get(source)
        if seen is not None:
            seen(view)

    def _listen(self) -> None:
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._hear())

    def _deafen(self) -> None:
        """A connection whose other end vanished says nothing: it is made anew with the next one."""
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None

    async def _hear(self) -> None:
        async for message in self._link.messages(CHANNEL):
            with suppress(ValueError):  # Not one of ours: anybody may publish.
                source, state, generation, wait_ms = message.split()
                self._show(source, _view(state, generation, wait_ms))

    def _sent(self) -> int:
        """Redis' clock as far as it is known here, in milliseconds; 0 before its first answer."""
        return 0 if self._clock_ms is None else int(self._clock_ms + time.monotonic() * 1000)

    def _note_clock(self, now_ms: int) -> None:
        self._clock_ms = now_ms - time.monotonic() * 1000


async def _end(task: "asyncio.Task[None]") -> None:
    """Once is not enough: before Python 3.12 `asyncio.wait_for`, in which the client sends, loses a cancellation that
    comes together with its result.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_AGAIN_S)
    if not task.cancelled():
        task.exception()  # looked at: it ended with its connection


def _view(state: str, generation: int | str, wait_ms: int | str) -> View:
    return View(BreakerState(state), int(generation), int(wait_ms) / 1000)


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _batches(sources: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(sources)
    while batch := list(islice(rest, BATCH)):
        yield batch
