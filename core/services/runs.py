"""Writes down what became of each sample, for whoever asked for it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import CheshmehError
from core.models import Actor, SampleResult
from core.storage.runs import RunRepository
from core.storage.sources import SourceRecord


@dataclass(slots=True)
class Run:
    """One sample under way; `result` once there is one."""

    result: SampleResult | None = None


class Runs:
    """Keeps no row of an answer, and of the request what the trail keeps."""

    def __init__(
        self,
        kept: RunRepository,
        masked: Callable[[SourceRecord, Mapping[str, Any]], Mapping[str, Any]],
        clock: Callable[[], datetime],
    ) -> None:
        """`masked` gives the parameters as they may be kept: `params`, or only their beginning."""
        self._kept, self._masked, self._clock = kept, masked, clock

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
                await self._kept.add(source, actor.name, asked_at, outcome)


def _figures(result: SampleResult | None) -> dict[str, Any]:
    if result is None:
        return {"rows": None, "latency_ms": None}
    return {"rows": len(result.sample.rows), "latency_ms": result.latency_ms}
