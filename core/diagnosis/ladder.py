"""Rungs in order: each is timed, and a failed one skips those that need it."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import CheshmehError, SourceError
from core.models import NO_ARGS, Check, CheckStatus, Message

FACTS = frozenset({"addresses", "certificate", "subject", "issuer", "names", "expires"})
"""Arguments of an error that a failed rung shows as facts."""

MINDS_NOT = {"read_only": frozenset({"permission"})}
"""A failed rung skips all above it, but for these: who may read nothing may still be able to write."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a rung that held has shown; with a `warning` it held, but not as it should.

    `status` is SKIPPED or UNSUPPORTED where there was nothing to try; `evidence` then says why.
    """

    evidence: Message | None = None
    warning: Message | None = None
    fields: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=lambda: NO_ARGS)
    status: CheckStatus | None = None


Rung = tuple[str, Callable[[], Awaitable[Found]]]
"""A step's name, and the work that raises SourceError when it fails."""


def skipped(key: str, **arguments: Any) -> Found:
    """A rung that this configuration does not have."""
    return Found(Message(key, arguments), status=CheckStatus.SKIPPED)


def unsupported(key: str, **arguments: Any) -> Found:
    """A rung that this kind, or this server, cannot answer."""
    return Found(Message(key, arguments), status=CheckStatus.UNSUPPORTED)


async def climb(*rungs: Rung) -> AsyncIterator[Check]:
    """One check a rung, `config` first: a connector exists only where the configuration was valid."""
    yield Check("config", CheckStatus.OK)
    broken: list[str] = []
    for step, work in rungs:
        missing = next((name for name in broken if name not in MINDS_NOT.get(step, ())), None)
        check = left_out(step, missing) if missing else await _tried(step, work)
        if check.status is CheckStatus.FAILED:
            broken.append(step)
        yield check


def left_out(step: str, missing: str) -> Check:
    """A rung that was not tried because `missing` failed."""
    return Check(step, CheckStatus.SKIPPED, 0.0, Message("check.skipped_after", {"step": missing}))


async def _tried(step: str, work: Callable[[], Awaitable[Found]]) -> Check:
    started = time.perf_counter()
    try:
        found = await work()
    except SourceError as err:
        return of_error(step, err, _since(started))
    status = found.status or (CheckStatus.WARNING if found.warning else CheckStatus.OK)
    return Check(step, status, _since(started), found.evidence, found.warning, found.fields, found.facts)


def of_error(step: str, err: CheshmehError, ms: float = 0.0) -> Check:
    """The rung that an error broke."""
    fields = tuple(field.field for field in err.fields)
    facts = {name: value for name, value in err.arguments.items() if name in FACTS}
    return Check(step, CheckStatus.FAILED, ms, err.message, err.advice, fields, facts)


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
