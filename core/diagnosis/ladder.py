"""Rungs in order: each is timed, and a failed one skips those above it."""

import time
from collections.abc import Awaitable
from typing import TypeVar

from core.errors import SourceError
from core.models import Check, CheckStatus, Message

T = TypeVar("T")


class RungFailed(Exception):
    """Ends a climb; `check` is what the failed rung showed."""

    def __init__(self, check: Check) -> None:
        super().__init__(check.step)
        self.check = check


async def timed(step: str, work: Awaitable[T]) -> tuple[T, float]:
    """What `work` gives and the milliseconds it took. Raises RungFailed when it raises a SourceError."""
    started = time.perf_counter()
    try:
        return await work, _since(started)
    except SourceError as err:
        fields = tuple(field.field for field in err.fields)
        check = Check(step, CheckStatus.FAILED, _since(started), err.message, err.advice, fields)
        raise RungFailed(check) from err


def skipped(step: str) -> Check:
    """A rung that was not tried because one below it failed."""
    return Check(step, CheckStatus.SKIPPED, 0.0, Message("check.skipped"))


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
