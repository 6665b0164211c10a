"""`/orgs/{org_id}/datasources/{ds_id}/catalog`: what can be sampled."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from core.api.callers import answered
from core.api.catalog_schemas import CatalogOut
from core.api.context import Analyst, runtime_of, source_id

router = APIRouter(prefix="/orgs/{org_id}/datasources", tags=["datasources"])
Path = Annotated[str, Query(description="the `path` of an entry of the level above; nothing is the top")]
Fresh = Annotated[bool, Query(description="ask the source now, however young what is remembered")]


@router.get("/{ds_id}/catalog", response_model_exclude_none=True)
async def catalog(
    request: Request, org_id: str, ds_id: str, actor: Analyst, path: Path = "", fresh: Fresh = False
) -> CatalogOut:
    """Tables, collections, fields, types, prefixes and objects, level by level; each is remembered for five minutes."""
    runtime = runtime_of(request)
    found = runtime.sources.catalog(actor, org_id, source_id(ds_id), path, fresh=fresh)
    level = await answered(request, found)
    return CatalogOut.of(level)
