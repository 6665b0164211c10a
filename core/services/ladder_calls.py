"""The part of the service that climbs ladders: of a source, and of a configuration that is tried."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from core.connectors.catalog import KindCatalog
from core.errors import Unproven
from core.models import Actor, Check, FieldError, Ladder, Message, Role, TestResult, failed
from core.services.diagnosing import Diagnosing
from core.services.ladder_job import LadderJob
from core.services.live import LiveSource
from core.services.rights import require
from core.services.source_trail import opened
from core.storage.sources import SourceRepository


class LadderCalls(ABC):
    """Asks for rights before anything is climbed."""

    _kinds: KindCatalog
    _sources: SourceRepository
    _diagnosing: Diagnosing

    async def test(
        self, actor: Actor, org: str, kind: str, config: Mapping[str, Any], source_id: UUID | None = None
    ) -> TestResult:
        """Tries a configuration to the end. Raises what `try_out` raises."""
        job = await self.try_out(actor, org, kind, config, source_id)
        await job.ended()
        return job.result()

    async def try_out(
        self,
        actor: Actor,
        org: str,
        kind: str,
        config: Mapping[str, Any],
        source_id: UUID | None = None,
        alive: Callable[[], bool] | None = None,
    ) -> LadderJob:
        """Starts trying a configuration without saving it, beside breaker and figures. Raises InvalidInput, Busy.

        With `source_id` a kept secret stands in for one that is left out, if the destination is unchanged.
        """
        require(actor, org, Role.EDITOR)
        if source_id is not None:
            live = await self._require(actor, org, source_id, Role.EDITOR)
            config = self._kinds.merge(kind, opened(self._sources, live.record), config)
        plain = self._kinds.plain(self._kinds.validate(kind, config))
        return self._diagnosing.try_out(org, kind, plain, alive)

    async def diagnose(
        self, actor: Actor, org: str, source_id: UUID, alive: Callable[[], bool] | None = None
    ) -> LadderJob:
        """Starts the ladder of a source, beside breaker and figures, whatever the breaker's state. Raises Busy."""
        return self._diagnosing.diagnose(await self._require(actor, org, source_id, Role.ANALYST), alive)

    async def ladder(self, actor: Actor, org: str, source_id: UUID) -> Ladder | None:
        """The last ladder of a source that came to its end, with what it differed by from the last one that held."""
        return await self._diagnosing.last(await self._require(actor, org, source_id, Role.VIEWER))

    def climb(self, actor: Actor, job_id: UUID) -> LadderJob | None:
        """A ladder under way, or climbed of late, of an organisation that the actor belongs to."""
        return self._diagnosing.jobs.find(actor, job_id)

    async def _prove(self, org: str, kind: str, plain: Mapping[str, Any]) -> None:
        """Tries settings to the end, beside the present ones. Raises Unproven naming the rung that failed, Busy."""
        job = self._diagnosing.try_out(org, kind, plain)
        try:
            await job.ended()
        finally:
            job.cancel()
        broken = failed(job.view().checks)
        if broken is not None:
            raise Unproven(step=broken.step, fields=_blamed(broken))

    @abstractmethod
    async def _require(self, actor: Actor, org: str, source_id: UUID, role: Role) -> LiveSource:
        """The source. Raises NotFound and Forbidden."""


def _blamed(broken: Check) -> tuple[FieldError, ...]:
    said = broken.evidence or Message("error.unproven", {"step": broken.step})
    return tuple(FieldError(name, said) for name in broken.fields or ("config",))
