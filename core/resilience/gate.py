"""Admission to one source: the local breaker decides, alone or with what other processes know.

CLOSED and OPEN cost no I/O. Only the holder of the local probe asks the shared record for the lease of the one probe
that all processes have together; without an answer it goes ahead, so at worst each process sends one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

from core.errors import BreakerOpen
from core.models import BreakerState, Outcome
from core.resilience.breaker import Breaker, Lease, Permit
from core.resilience.shared import Answer, Place, SharedRecords, SharedTrouble, View

PATIENCE_S = 0.05
"""No call waits longer than this: the first one for the record, a probe for its lease."""

LEAST_WAIT_S = 0.05
"""A process whose probe was refused asks again no sooner."""

KEPT_WINDOWS = 10
"""A record outlives this many of its open windows: longer than anybody who knows its generation acts on it."""

Request = Callable[[], Awaitable[Answer | None]]


class Gate:
    """In front of a breaker that no other process shares."""

    def __init__(self, breaker: Breaker) -> None:
        self.breaker = breaker
        self.adopting = False
        """Whether what the breaker's listeners are told of right now happened in another process."""

    async def admit(self) -> Permit:
        """Leave for one attempt. Raises BreakerOpen with the true state and the wait in seconds."""
        return self.breaker.acquire()

    def settle(self, permit: Permit, outcome: Outcome) -> None:
        """Reports what the attempt proved. Waits for nothing."""
        self.breaker.settle(permit, outcome)

    async def close(self) -> None:
        """Waits for what is still being told to others."""


