"""Ladders from memory: the part of FakeSources that climbs."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from core.errors import Busy
from core.models import Actor, Check, Ladder, LadderView, Message, TestResult, failed
from tests.ui.samples import NAMESPACE


class FakeClimb:
    """A ladder that is climbed one rung each `pace_s`: the view is computed from the clock."""

    def __init__(self, checks: tuple[Check, ...], alive: Callable[[], bool] | None, pace_s: float) -> None:
        self.id = uuid5(NAMESPACE, f"climb {time.monotonic()}")
        self.alive, self.cancelled = alive, False
        self._checks, self._pace_s, self._started = checks, pace_s, time.monotonic()

    def view(self) -> LadderView:
        elapsed = time.monotonic() - self._started
        count = min(len(self._checks), int(elapsed / self._pace_s)) if self._pace_s else len(self._checks)
        finished = self.cancelled or count == len(self._checks)
        return LadderView(self.id, self._checks[:count], finished, self.cancelled, elapsed * 1000)

    def cancel(self) -> None:
        self.cancelled = True

    def result(self) -> TestResult:
        broken = failed(self._checks)
        message = broken.evidence if broken and broken.evidence else Message("test.worked")
        return TestResult(broken is None, message, self._checks, 17.5)


@dataclass
class FakeLadders:
    """`ladders` are the last ones of sources; `busy` refuses every climb."""

    climbs: dict[UUID, FakeClimb] = field(default_factory=dict, kw_only=True)
    ladders: dict[UUID, Ladder] = field(default_factory=dict, kw_only=True)
    busy: bool = field(default=False, kw_only=True)

    async def try_out(
        self,
        actor: Actor,
        org: str,
        kind: str,
        config: Mapping[str, Any],
        source_id: UUID | None = None,
        alive: Callable[[], bool] | None = None,
    ) -> FakeClimb:
        if self.busy:
            raise Busy("trials", most=8)
        return self._climbs((await self.test(actor, org, kind, config, source_id)).checks, alive)

    async def diagnose(
        self, actor: Actor, org: str, source_id: UUID, alive: Callable[[], bool] | None = None
    ) -> FakeClimb:
        if self.busy:
            raise Busy("diagnose", retry_after=4)
        return self._climbs(self.ladders[source_id].checks, alive)

    async def ladder(self, actor: Actor, org: str, source_id: UUID) -> Ladder | None:
        return self.ladders.get(source_id)

    def climb(self, actor: Actor, job_id: UUID) -> FakeClimb | None:
        return self.climbs.get(job_id)

    def _climbs(self, checks: tuple[Check, ...], alive: Callable[[], bool] | None) -> FakeClimb:
        job = FakeClimb(checks, alive, self.pace_s)
        self.climbs[job.id] = job
        return job

    async def test(
        self, actor: Actor, org: str, kind: str, config: Mapping[str, Any], source_id: UUID | None = None
    ) -> TestResult:
        raise NotImplementedError
