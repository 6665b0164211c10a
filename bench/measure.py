"""Rounds, medians and the line that a goal prints."""

import gc
import statistics
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

ROUNDS = 7
"""An odd number, so that the median is a round that took place; at least 5."""

Measures = Mapping[str, float]
Workload = Callable[[], Measures]
"""One round: returns what it measured, by name."""


@dataclass(frozen=True, slots=True)
class Goal:
    """`bound` says of what `at_most` is the most: of ours over the limit, of ours beyond it, or of ours alone."""

    name: str
    workload: str
    measure: str
    at_most: float
    bound: str = "ratio"
    unit: str = ""

    def of(self, ours: float, limit: float | None) -> float:
        """What is held against `at_most`."""
        if limit is None or self.bound == "alone":
            return ours
        return ours - limit if self.bound == "beyond" else ours / limit

    @property
    def told(self) -> str:
        return {
            "ratio": f"≤ {self.at_most:g}×",
            "beyond": f"≤ {self.at_most:g} {self.unit} beyond the limit",
            "alone": f"≤ {self.at_most:g} {self.unit}",
        }[self.bound]


@dataclass(frozen=True, slots=True)
class Contest:
    """Ours against the limit, if there is one, set up once for all rounds; several goals may look at one contest."""

    goals: tuple[Goal, ...]
    contestants: Callable[[], AbstractContextManager[tuple[Workload, Workload | None]]]
    rounds: int = ROUNDS
    warms_up: bool = True
    """Whether a first turn is not counted: where time is measured."""


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds, in the goal's unit."""

    goal: Goal
    ours: float
    limit: float | None

    @property
    def met(self) -> bool:
        return self.goal.of(self.ours, self.limit) <= self.goal.at_most

    def __str__(self) -> str:
        goal = self.goal
        limit = "–" if self.limit is None else f"{self.limit:.2f} {goal.unit}"
        ratio = "–" if not self.limit else f"{self.ours / self.limit:.2f}×"
        return (
            f"{goal.name:<4} {goal.workload} | ours {self.ours:.2f} {goal.unit} | limit {limit} | ratio {ratio} | "
            f"goal {goal.told} | {'met' if self.met else 'NOT met'}"
        )


def run(contest: Contest) -> list[Result]:
    """Ours and the limit take turns, so that whatever else the machine does meets both."""
    ours: list[Measures] = []
    limit: list[Measures] = []
    with contest.contestants() as (workload, bare):
        for _ in range(contest.rounds + contest.warms_up):
            ours.append(_turn(workload))
            if bare is not None:
                limit.append(_turn(bare))
    first = int(contest.warms_up)
    return [
        Result(goal, _median(ours[first:], goal), _median(limit[first:], goal) if limit else None)
        for goal in contest.goals
    ]


def _turn(workload: Workload) -> Measures:
    gc.collect()
    return workload()


def _median(rounds: list[Measures], goal: Goal) -> float:
    return statistics.median(measures[goal.measure] for measures in rounds)
