"""Scheduled checks and the roll-up of history as tasks of the dashboard itself: one process needs no job queue."""

import time
from collections.abc import Awaitable, Callable
from functools import partial

from core.checks.checker import Checker
from core.services.periodic import Periodic

ROLL_UP_S = 300.0

GRACE_S = 5.0
"""What a running check has to end by itself when the process closes; a source that hangs would take longer."""


class InlineChecks:
    """Everything that a dashboard does unasked. Lives on the background loop."""

    def __init__(self, checker: Checker | None = None, roll_up: Callable[[int], Awaitable[None]] | None = None) -> None:
        """`checker` is None where checks are off, or made by workers. `roll_up` is given seconds since 1970."""
        self._checker, self._periodic = checker, list[Periodic]()
        if roll_up is not None:
            self._periodic.append(Periodic("roll_up", partial(_rolled_up, roll_up)))
        if checker is not None:
            self._periodic.append(Periodic("checks", checker.tick))

    def start(self) -> None:
        for work in self._periodic:
            work.start()

    async def close(self) -> None:
        """Starts nothing more, lets running checks end, and ends those that would not."""
        for work in self._periodic:
            await work.close()
        if self._checker is not None:
            await self._checker.close(GRACE_S)


async def _rolled_up(roll_up: Callable[[int], Awaitable[None]]) -> float:
    await roll_up(int(time.time()))
    return ROLL_UP_S
