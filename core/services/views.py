"""How a source looks to outsiders, and which ones a list asks for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from core.connectors.catalog import KindCatalog
from core.errors import InvalidInput
from core.folding import fold
from core.models import BreakerConfig, BreakerState, FieldError, Figures, Hold, Message, Source, Status
from core.services.evidence import Evidence
from core.services.live import LiveSource
from core.storage.encryption import SealBroken
from core.storage.sources import SourceRecord, SourceRepository

SEARCH_MAX = 200
_AT_ONCE, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class _Shown(NamedTuple):
    """A view, until when it holds, and what it was made of."""

    view: Source
    until: datetime
    record: SourceRecord
    evidence: Evidence | None
    hold: Hold | None
    since: datetime | None
    failures: int
    figures: Figures

    def holds(self, live: LiveSource, figures: Figures, now: datetime) -> bool:
        """Asked of 1,000 sources for one list: hence no loop, and one question after the other."""
        return (
            now < self.until
            and figures is self.figures
            and live.evidence is self.evidence
            and live.record is self.record
            and live.last_set is self.hold
            and live.journal.since is self.since
            and live.guard.breaker.failures == self.failures
        )


class SourceViews:
    """Makes views, and a source's only again when something in it changed: a list of 1,000 is asked for often.

    Lives on the background loop.
    """

    def __init__(self, kinds: KindCatalog, sources: SourceRepository, clock: Callable[[], datetime]) -> None:
        self._kinds, self._sources, self._clock = kinds, sources, clock
        self._public: dict[int, tuple[int, Mapping[str, Any]]] = {}
        self._shown: dict[int, _Shown] = {}

    def of(self, live: LiveSource) -> Source:
        return self.of_all((live,))[0]

    def of_all(self, lives: Iterable[LiveSource]) -> tuple[Source, ...]:
        now = self._clock()
        return tuple([self._view(live, now) for live in lives])  # of 1,000 faster than one by one

    def public_config(self, record: SourceRecord) -> Mapping[str, Any]:
        """Without secrets; empty for one that does not open, or whose kind is gone: a ping of the source says why."""
        known = self._public.get(record.id)
        if known is not None and known[0] == record.config_version:
            return known[1]
        # One that does not open must not hide the other sources.
        try:
            shown = MappingProxyType(self._kinds.public(record.kind, self._sources.config(record)))
        except SealBroken:
            return {}
        self._public[record.id] = record.config_version, shown
        return shown

    def drop(self, source_id: int) -> None:
        self._public.pop(source_id, None)
        self._shown.pop(source_id, None)

    def _view(self, live: LiveSource, now: datetime) -> Source:
        record, breaker = live.record, live.guard.breaker
        figures = live.guard.figures.snapshot(breaker.state, now)
        shown = self._shown.get(record.id)
        if shown is not None and shown.holds(live, figures, now):
            return shown.view
        view = _made(live, figures, self.public_config(record), now)
        until, since = _until(live, view, now), live.journal.since
        self._shown[record.id] = _Shown(
            view, until, record, live.evidence, live.last_set, since, breaker.failures, figures
        )
        return view


def _made(live: LiveSource, figures: Figures, config: Mapping[str, Any], now: datetime) -> Source:
    evidence = live.evidence
    return replace(
        new_source(live.record, config),
        status=live.status(now),
        figures=figures,
        diagnosis=evidence.diagnosis if evidence else None,
        message=evidence.message if evidence else None,
        evidence_ts=evidence.ts if evidence else None,
        evidence_by=evidence.by if evidence else None,
        state_since=evidence.since if evidence else None,
        retry_after_s=_wait(live),
        breaker_since=live.journal.since,
        failures=live.guard.breaker.failures,
        hold=live.hold,
    )


def _until(live: LiveSource, view: Source, now: datetime) -> datetime:
    """When time alone changes the view: evidence grows old, and a wait grows shorter all the time."""
    if view.retry_after_s is not None:
        return _AT_ONCE
    stale_at = live.stale_at
    return _NEVER if stale_at is None or stale_at < now else stale_at


def new_source(record: SourceRecord, config: Mapping[str, Any]) -> Source:
    """A source that nothing is known about yet; `config` is already without secrets."""
    return Source(
        id=record.uid,
        org=record.org_slug,
        name=record.name,
        kind=record.kind,
        description=record.description,
        tags=record.tags,
        config=config,
        status=Status.UNKNOWN,
        figures=Figures(),
        paused=record.paused,
        check_interval_s=record.check_interval_s,
        breaker=BreakerConfig(record.failure_threshold, record.timeout_seconds),
        diagnosis=None,
        message=None,
        evidence_ts=None,
        state_since=None,
        retry_after_s=None,
        version=record.version,
        created_at=record.created_at,
        updated_at=record.updated_at,
        maintenance=record.maintenance,
        note=record.note,
    )


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """What a list asks for; `after` is the key of the last source of the page before."""

    kind: str | None
    status: Status | None
    tag: str | None
    words: tuple[str, ...]
    after: int

    @classmethod
    def parse(
        cls,
        kind: str | None,
        status: str | None,
        tag: str | None,
        q: str | None,
        limit: int,
        cursor: str | None,
        *,
        limit_max: int,
    ) -> "SourceFilter":
        """Raises InvalidInput naming the parameter."""
        if not 1 <= limit <= limit_max:
            raise _wrong("limit", Message("field.range", {"min": 1, "max": limit_max}))
        if status is not None and status not in set(Status):
            raise _wrong("status", Message("field.choice", {"choices": ", ".join(Status)}))
        if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise _wrong("cursor", Message("field.cursor"))
        if q is not None and len(q) > SEARCH_MAX:
            raise _wrong("q", Message("field.too_long", {"max_length": SEARCH_MAX}))
        words = tuple(dict.fromkeys(fold(q or "").split()))
        return cls(kind, Status(status) if status else None, tag and fold(tag), words, int(cursor or 0))

    def admits(self, live: LiveSource, view: Source) -> bool:
        return (
            live.record.id > self.after
            and (self.kind is None or view.kind == self.kind)
            and (self.status is None or view.status is self.status)
            and (self.tag is None or self.tag in map(fold, view.tags))
            and self._finds(view)
        )

    def _finds(self, view: Source) -> bool:
        if not self.words:
            return True
        text = _searchable(view)
        return all(word in text for word in self.words)


def _wait(live: LiveSource) -> float | None:
    """Nobody knows how long a person will hold it."""
    return None if live.state is BreakerState.FORCED_OPEN else live.guard.breaker.retry_after()


def _searchable(view: Source) -> str:
    public = (str(value) for value in view.config.values() if isinstance(value, str))
    return fold(" ".join((view.name, view.description, view.kind, *view.tags, *public)))


def _wrong(name: str, message: Message) -> InvalidInput:
    return InvalidInput(fields=(FieldError(name, message),))
