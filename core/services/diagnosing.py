"""Climbing the ladder of sources and of configurations that are tried, and what changed since it last held."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.connectors.catalog import KindCatalog
from core.diagnosis.changes import changes
from core.errors import Busy
from core.models import Change, Check, Ladder, Message, failed
from core.services.jobs import Jobs
from core.services.ladder_job import LadderJob
from core.services.ladder_json import change_from_json, change_to_json, check_from_json, check_to_json
from core.services.live import LiveSource
from core.storage.ladders import LadderRecord, LadderRepository
from core.storage.sources import SourceRecord, SourceRepository

log = structlog.get_logger(__name__)

EVERY_S = 5.0
"""A source's ladder is climbed once in so many seconds: each climb signs in, and tries in a row lock accounts."""
TRIALS_MAX = 8
"""Configurations that an organisation tries at once."""

Alive = Callable[[], bool] | None


class Diagnosing:
    """Touches neither breaker nor figures. Lives on the background loop; rights are asked above."""

    def __init__(
        self,
        kinds: KindCatalog,
        sources: SourceRepository,
        ladders: LadderRepository,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kinds, self._sources, self._ladders = kinds, sources, ladders
        self._clock, self._monotonic = clock, monotonic
        self.jobs: Jobs[LadderJob] = Jobs()
        self._trials: list[tuple[str, LadderJob]] = []
        self._climbs: dict[int, tuple[float, LadderJob]] = {}

    def diagnose(self, live: LiveSource, alive: Alive = None) -> LadderJob:
        """Starts a climb. Raises Busy while another one is under way, or less than 5 s after it began."""
        record, now = live.record, self._monotonic()
        self._pace(record.id, now)
        job = LadderJob(
            self._kinds,
            record.org_slug,
            record.kind,
            lambda: self._sources.config(record),
            lambda checks: self._settle(record, checks),
            alive,
        )
        self._climbs[record.id] = now, job
        return self.jobs.keep(record.org_slug, job)

    def try_out(self, org: str, kind: str, plain: Mapping[str, Any], alive: Alive = None) -> LadderJob:
        """Starts a climb with a configuration that is not saved. Raises Busy when 8 of the organisation's run."""
        self._trials = [(slug, job) for slug, job in self._trials if not job.finished]
        if sum(slug == org for slug, _ in self._trials) >= TRIALS_MAX:
            raise Busy("trials", most=TRIALS_MAX)
        job = LadderJob(self._kinds, org, kind, lambda: plain, _forget, alive)
        self._trials.append((org, job))
        return self.jobs.keep(org, job)

    async def last(self, live: LiveSource) -> Ladder | None:
        """The last ladder that came to its end."""
        kept = await self._ladders.get(live.record.id)
        if kept is None:
            return None
        checks = tuple(map(check_from_json, kept.last["checks"]))
        differing = tuple(map(change_from_json, kept.last["changes"]))
        outdated = kept.last["config_version"] != live.record.config_version
        return Ladder(checks, kept.last_at, differing, kept.good_at, outdated)

    def _pace(self, source_id: int, now: float) -> None:
        self._climbs = {
            known: (began, job)
            for known, (began, job) in self._climbs.items()
            if not job.finished or now - began < EVERY_S
        }
        if source_id in self._climbs:
            raise Busy("diagnose", retry_after=max(1.0, EVERY_S - (now - self._climbs[source_id][0])))

    async def _settle(self, record: SourceRecord, checks: tuple[Check, ...]) -> Ladder:
        """Compares a broken ladder with the last one that held, and keeps it."""
        now, kept = self._clock(), await self._kept(record.id)
        good, good_at = (kept.good, kept.good_at) if kept else (None, None)
        differing = _changes(good, checks, record) if good and failed(checks) else ()
        document = {
            "config_version": record.config_version,
            "checks": list(map(check_to_json, checks)),
            "changes": list(map(change_to_json, differing)),
        }
        held = failed(checks) is None
        best = (document, now) if held else (good, good_at)
        await self._save(LadderRecord(record.id, document, now, *best))
        return Ladder(checks, now, differing, best[1])

    async def _kept(self, source_id: int) -> LadderRecord | None:
        try:
            return await self._ladders.get(source_id)
        except SQLAlchemyError as err:
            log.warning("ladder_not_read", error=type(err).__name__)
            return None

    async def _save(self, record: LadderRecord) -> None:
        try:
            await self._ladders.save(record)
        except SQLAlchemyError as err:
            # The answer is there all the same; only the next diff lacks it.
            log.warning("ladder_not_kept", error=type(err).__name__)


def _changes(good: Mapping[str, Any], checks: tuple[Check, ...], record: SourceRecord) -> tuple[Change, ...]:
    before = tuple(map(check_from_json, good["checks"]))
    edited = good["config_version"] != record.config_version
    settings = (Change("config", Message("change.settings")),) if edited else ()
    return (*settings, *changes(before, checks))


async def _forget(_checks: tuple[Check, ...]) -> None:
    """Nothing is kept of what is only tried."""
