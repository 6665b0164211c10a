"""One worker of several: takes batches of sources from the shared queue, and checks what is due in each for a while.

No worker leads. Every one of them defers the same periodic jobs, of which the queue takes each once; of a batch one job
waits and one runs, at most. A worker that dies leaves its jobs behind, and another one clears them away.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog

from core.checks.checker import Checker
from core.checks.inline import GRACE_S
from core.services.periodic import Periodic
from core.storage.schedule import Batch

if TYPE_CHECKING:
    from procrastinate import App

log = structlog.get_logger(__name__)

BATCHES = 8
"""Parts of all sources: as many workers can share the work."""
JOB_S = 10.0
"""How long one job looks after its batch before another worker may."""
DRAIN_S = 1.0
"""What running checks get to end before a job does. While one hangs, the job goes on, and starts others meanwhile."""
HEARTBEAT_S = 2.0
STALLED_S = 10.0
"""A worker without a sign of life for so long is dead: with the clearing and the fetching its batches are looked after
again well within 20 s."""
EVERY_2_S = "* * * * * */2"
EVERY_5_MIN = "*/5 * * * *"


class WorkerChecks:
    """Everything that a worker does. Lives on the background loop, beside the sources."""

    def __init__(
        self,
        open_queue: Callable[[], "Awaitable[App]"],
        checker: Callable[[Batch], Checker],
        flush: Callable[[], Awaitable[Any]],
        roll_up: Callable[[int], Awaitable[None]],
    ) -> None:
        """`flush` stores what was found, so that the next worker of a batch knows it."""
        self._open_queue, self._flush, self._roll_up = open_queue, flush, roll_up
        self._checkers = [checker(Batch(number, BATCHES)) for number in range(BATCHES)]
        self._stopping = asyncio.Event()
        self._busy = 0
        self._periodic = Periodic("worker", self._work)

    def start(self) -> None:
        self._periodic.start()

    async def close(self) -> None:
        """Lets running jobs end: each starts nothing more, waits a little for its checks and stores what they found."""
        self._stopping.set()
        await self._periodic.close()

    async def _work(self) -> float:
        """Until it is cancelled, or the database goes away."""
        queue = await self._open_queue()
        self._add_tasks(queue)
        async with queue.open_async():
            await queue.run_worker_async(
                concurrency=BATCHES + 2,  # clearing and rolling up wait for no batch
                fetch_job_polling_interval=1.0,
                update_heartbeat_interval=HEARTBEAT_S,
                stalled_worker_timeout=STALLED_S,
                delete_jobs="always",
                install_signal_handlers=False,
            )
        return 0.0

    def _add_tasks(self, queue: "App") -> None:
        @queue.task(name="check")
        async def check(timestamp: int, batch: int) -> None:
            await self._look_after(queue, batch)

        @queue.periodic(cron=EVERY_2_S)
        @queue.task(name="clear", queueing_lock="clear")
        async def clear(timestamp: int) -> None:
            await _clear(queue)

        @queue.periodic(cron=EVERY_5_MIN)
        @queue.task(name="roll_up", queueing_lock="roll_up")
        async def roll_up(timestamp: int) -> None:
            await self._roll_up(int(time.time()))

        for number in range(BATCHES):
            name = f"batch {number}"
            options: Any = {"queueing_lock": name, "lock": name, "task_kwargs": {"batch": number}}
            queue.periodic_registry.register_task(
                task=check, cron=EVERY_2_S, periodic_id=name, configure_kwargs=options
            )

    async def _look_after(self, queue: "App", number: int) -> None:
        from core.checks.job_queue import alive

        workers = await alive(queue, STALLED_S)
        if self._busy * max(1, workers) >= BATCHES:  # more than its share: the next job of the batch is another's
            return
        self._busy += 1
        try:
            await self._check(self._checkers[number])
        finally:
            self._busy -= 1

    async def _check(self, checker: Checker) -> None:
        over = time.monotonic() + JOB_S
        while not self._stopping.is_set():
            wait_s = await checker.tick()
            if time.monotonic() > over and await checker.drained(DRAIN_S):
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_s)
        else:
            await checker.close(GRACE_S)
        await self._flush()


async def _clear(queue: "App") -> None:
    """Takes away the jobs of workers that died: the next job of each batch is waiting already, or will be soon."""
    from procrastinate.jobs import Status

    for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
        log.warning("dead_workers_job", job=job.lock or job.task_name)
        if job.id is not None:
            await queue.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
