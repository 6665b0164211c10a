"""The sources of this process: one guarded connector each, and the last evidence about it."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from core.connectors.base import Connector, Limits
from core.connectors.catalog import Dial, KindCatalog
from core.errors import InternalError, InvalidInput
from core.guarded import GuardedConnector
from core.metrics.figures import SourceFigures
from core.metrics.streak import begins, extended, lasts
from core.models import BreakerAction, BreakerConfig, BreakerState, Diagnosis, Hold, Message, Proof, Status
from core.resilience.breaker import Breaker
from core.resilience.bulkhead import Bulkheads
from core.resilience.gate import Gate, SharedGate
from core.resilience.retry import RetryPolicy
from core.resilience.shared import SharedRecords
from core.services.evidence import Evidence, evidence_columns, evidence_of
from core.services.journal import Journal
from core.services.status import effective_interval, status_of, too_old_from
from core.storage.encryption import SealBroken
from core.storage.sources import SourceRecord, SourceRepository
from core.storage.status_rows import StatusRecord, Unwritten, Written, columns

NO_LIMITS = Limits(connect=5, attempt=10, sample=15)
"""For a source whose configuration does not open or fit: every call of it ends at once, with that as its error."""


@dataclass(slots=True, eq=False)
class LiveSource:
    """A source while this process runs. `guard` lives as long as the process; the configuration may change under it."""

    record: SourceRecord
    guard: GuardedConnector
    journal: Journal
    stored: StatusRecord | None = None
    """The row of it as this process knows it."""
    evidence: Evidence | None = None
    last_set: Hold | None = None
    streak: int = 0
    proofs: list[bool] = field(default_factory=list)
    """What was proven and is not stored yet."""
    writing: bool = False
    unsure: bool = False
    """Whether the last write of this process may have been stored although it failed."""
    returned: int = 0
    """How many of the journal's events were in that write."""
    host: str = ""
    """Where the configuration leads."""
    default_interval_s: float = 0.0
    """Between two checks of a source that has no interval of its own; 0 without scheduled checks."""
    checked_at: float | None = None
    """When this process last checked it on schedule, by its monotonic clock."""

    @property
    def state(self) -> BreakerState:
        return self.guard.breaker.state

    @property
    def turning(self) -> bool:
        """Whether, as far as this process knows, an incident begins or ends for it with the next write."""
        if self.stored is not None and self.stored.trouble_since is not None:
            return not lasts(self.streak, self.state)
        bad_news = bool(self.proofs) and not self.proofs[-1]
        return begins(self.streak, bad_news=bad_news, breaker_open=self.state is BreakerState.OPEN)

    @property
    def hold(self) -> Hold | None:
        """What a person holds the breaker at; None when the last thing set was a reset."""
        return None if self.last_set is None or self.last_set.action is BreakerAction.RESET else self.last_set

    def obey(self, hold: Hold) -> bool:
        """Brings the breaker to what a person set; false for what is known or older."""
        if self.last_set is not None and not self.last_set < hold:
            return False
        self.last_set = hold
        breaker = self.guard.breaker
        acts = {BreakerAction.FORCE_OPEN: breaker.force_open, BreakerAction.DISABLE: breaker.disable}
        self.journal.by_person(acts.get(hold.action, breaker.reset), hold.ts)
        return True

    def status(self, now: datetime) -> Status:
        return status_of(self.state, self.evidence, paused=self.record.paused, now=now, interval=self._interval)

    @property
    def stale_at(self) -> datetime | None:
        """When the evidence will be too old to count; None without any."""
        return None if self.evidence is None else too_old_from(self.evidence, self._interval)

    @property
    def _interval(self) -> timedelta:
        return effective_interval(self.record.check_interval_s, self.default_interval_s, slowed=self.refused_us)

    @property
    def refused_us(self) -> bool:
        """Whether the source did not accept our credentials when it was last called."""
        return self.evidence is not None and self.evidence.refused_us

    def prove(
        self, *, healthy: bool, now: datetime, message: Message, diagnosis: Diagnosis | None, by: Proof | None = None
    ) -> bool:
        """Takes new evidence; true when it says something else than before."""
        flipped = self.evidence is None or self.evidence.healthy is not healthy
        since = now if self.evidence is None or flipped else self.evidence.since
        self.evidence = Evidence(healthy, now, since, message, diagnosis, by)
        self.proofs.append(healthy)
        self.streak = extended(self.streak, (healthy,))
        return flipped

    def disprove(self) -> None:
        """Another configuration: what was proven about the old destination says nothing about the new one.

        Other processes may have known it before this one.
        """
        self.evidence, self.streak, self.proofs, self.checked_at = None, 0, [], None
        if self.stored is not None:
            self.believe(self.stored)

    def is_at(self, version: int, seq: int | None) -> bool:
        """Whether this process knows this version, and a state that was written `seq` times (None: never)."""
        return self.record.version == version and (seq is None or (self.stored is not None and self.stored.seq >= seq))

    def follow(self, kept: StatusRecord | None) -> None:
        """Takes over what others stored. What this process wrote last may be in it or not, until that is known."""
        if kept is None or self.writing or self.unsure or (self.stored is not None and kept.seq <= self.stored.seq):
            return
        self._know(kept)

    def take(self, now: datetime) -> Unwritten:
        """What has to be stored; `written` or `give_back` says what became of it."""
        self.writing = True
        calls, rejected = self.guard.figures.take()
        proofs, self.proofs = self.proofs, []
        history, news = self.guard.figures.history.take(), self.journal.take()
        again, self.returned = min(self.returned, len(news)), 0
        return Unwritten(self._row(now), calls, rejected, proofs, history, news, self.host, again)

    def written(self, how: Written | None) -> None:
        """It is stored; None when the source is gone."""
        self.writing = self.unsure = False
        self.guard.figures.history.written()
        if how is None:
            return
        if how.merged:
            self._know(how.record)
        else:
            self.stored = how.record
        if how.turned:
            self.streak = extended(how.record.streak, self.proofs)

    def give_back(self, what: Unwritten) -> None:
        """It could not be stored: it goes before what happened since."""
        self.writing, self.unsure = False, True
        self.guard.figures.give_back(what.calls, what.rejected)
        self.guard.figures.history.give_back()
        if what.record.config_version == self.record.config_version:
            self.proofs = [*what.proofs, *self.proofs]
        self.journal.give_back(tuple(what.news))
        self.returned = len(what.news)

    def _know(self, kept: StatusRecord) -> None:
        self.stored = kept
        self.guard.figures.rebase(kept.figures)
        self.believe(kept)

    def believe(self, kept: StatusRecord) -> None:
        """Takes over what others proved, unless it was with another configuration than this process knows."""
        if kept.config_version != self.record.config_version:
            return
        self.streak = extended(kept.streak, self.proofs)
        found = evidence_of(kept)
        if found is not None and (self.evidence is None or self.evidence.ts < found.ts):
            self.evidence = found

    def _row(self, now: datetime) -> StatusRecord:
        known = self.stored
        return StatusRecord(
            source_id=self.record.id,
            seq=known.seq if known else 0,
            writer=known.writer if known else 0,
            state=self.state.value,
            streak=self.streak,
            trouble_since=known.trouble_since if known else None,
            updated_at=now,
            config_version=self.record.config_version,
            **columns(self.guard.figures.dump()),
            **evidence_columns(self.evidence),
        )


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
        shared: SharedRecords | None = None,
        check_interval_s: float = 0.0,
    ) -> None:
        self._check_interval_s = check_interval_s
        self._kinds, self._sources, self._retry, self._shared = kinds, sources, retry, shared
        self._bulkheads = bulkheads or Bulkheads()
        self._clock, self._monotonic = clock, monotonic
        self._live: dict[int, LiveSource] = {}
        self._holds: dict[int, Hold] = {}
        self.on_news: Callable[[LiveSource], None] = lambda live: None
        self.on_gone: Callable[[LiveSource], None] = lambda live: None
        """What else is kept of a source goes with it, whoever deleted it."""

    def known(self, source_id: int) -> LiveSource | None:
        return self._live.get(source_id)

    def of(self, record: SourceRecord, kept: StatusRecord | None) -> LiveSource:
        """The source in this process, brought up to the record and to what is stored of its state."""
        live = self._live.get(record.id)
        if live is None:
            live = self._live[record.id] = self._meet(record, kept)
            return live
        if live.record.version < record.version:
            self._follow(live, record)
        live.follow(kept)
        return live

    def obey(self, holds: Mapping[int, Hold]) -> list[LiveSource]:
        """Brings every source to what people set, by inner key, those met later too. Gives the ones it changed."""
        news = {key: hold for key, hold in holds.items() if key not in self._holds or self._holds[key] < hold}
        self._holds |= news
        return [live for key, hold in news.items() if (live := self._live.get(key)) and live.obey(hold)]

    async def forget(self, source_id: int) -> None:
        live = self._live.pop(source_id, None)
        self._holds.pop(source_id, None)
        if live is not None:
            self.on_gone(live)
            await live.guard.close()

    async def close(self) -> None:
        await asyncio.gather(*(live.guard.close() for live in self._live.values()))

    def all(self) -> Iterable[LiveSource]:
        return self._live.values()

    def _meet(self, record: SourceRecord, kept: StatusRecord | None) -> LiveSource:
        dial = self._dial(record)
        guard = self._guard(record, dial, SourceFigures(kept.figures if kept else None, self._clock))
        live = LiveSource(record, guard, Journal(guard, self._clock), kept, host=dial.host)
        live.default_interval_s = self._check_interval_s
        if kept is not None:
            live.believe(kept)
        live.journal.tell = lambda: self.on_news(live)
        if record.id in self._holds:
            live.obey(self._holds[record.id])
        return live

    def _guard(self, record: SourceRecord, dial: Dial, figures: SourceFigures) -> GuardedConnector:
        breaker = Breaker(_thresholds(record), clock=self._monotonic)
        build, limits = dial.build, dial.limits
        ready = None if self._kinds.is_ready(record.kind) else partial(self._kinds.ready, record.kind)
        bulkhead = self._bulkheads.share()
        gate, egress = self._gate(breaker, record), self._kinds.egress.of(record.org_slug)
        return GuardedConnector(
            build, limits, breaker, figures, self._retry, ready=ready, bulkhead=bulkhead, gate=gate, egress=egress
        )

    def _gate(self, breaker: Breaker, record: SourceRecord) -> Gate:
        return Gate(breaker) if self._shared is None else SharedGate(breaker, self._shared, str(record.uid))

    def _dial(self, record: SourceRecord) -> Dial:
        try:
            return self._kinds.dial(record.kind, self._sources.config(record), record.org_slug)
        except SealBroken as err:
            return Dial(_broken(err), NO_LIMITS)
        except InvalidInput as err:
            # Kept by an older version of its kind, or of a kind that is gone: that must not end whoever asks for all.
            return Dial(_broken(InternalError("misfit", fields=err.fields)), NO_LIMITS)

    def _follow(self, live: LiveSource, record: SourceRecord) -> None:
        changed = live.record.config_version != record.config_version
        live.record = record
        live.guard.breaker.configure(_thresholds(record))
        if changed:
            dial = self._dial(record)
            live.guard.replace(dial.build, dial.limits)  # the figures go on
            live.host = dial.host
            live.disprove()


def _broken(err: InternalError) -> Callable[[], Connector]:
    def build() -> Connector:
        raise err

    return build


def _thresholds(record: SourceRecord) -> BreakerConfig:
    return BreakerConfig(record.failure_threshold, record.timeout_seconds)
