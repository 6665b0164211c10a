"""What a source looks like over HTTP: without its secrets, in the reader's language."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from core.api.schemas import sentence
from core.i18n import Translator
from core.models import BreakerState, Maintenance, Note, Proof, Source, SourcePage, Status


class BreakerOut(BaseModel):
    failure_threshold: int
    timeout_seconds: float


class MaintenanceOut(BaseModel):
    model_config = ConfigDict(serialize_by_alias=True)
    start: datetime = Field(serialization_alias="from")
    until: datetime

    @classmethod
    def of(cls, maintenance: Maintenance) -> "MaintenanceOut":
        return cls(start=maintenance.start, until=maintenance.until)


class NoteOut(BaseModel):
    text: str
    author: str
    ts: datetime
    until: datetime | None

    @classmethod
    def of(cls, note: Note) -> "NoteOut":
        return cls(text=note.text, author=note.author, ts=note.ts, until=note.until)


class EvidenceOut(BaseModel):
    """When, and by what, the state of a source was last proven; `by` is null for what was stored by older versions."""

    ts: datetime
    by: Proof | None

    @classmethod
    def of(cls, source: Source) -> "EvidenceOut | None":
        return cls(ts=source.evidence_ts, by=source.evidence_by) if source.evidence_ts else None


class SourceOut(BaseModel):
    id: UUID
    name: str
    kind: str
    description: str
    tags: list[str]
    config: dict[str, Any]
    status: Status
    evidence: EvidenceOut | None
    state: BreakerState
    paused: bool
    check_interval_s: float | None
    maintenance: MaintenanceOut | None
    note: NoteOut | None
    breaker: BreakerOut
    message: str | None
    last_ok_ts: datetime | None
    last_err_ts: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, source: Source, speak: Translator) -> "SourceOut":
        return cls(
            id=source.id,
            name=source.name,
            kind=source.kind,
            description=source.description,
            tags=list(source.tags),
            config=dict(source.config),
            status=source.status,
            evidence=EvidenceOut.of(source),
            state=source.state,
            paused=source.paused,
            check_interval_s=source.check_interval_s,
            maintenance=MaintenanceOut.of(source.maintenance) if source.maintenance else None,
            note=NoteOut.of(source.note) if source.note else None,
            breaker=BreakerOut(
                failure_threshold=source.breaker.failure_threshold, timeout_seconds=source.breaker.timeout_seconds
            ),
            message=sentence(source.message, speak),
            last_ok_ts=source.figures.last_ok_ts,
            last_err_ts=source.figures.last_err_ts,
            created_at=source.created_at,
            updated_at=source.updated_at,
        )


class PageOut(BaseModel):
    items: list[SourceOut]
    next_cursor: str | None

    @classmethod
    def of(cls, page: SourcePage, speak: Translator) -> "PageOut":
        return cls(items=[SourceOut.of(item, speak) for item in page.items], next_cursor=page.next_cursor)
