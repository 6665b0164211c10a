"""How a source looks to outsiders, and which ones a list asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import InvalidInput
from core.models import BreakerConfig, BreakerState, FieldError, Message, Source, Status
from core.services.live import LiveSource
from core.storage.folding import fold


def source_view(live: LiveSource, config: Mapping[str, Any], now: datetime) -> Source:
    """`config` is already without secrets."""
    record, evidence = live.record, live.evidence
    return Source(
        id=record.uid,
        org=record.org_slug,
        name=record.name,
        kind=record.kind,
        description=record.description,
        tags=record.tags,
        config=config,
        status=live.status(now),
        figures=live.guard.figures.snapshot(live.state),
        paused=record.paused,
        check_interval_s=record.check_interval_s,
        breaker=BreakerConfig(record.failure_threshold, record.timeout_seconds),
        diagnosis=evidence.diagnosis if evidence else None,
        message=evidence.message if evidence else None,
        evidence_ts=evidence.ts if evidence else None,
        state_since=evidence.since if evidence else None,
        retry_after_s=_wait(live),
        version=record.version,
        created_at=record.created_at,
        updated_at=record.updated_at,
        breaker_since=live.journal.since,
        failures=live.guard.breaker.failures,
        hold=live.hold,
        maintenance=record.maintenance,
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
        words = tuple(fold(q or "").split())
        return cls(kind, Status(status) if status else None, tag and fold(tag), words, int(cursor or 0))

    def admits(self, live: LiveSource, view: Source) -> bool:
        return (
            live.record.id > self.after
            and (self.kind is None or view.kind == self.kind)
            and (self.status is None or view.status is self.status)
            and (self.tag is None or self.tag in map(fold, view.tags))
            and all(word in _searchable(view) for word in self.words)
        )


def _wait(live: LiveSource) -> float | None:
    """Nobody knows how long a person will hold it."""
    return None if live.state is BreakerState.FORCED_OPEN else live.guard.breaker.retry_after()


def _searchable(view: Source) -> str:
    public = (str(value) for value in view.config.values() if isinstance(value, str))
    return fold(" ".join((view.name, view.description, view.kind, *view.tags, *public)))


def _wrong(name: str, message: Message) -> InvalidInput:
    return InvalidInput(fields=(FieldError(name, message),))
