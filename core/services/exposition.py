"""What a monitoring system reads of all the sources that its token may see."""

from collections.abc import Callable
from datetime import UTC, datetime

from core.metrics.buckets import counts_below
from core.models import Actor, ExposedSource, LatencyCounts
from core.services.live import LiveSource, LiveSources
from core.services.rights import require_scope
from core.services.tokens import METRICS
from core.storage.people import PeopleRepository
from core.storage.sources import SourceRepository
from core.storage.status import StatusRepository

PAGE = 100
"""Sources read in one go. All of 10,000 would hold the loop up for a quarter of a second, and calls that are under way
would seem to take that much longer."""


class Exposition:
    """The figures of sources, read from what is known: nothing here calls one."""

    def __init__(
        self,
        people: PeopleRepository,
        sources: SourceRepository,
        statuses: StatusRepository,
        live: LiveSources,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._people, self._sources, self._statuses = people, sources, statuses
        self._live, self._clock = live, clock

    async def read(self, actor: Actor) -> tuple[ExposedSource, ...]:
        """By organisation, in the order of their creation. Raises Forbidden without the scope `metrics`."""
        require_scope(actor, METRICS)
        found: list[ExposedSource] = []
        for org in await self._organisations(actor):
            found += await self._of_org(org)
        return tuple(found)

    async def _organisations(self, actor: Actor) -> tuple[str, ...]:
        if actor.scoped_to is not None:
            return (actor.scoped_to,)
        return tuple(org.slug for org in await self._people.organisations())

    async def _of_org(self, org: str) -> list[ExposedSource]:
        found: list[ExposedSource] = []
        async for page in self._sources.in_pages(org, PAGE):
            kept = await self._statuses.with_ids([record.id for record in page])
            now = self._clock()
            found += [_exposed(self._live.of(record, kept.get(record.id)), now) for record in page]
        return found


def _exposed(live: LiveSource, now: datetime) -> ExposedSource:
    record, figures = live.record, live.guard.figures
    histogram, sum_ms = figures.lifetime
    seven = figures.snapshot(live.state)
    return ExposedSource(
        org=record.org_slug,
        id=record.uid,
        name=record.name,
        kind=record.kind,
        status=live.status(now),
        state=seven.state,
        calls_total=seven.calls_total,
        errors_total=seven.errors_total,
        rejected_total=figures.rejected_total,
        last_ok_ts=seven.last_ok_ts,
        last_err_ts=seven.last_err_ts,
        latency=LatencyCounts(counts_below(histogram), histogram.total, sum_ms),
        attempts=dict(figures.attempts),
    )
