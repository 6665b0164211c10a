"""Writes down what became of each sample, for whoever asked for it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.errors import CheshmehError
from core.models import Actor, SampleResult, SampleRun
from core.storage.runs import RunRepository
from core.storage.sources import SourceRecord

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Run:
    """One sample under way; `result` once there is one."""

    result: SampleResult | None = None


class Runs:
    """Keeps no row of an answer, and of the request what the trail keeps.

    A run is written beside its answer, which waits for nothing, and before anybody reads runs.
    """

    def __init__(
        self,
        kept: RunRepository,
        masked: Callable[[SourceRecord, Mapping[str, Any]], Mapping[str, Any]],
        clock: Callable[[], datetime],
    ) -> None:
        """`masked` gives the parameters as they may be kept: `params`, or only their beginning."""
        self._kept, self._masked, self._clock = kept, masked, clock
        self._writing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def kept(self, actor: Actor, source: SourceRecord, params: Mapping[str, Any]) -> AsyncIterator[Run]:
        """Around a sample. One that is left before its end is in the trail alone."""
        run, asked_at = Run(), self._clock()
        code: str | None = None
        try:
            yield run
        except CheshmehError as err:
            code = err.code
            raise
        finally:
            if code is not None or run.result is not None:
                outcome = {"code": code, **_figures(run.result), "params": self._masked(source, params).get("params")}
                task = asyncio.create_task(self._write(source, actor, asked_at, outcome))
                self._writing.add(task)
                task.add_done_callback(self._writing.discard)

    async def of(self, org: str, actor: Actor, source_id: UUID, limit: int) -> tuple[SampleRun, ...]:
        """One person's latest runs of one source, newest first."""
        await self.settled()
        return await self._kept.of(org, actor.name, source_id, limit)

    async def settled(self) -> None:
        """Waits until what has ended so far is written."""
        if self._writing:
            # Not `gather`: whoever stops waiting would cancel what others asked for.
            await asyncio.wait(set(self._writing))

    async def _write(self, source: SourceRecord, actor: Actor, asked_at: datetime, outcome: Mapping[str, Any]) -> None:
        try:
            await self._kept.add(source, actor.name, asked_at, outcome)
        except SQLAlchemyError as err:
            # Of a source that is deleted by now, or the database is away: who looked is in the trail.
            log.warning("run_not_kept", source=str(source.uid), error=type(err).__name__)


def _figures(result: SampleResult | None) -> dict[str, Any]:
    if result is None:
        return {"rows": None, "latency_ms": None}
    return {"rows": len(result.sample.rows), "latency_ms": result.latency_ms}
