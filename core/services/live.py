"""The sources of this process: one guarded connector each, and the last evidence about it."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from core.connectors.base import Connector, Limits
from core.connectors.catalog import KindCatalog
from core.guarded import GuardedConnector
from core.metrics.figures import FiguresState, SourceFigures
from core.models import BreakerConfig, BreakerState, Diagnosis, Message, Status
from core.resilience.breaker import Breaker
from core.resilience.bulkhead import Bulkheads
from core.resilience.retry import RetryPolicy
from core.services.evidence import Evidence, evidence_columns, evidence_of
from core.services.status import status_of
from core.storage.encryption import SealBroken
from core.storage.sources import SourceRecord, SourceRepository
from core.storage.status import StatusRecord, columns

NO_LIMITS = Limits(connect=5, attempt=10, sample=15)
"""For a source whose configuration does not open: every call of it ends at once, with that as its error."""


@dataclass(slots=True, eq=False)
class LiveSource:
    """A source while this process runs. `guard` lives as long as the process; the configuration may change under it."""

    record: SourceRecord
    guard: GuardedConnector
    evidence: Evidence | None = None

    @property
    def state(self) -> BreakerState:
        return self.guard.breaker.state

    def status(self, now: datetime) -> Status:
        return status_of(self.state, self.evidence, paused=self.record.paused, now=now)

    def prove(self, *, healthy: bool, now: datetime, message: Message, diagnosis: Diagnosis | None) -> bool:
        """Takes new evidence; true when it says something else than before."""
        flipped = self.evidence is None or self.evidence.healthy is not healthy
        since = now if self.evidence is None or flipped else self.evidence.since
        self.evidence = Evidence(healthy, now, since, message, diagnosis)
        return flipped

    def to_record(self, now: datetime) -> StatusRecord:
        kept, evidence = columns(self.guard.figures.dump()), evidence_columns(self.evidence)
        return StatusRecord(source_id=self.record.id, state=self.state.value, updated_at=now, **kept, **evidence)


class LiveSources:
    """One LiveSource for each source that this process has met. Lives on the background loop."""

    def __init__(
        self,
        kinds: KindCatalog,
        sources: SourceRepository,
        retry: RetryPolicy,
        bulkheads: Bulkheads | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kinds, self._sources, self._retry = kinds, sources, retry
        self._bulkheads = bulkheads or Bulkheads()
        self._clock, self._monotonic = clock, monotonic
        self._live: dict[int, LiveSource] = {}

    def known(self, source_id: int) -> LiveSource | None:
        return self._live.get(source_id)

    def of(self, record: SourceRecord, kept: StatusRecord | None) -> LiveSource:
        """The source in this process, brought up to the record; `kept` is only read at the first meeting."""
        live = self._live.get(record.id)
        if live is None:
            live = self._live[record.id] = self._meet(record, kept)
        elif live.record.version < record.version:
            self._follow(live, record)
        return live

    async def forget(self, source_id: int) -> None:
        live = self._live.pop(source_id, None)
        if live is not None:
            await live.guard.close()

    async def close(self) -> None:
        await asyncio.gather(*(live.guard.close() for live in self._live.values()))

    def all(self) -> Iterable[LiveSource]:
        return self._live.values()

    def _meet(self, record: SourceRecord, kept: StatusRecord | None) -> LiveSource:
        figures = SourceFigures(_figures_state(kept) if kept else None, self._clock)
        return LiveSource(record, self._guard(record, figures), evidence_of(kept) if kept else None)

    def _guard(self, record: SourceRecord, figures: SourceFigures) -> GuardedConnector:
        breaker = Breaker(_thresholds(record), clock=self._monotonic)
        build, limits = self._dial(record)
        ready, bulkhead, egress = partial(self._kinds.ready, record.kind), self._bulkheads.share(), self._kinds.egress
        return GuardedConnector(
            build, limits, breaker, figures, self._retry, ready=ready, bulkhead=bulkhead, egress=egress
        )

    def _dial(self, record: SourceRecord) -> tuple[Callable[[], Connector], Limits]:
        try:
            plain = self._sources.config(record)
        except SealBroken as err:
            return _broken(err), NO_LIMITS
        return self._kinds.dial(record.kind, plain)

    def _follow(self, live: LiveSource, record: SourceRecord) -> None:
        changed = live.record.config_version != record.config_version
        live.record = record
        live.guard.breaker.configure(_thresholds(record))
        if changed:
            # What was proven about the old destination says nothing about the new one; the figures go on.
            live.guard.replace(*self._dial(record))
            live.evidence = None


def _broken(err: SealBroken) -> Callable[[], Connector]:
    def build() -> Connector:
        raise err

    return build


def _thresholds(record: SourceRecord) -> BreakerConfig:
    return BreakerConfig(record.failure_threshold, record.timeout_seconds)


def _figures_state(kept: StatusRecord) -> FiguresState:
    names = FiguresState.__dataclass_fields__
    return FiguresState(**{name: getattr(kept, name) for name in names})
