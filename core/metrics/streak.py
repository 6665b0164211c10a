"""Proofs in a row, and when they make an incident. A single bad call is none, nor is a single good one its end."""

from collections.abc import Iterable

from core.models import BreakerState

OPENS_AFTER = 2
CLOSES_AFTER = 2


def extended(streak: int, proofs: Iterable[bool]) -> int:
    """The streak after more proofs: above zero it counts good ones in a row, below zero bad ones."""
    for good in proofs:
        streak = max(streak, 0) + 1 if good else min(streak, 0) - 1
    return streak


def begins(streak: int, *, bad_news: bool, breaker_open: bool) -> bool:
    """Whether an incident begins: a breaker that opened has seen enough, else it takes two bad proofs in a row.

    `bad_news`: one of them, or the opening, is new. What was put off while nobody wanted to hear of it may be over.
    """
    return bad_news and (breaker_open or streak <= -OPENS_AFTER)


def lasts(streak: int, state: BreakerState) -> bool:
    """Whether an incident goes on: a breaker's probe that has no answer yet is no end."""
    return state in (BreakerState.OPEN, BreakerState.HALF_OPEN) or streak < CLOSES_AFTER
