"""`/orgs/{org_id}/datasources/{ds_id}/catalog`: what can be sampled."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from core.api.context import Analyst, runtime_of, source_id
from core.models import CatalogEntry
from core.services.contents import CatalogLevel

router = APIRouter(prefix="/orgs/{org_id}/datasources", tags=["datasources"])


class TypeOut(BaseModel):
    """A type that was seen in a field, and in which share of its values, from 0 to 1."""

    type: str
    share: float


class EntryOut(BaseModel):
    """`path` is what to ask for next where it is `expandable`.

    `rows` and `bytes` are the source's own figures, often estimates; `share` is the part of the records looked at that
    have the field, from 0 to 1; `marks` are `primary_key`, `not_null`, `conflict`, `no_introspection`, `unread`.
    """

    name: str
    path: str
    type: str
    detail: str | None = None
    expandable: bool
    rows: int | None = None
    bytes: int | None = None
    modified: datetime | None = None
    share: float | None = None
    types: list[TypeOut] | None = None
    marks: list[str] | None = None

    @classmethod
    def of(cls, entry: CatalogEntry) -> "EntryOut":
        return cls(
            name=entry.name,
            path=entry.path,
            type=entry.type,
            detail=entry.detail or None,
            expandable=entry.expandable,
            rows=entry.rows,
            bytes=entry.bytes,
            modified=entry.modified,
            share=entry.share,
            types=[TypeOut(type=each.type, share=each.share) for each in entry.types] or None,
            marks=list(entry.marks) or None,
        )


class ChangeOut(BaseModel):
    """`before` and `after` are types; one that came has none before, one that went none after."""

    what: Literal["added", "removed", "type"]
    name: str
    before: str | None = None
    after: str | None = None


class CatalogOut(BaseModel):
    """What stands below `path`, as it was at `cached_at`, and what changed between two looks, the last time it did."""

    path: str
    entries: list[EntryOut]
    cached_at: datetime
    changes: list[ChangeOut]
    changed_after: datetime | None = None
    changed_before: datetime | None = None

    @classmethod
    def of(cls, level: CatalogLevel) -> "CatalogOut":
        changes = [
            ChangeOut(what=each.what, name=each.name, before=each.before, after=each.after) for each in level.changes
        ]
        return cls(
            path=level.path,
            entries=[EntryOut.of(each) for each in level.entries],
            cached_at=level.cached_at,
            changes=changes,
            changed_after=level.changed_after,
            changed_before=level.changed_before,
        )


Path = Annotated[str, Query(description="the `path` of an entry of the level above; nothing is the top")]
Fresh = Annotated[bool, Query(description="ask the source now, however young what is remembered")]


@router.get("/{ds_id}/catalog", response_model_exclude_none=True)
async def catalog(
    request: Request, org_id: str, ds_id: str, actor: Analyst, path: Path = "", fresh: Fresh = False
) -> CatalogOut:
    """Tables, collections, fields, types, prefixes and objects, level by level; each is remembered for five minutes."""
    runtime = runtime_of(request)
    level = await runtime.call(runtime.sources.catalog(actor, org_id, source_id(ds_id), path, fresh=fresh))
    return CatalogOut.of(level)
