"""The part of the service that looks at data: samples, what a source holds, and what was looked at before."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from core.connectors.catalog import KindCatalog
from core.models import Actor, KeptSample, Role, SampleResult, SampleRun
from core.safety.approved import require_filled
from core.services.approvals import Approvals
from core.services.calls import Calls
from core.services.contents import CatalogLevel, Contents
from core.services.last_good import LastGood
from core.services.live import LiveSource
from core.services.runs import Runs
from core.services.source_trail import SourceTrail
from core.services.views import SourceViews


class SampleCalls(ABC):
    """Asks for rights before anything is judged, and judges before anything is sent."""

    _kinds: KindCatalog
    _calls: Calls
    _contents: Contents
    _last_good: LastGood
    _approvals: Approvals
    _trail: SourceTrail
    _views: SourceViews
    _runs: Runs
    _clock: Callable[[], datetime]

    async def sample(self, actor: Actor, org: str, source_id: UUID, params: Mapping[str, Any]) -> SampleResult:
        """A bounded, read-only look at real data. Raises every error of the table in `core.errors`."""
        live = await self._require(actor, org, source_id, Role.ANALYST)
        record = live.record
        async with self._runs.kept(actor, record, params) as run:
            require_filled(params)
            await self._judge(live, params)
            # Before anything is sent: who looked stays known even where the answer never came.
            asked = await self._trail.sampled(actor, org, record, params)
            answer = await self._calls.sample(live, dict(params))
            run.result = result = replace(answer, asked=asked, ts=self._clock(), time_limit_s=live.guard.sample_limit_s)
        self._last_good.keep(record, params, result)
        return result

    async def runs(self, actor: Actor, org: str, source_id: UUID, limit: int = 20) -> tuple[SampleRun, ...]:
        """One's own latest samples of a source, newest first."""
        await self._require(actor, org, source_id, Role.ANALYST)
        return await self._runs.of(org, actor, source_id, limit)

    async def last_sample(self, actor: Actor, org: str, source_id: UUID) -> KeptSample | None:
        """The last good answer that this process saw, for as long as the source's configuration is the same."""
        record = (await self._require(actor, org, source_id, Role.ANALYST)).record
        kept = self._last_good.of(record)
        return kept if kept is None or await self._approvals.admits(record, kept.params) else None

    async def check_sample(self, actor: Actor, org: str, source_id: UUID, params: Mapping[str, Any]) -> None:
        """Judges a request without sending it. Raises InvalidInput naming `params.<field>`, QueryRefused."""
        await self._judge(await self._require(actor, org, source_id, Role.ANALYST), params)

    async def catalog(
        self, actor: Actor, org: str, source_id: UUID, path: str = "", *, fresh: bool = False
    ) -> CatalogLevel:
        """What can be sampled below `path`, remembered for a while unless `fresh`. Raises as `sample` does."""
        live = await self._require(actor, org, source_id, Role.ANALYST)
        return await self._contents.below(live, path, fresh=fresh)

    async def _judge(self, live: LiveSource, params: Mapping[str, Any]) -> None:
        # Parsing takes some 15 ms a kilobyte: on the loop a long query would hold up every other source.
        config = self._views.public_config(live.record)
        await asyncio.to_thread(self._kinds.check_params, live.record.kind, params, config)
        await self._approvals.require(live.record, params)

    @abstractmethod
    async def _require(self, actor: Actor, org: str, source_id: UUID, role: Role) -> LiveSource:
        """The source. Raises NotFound and Forbidden."""
