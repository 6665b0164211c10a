"""Rungs in order: each is timed, and a failed one skips those above it."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from core.errors import SourceError
from core.models import Check, CheckStatus, Message


@dataclass(frozen=True, slots=True)
class Found:
    """What a rung that held has shown; with a `warning` it held, but not as it should."""

    evidence: Message | None = None
    warning: Message | None = None
    fields: tuple[str, ...] = ()


Rung = tuple[str, Callable[[], Awaitable[Found]]]
"""A step's name, and the work that raises SourceError when it fails."""


async def climb(*rungs: Rung) -> AsyncIterator[Check]:
    """One check a rung, `config` first: a connector exists only where the configuration was valid."""
    yield Check("config", CheckStatus.OK)
    for position, rung in enumerate(rungs):
        check = await _tried(rung)
        yield check
        if check.status is CheckStatus.FAILED:
            for step, _ in rungs[position + 1 :]:
                yield Check(step, CheckStatus.SKIPPED, 0.0, Message("check.skipped"))
            return


async def _tried(rung: Rung) -> Check:
    step, work = rung
    started = time.perf_counter()
    try:
        found = await work()
    except SourceError as err:
        fields = tuple(field.field for field in err.fields)
        return Check(step, CheckStatus.FAILED, _since(started), err.message, err.advice, fields)
    status = CheckStatus.WARNING if found.warning else CheckStatus.OK
    return Check(step, status, _since(started), found.evidence, found.warning, found.fields)


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
