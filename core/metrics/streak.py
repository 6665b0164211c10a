"""Proofs in a row, and when they make an incident. A single bad call is none, nor is a single good one its end."""

from collections.abc import Iterable

OPENS_AFTER = 2
CLOSES_AFTER = 2


def extended(streak: int, proofs: Iterable[bool]) -> int:
    """The streak after more proofs: above zero it counts good ones in a row, below zero bad ones."""
    for good in proofs:
        streak = max(streak, 0) + 1 if good else min(streak, 0) - 1
    return streak


def in_trouble(before: bool, streak: int, *, breaker_open: bool) -> bool:
    """Whether there is an incident now: a breaker that opened has seen enough, else it takes two in a row."""
    if before:
        return breaker_open or streak < CLOSES_AFTER
    return breaker_open or streak <= -OPENS_AFTER
