"""What a rung of the installation's ladder found, and how the ladder is climbed."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.diagnosis.ladder import Found, left_out, of_error
from core.errors import CheshmehError
from core.models import Check, CheckStatus, Message

LIMIT_S = 20.0
"""What takes longer than this failed: it would hold up a start as well."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One thing to look at; it is left out when a rung that it `needs` did not hold."""

    step: str
    work: Callable[[], Awaitable[Found]]
    needs: tuple[str, ...] = ()


def well(key: str, **arguments: Any) -> Found:
    return Found(Message(f"doctor.{key}", arguments))


def warning(key: str, **arguments: Any) -> Found:
    """It works, but not as it should; what to do is `<key>.advice`."""
    return Found(Message(f"doctor.{key}", arguments), warning=Message(f"doctor.{key}.advice", arguments))


def broken(key: str, **arguments: Any) -> Found:
    """Cheshmeh does not start, or does not do what it is for; what to do is `<key>.advice`."""
    found = warning(key, **arguments)
    return Found(found.evidence, found.warning, status=CheckStatus.FAILED)


def left(key: str, **arguments: Any) -> Found:
    """There is nothing to look at."""
    return Found(Message(f"doctor.{key}", arguments), status=CheckStatus.SKIPPED)


def looking(work: Callable[..., Found], *arguments: Any) -> Callable[[], Awaitable[Found]]:
    """Work that asks the system, in a thread: a network mount that hangs must not hang the ladder."""
    return partial(asyncio.to_thread, work, *arguments)


async def climb(rungs: tuple[Rung, ...]) -> AsyncIterator[Check]:
    """One check a rung. What goes wrong in an unforeseen way is a rung that failed: the rest is looked at anyway."""
    lost: set[str] = set()
    for rung in rungs:
        missing = next((step for step in rung.needs if step in lost), None)
        check = left_out(rung.step, missing) if missing else await _tried(rung)
        if check.status in (CheckStatus.FAILED, CheckStatus.SKIPPED):
            lost.add(rung.step)
        yield check


async def _tried(rung: Rung) -> Check:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(LIMIT_S):
            found = await rung.work()
    except CheshmehError as err:
        return of_error(rung.step, err, _since(started))
    except TimeoutError:
        found = broken("timeout", seconds=LIMIT_S)
    except Exception as err:  # noqa: BLE001 - the rest is looked at anyway, and this is told as a failure
        # Its words may hold parts of an address.
        found = broken("unforeseen", error=type(err).__name__)
    status = found.status or (CheckStatus.WARNING if found.warning else CheckStatus.OK)
    return Check(rung.step, status, _since(started), found.evidence, found.warning)


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
