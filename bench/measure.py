"""Rounds, medians and the line that a goal prints."""

import asyncio
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

ROUNDS = 7
"""An odd number, so that the median is a round that took place; at least 5."""

Workload = Callable[[], Awaitable[float]]
"""One round: returns its cost per operation in seconds."""


@dataclass(frozen=True, slots=True)
class Goal:
    """`goal_us` bounds what `ours` costs beyond `limit`, in microseconds for one operation."""

    name: str
    workload: str
    ours: Workload
    limit: Workload | None
    goal_us: float


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds, in microseconds for one operation."""

    goal: Goal
    ours_us: float
    limit_us: float | None

    @property
    def met(self) -> bool:
        return self.ours_us - (self.limit_us or 0.0) <= self.goal.goal_us

    def __str__(self) -> str:
        limit = "–" if self.limit_us is None else f"{self.limit_us:.2f} µs"
        ratio = "–" if not self.limit_us else f"{self.ours_us / self.limit_us:.1f}×"
        beyond = " beyond the limit" if self.limit_us is not None else ""
        return (
            f"{self.goal.name}  {self.goal.workload} | ours {self.ours_us:.2f} µs | limit {limit} | ratio {ratio} | "
            f"goal ≤ {self.goal.goal_us:g} µs{beyond} | {'met' if self.met else 'NOT met'}"
        )


def run(goal: Goal) -> Result:
    """Ours and the limit take turns, so that whatever else the machine does meets both."""
    ours: list[float] = []
    limit: list[float] = []
    asyncio.run(_rounds(goal, ours, limit))
    return Result(goal, statistics.median(ours) * 1e6, statistics.median(limit) * 1e6 if limit else None)


async def _rounds(goal: Goal, ours: list[float], limit: list[float]) -> None:
    for _ in range(ROUNDS):
        ours.append(await goal.ours())
        if goal.limit is not None:
            limit.append(await goal.limit())
