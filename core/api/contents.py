"""`/orgs/{org_id}/datasources/{ds_id}/catalog`: what can be sampled."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from core.api.context import Analyst, runtime_of, source_id
from core.models import CatalogEntry
from core.services.contents import CatalogLevel

router = APIRouter(prefix="/orgs/{org_id}/datasources", tags=["datasources"])


class EntryOut(BaseModel):
    """`path` is what to ask for next where it is `expandable`."""

    name: str
    path: str
    type: str
    detail: str | None = None
    expandable: bool

    @classmethod
    def of(cls, entry: CatalogEntry) -> "EntryOut":
        return cls(
            name=entry.name, path=entry.path, type=entry.type, detail=entry.detail or None, expandable=entry.expandable
        )


class CatalogOut(BaseModel):
    """What stands below `path`, as it was at `cached_at`."""

    path: str
    entries: list[EntryOut]
    cached_at: datetime

    @classmethod
    def of(cls, level: CatalogLevel) -> "CatalogOut":
        return cls(path=level.path, entries=[EntryOut.of(each) for each in level.entries], cached_at=level.cached_at)


Path = Annotated[str, Query(description="the `path` of an entry of the level above; nothing is the top")]


@router.get("/{ds_id}/catalog", response_model_exclude_none=True)
async def catalog(request: Request, org_id: str, ds_id: str, actor: Analyst, path: Path = "") -> CatalogOut:
    """Tables, collections, fields, types, prefixes and objects, level by level; each is remembered for five minutes."""
    runtime = runtime_of(request)
    return CatalogOut.of(await runtime.call(runtime.sources.catalog(actor, org_id, source_id(ds_id), path)))