class SharedGate(Gate):
    """In front of a breaker that follows its shared record. Lives on one event loop.

    `_known` is the newest generation seen of the record; it has nothing to do with the breaker's own.
    """

    def __init__(
        self, breaker: Breaker, records: SharedRecords, source: str, *, patience_s: float = PATIENCE_S
    ) -> None:
        super().__init__(breaker)
        self._records, self._source, self._patience_s = records, source, patience_s
        self._known = 0
        self._met = self._following = False
        self._meeting: asyncio.Task[None] | None = None
        self._owed: Request | None = None
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._asking: dict[Permit, asyncio.Task[View | None]] = {}
        """Requests for a lease whose probe went ahead before the answer."""
        breaker.listen(self._on_change)
        records.watch(source, self.see)

    async def admit(self) -> Permit:
        if not self._met:
            await self._meet()
        while True:
            permit = self.breaker.acquire()
            if not permit.probe or await self._leased(permit):
                return permit

    def settle(self, permit: Permit, outcome: Outcome) -> None:
        before = self.breaker.state
        self._quietly(self.breaker.settle, permit, outcome)
        after = self.breaker.state
        if before is after and not permit.probe:
            return
        asking = self._asking.pop(permit, None)
        if asking is None:
            self._report(permit, before, after)
        else:
            asking.add_done_callback(lambda _done: self._report(permit, before, after))

    def see(self, view: View) -> None:
        """Follows the record. Only a newer generation moves the breaker; a record that is gone moves nothing."""
        self._met = True
        if self._turn.locked():
            return  # The answer to our own request is newer than this.
        if self._owed is not None:
            self._tell(self._owed)
        elif view.generation < self._known:
            self._remind()
        elif view.generation == self._known and view.state is BreakerState.HALF_OPEN:
            self.breaker.hasten(view.wait_s)
        else:
            self._adopt(view)

    async def close(self) -> None:
        self._records.unwatch(self._source)
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _meet(self) -> None:
        """Before the first call of this process: the source may be held back by all the others.

        An answer that comes later is followed all the same.
        """
        if self._meeting is None:
            self._meeting = self._start(self._look())
        await _ends_within(self._meeting, self._patience_s)
        self._met = True

    async def _look(self) -> None:
        with suppress(SharedTrouble):
            async with self._turn:
                self._adopt(await self._records.view(self._source))

    async def _leased(self, permit: Permit) -> bool:
        """Whether the probe may be sent; False when the breaker is to be asked again. Raises BreakerOpen."""
        self._asking[permit] = asking = self._start(self._ask(permit))
        try:
            answered = await _ends_within(asking, self._patience_s)
        except asyncio.CancelledError:
            self.settle(permit, Outcome.VOID)
            raise
        if not answered:
            return True
        del self._asking[permit]
        denial = asking.result()
        if denial is None:
            live = self.breaker.is_live(permit)
            if not live:
                self.settle(permit, Outcome.VOID)
            return live
        wait_s = max(denial.wait_s, LEAST_WAIT_S)
        if self.breaker.withdraw(permit, wait_s):
            raise BreakerOpen(wait_s, BreakerState.OPEN)
        return False

    async def _ask(self, permit: Permit) -> View | None:
        """None when the probe may be sent: with the lease, or without an answer."""
        probe = uuid4().hex
        try:
            async with self._turn:
                answer = await self._records.lease(self._place(), probe, self.breaker.lease_s)
                if not answer.done:
                    self._adopt(answer.view)
                    return answer.view
        except SharedTrouble:
            return None
        self._known = answer.view.generation
        permit.lease = Lease(answer.view.generation, probe)
        return None

    def _report(self, permit: Permit, before: BreakerState, after: BreakerState) -> None:
        """What an attempt that was just settled changed for the others."""
        if permit.lease is not None:
            self._tell(partial(self._end_lease, permit.lease, after))
            permit.lease = None
        elif before is not after is BreakerState.OPEN:
            self._tell(self._trip)

    def _remind(self) -> None:
        """The record was lost while this breaker is open: the others may not know."""
        if self.breaker.state is BreakerState.OPEN:
            self._tell(self._trip)

    def _adopt(self, view: View) -> None:
        if view.generation > self._known:
            self._known, self.adopting = view.generation, True
            try:
                self._quietly(self.breaker.adopt, view.state, view.wait_s)
            finally:
                self.adopting = False

    def _on_change(self, _before: BreakerState, after: BreakerState) -> None:
        if after is BreakerState.CLOSED and not self._following:
            self._tell(self._reset)

    def _tell(self, request: Request) -> None:
        self._owed = None
        self._start(self._deliver(request))

    async def _deliver(self, request: Request) -> None:
        """One request at a time, in order; what did not arrive is owed until the record is seen again."""
        try:
            async with self._turn:
                answer = await request()
                if answer is not None and answer.done:
                    self._known = answer.view.generation
                elif answer is not None:
                    self._adopt(answer.view)
        except SharedTrouble:
            self._owed = request

    async def _trip(self) -> Answer | None:
        wait_s = self.breaker.retry_after()
        if self.breaker.state is not BreakerState.OPEN or not wait_s:
            return None
        return await self._records.trip(self._place(), wait_s)

    async def _end_lease(self, lease: Lease, after: BreakerState) -> Answer:
        ended = after in (BreakerState.CLOSED, BreakerState.OPEN)
        becomes = after if ended else BreakerState.HALF_OPEN
        open_s = self.breaker.retry_after() or self.breaker.open_s
        return await self._records.settle(self._place(lease.generation), lease.probe, becomes, open_s)

    async def _reset(self) -> Answer | None:
        if self.breaker.state is not BreakerState.CLOSED:
            return None
        return await self._records.reset(self._place())

    def _place(self, known: int | None = None) -> Place:
        keep_s = KEPT_WINDOWS * max(self.breaker.open_s, self.breaker.lease_s)
        return Place(self._source, self._known if known is None else known, keep_s)

    def _start(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _quietly(self, change: Callable[..., None], *arguments: Any) -> None:
        """What the breaker does here comes from the record or has its own way there."""
        self._following = True
        try:
            change(*arguments)
        finally:
            self._following = False


async def _ends_within(task: "asyncio.Task[Any]", seconds: float) -> bool:
    """A loop that was late itself finds the answer and the end of the wait at once: the answer counts."""
    await asyncio.wait({task}, timeout=seconds)
    for _ in range(8):
        if not task.done():
            await asyncio.sleep(0)
    return task.done()
