"""What a REST service holds, as far as its own answers tell, and its OpenAPI document where it has one.

A path of the catalogue is a path of the service; for what stands inside its answer, a `#` and a JSONPath follow.
"""

import asyncio
import json
import re
from dataclasses import replace
from typing import Any

from core.connectors.records import type_of
from core.connectors.rest import table
from core.connectors.rest.operations import MARK, Operations
from core.connectors.rest.service import Service
from core.errors import AuthError, BadAnswer, ConfigError, QueryRefused, RateLimited, SourceUnavailable
from core.models import LEVEL_MAX, CatalogEntry, FieldError, Message
from core.safety.rest import check_path
from core.values import clean

BYTES_MAX = 256 * 1024
PATH_MAX = 200
LOOKED_AT = 20
"""Records from which the fields of a list are told."""
_TOLD = re.compile(r'\$(?:\[\*\]|\[[0-9]+\]|\["(?:[^"\\]|\\.)*"\])*+')
"""The catalogue's own paths. A filter would make it answer questions about values, which only samples may do."""


async def below(service: Service, operations: Operations, config: Any, path: str) -> list[CatalogEntry]:
    """The entries of the base address, or of the answer at `path`; always at least one. Raises SourceError."""
    if path.startswith(MARK):
        return await operations.below(path)
    place, _, inside = path.partition("#")
    check_path(place)
    _check_inside(inside)
    if path:
        document = await _held(service, place)
        found = await asyncio.to_thread(_inside, service, place, document, inside)
        return found or [_itself(place)]
    document, failed = await _tried(service)
    told, unread = await operations.listed()
    base = replace(_itself("/"), marks=("unread",) if failed or unread else ())
    known = [base, _itself(config.health_path)]
    # The first entry is what people are shown first: where the base holds nothing, something that may.
    found = [*known, *_inside(service, "/", document, ""), *told] if document is not None else [*told, *known]
    kept: dict[str, CatalogEntry] = {}
    for entry in found:
        # The first of a path stays: it was asked, the document only speaks of it.
        kept.setdefault(entry.path, entry)
    return list(kept.values())[:LEVEL_MAX]


def params_for(entry: CatalogEntry) -> dict[str, Any]:
    """A sample of a path, or of what a JSONPath leads to in the answer there."""
    place, _, inside = entry.path.partition("#")
    if len(inside) > PATH_MAX or place.startswith(MARK):
        return {}
    return {"path": place, "limit": 100} | ({"records_path": inside} if inside else {})


async def _tried(service: Service) -> tuple[Any, bool]:
    """What the base address holds, nothing where it is no page of its own; and whether it may hold something.

    Raises SourceError, AuthError included.
    """
    answer = await service.get(service.url("/"), BYTES_MAX)
    refused = service.refusal(answer)
    if isinstance(refused, AuthError | RateLimited):
        raise refused
    if refused is not None:
        return None, isinstance(refused, SourceUnavailable)
    try:
        return await table.document(answer), False
    except BadAnswer:  # a page for people: the service's paths are still there
        return None, False


async def _held(service: Service, path: str) -> Any:
    answer = await service.get(service.url(path), BYTES_MAX)
    refused = service.refusal(answer)
    if refused is not None:
        raise refused
    return await table.document(answer)


def _itself(path: str) -> CatalogEntry:
    return CatalogEntry(path, path, "path", expandable=True)


def _inside(service: Service, place: str, document: Any, path: str) -> list[CatalogEntry]:
    """Members of an object, or the fields of a list's objects."""
    found = _at(document, path) if path else document
    above = f"{place}#{path or '$'}"
    if isinstance(found, dict):
        return [_entry(service, above, name, values) for name, values in _named(service, [found]).items()]
    rows = [each for each in found if isinstance(each, dict)][:LOOKED_AT] if isinstance(found, list) else []
    return [_entry(service, f"{above}[*]", name, values) for name, values in _named(service, rows).items()]


def _named(service: Service, rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The values of each name; a name that holds one of the source's secrets is none."""
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if _presentable(service, name)]
    return {name: [row.get(name) for row in rows] for name in names[:LEVEL_MAX]}


def _presentable(service: Service, name: str) -> bool:
    return clean(name) == name and service.tells_nothing(name)


def _entry(service: Service, above: str, name: str, values: list[Any]) -> CatalogEntry:
    """A link to another path below the base is that path; anything else is a part of this answer."""
    linked = _linked(service, values[0]) if len(values) == 1 else None
    if linked is not None:
        return CatalogEntry(name, linked, "path", expandable=True)
    type_ = type_of(values)
    return CatalogEntry(
        name, f"{above}[{json.dumps(name, ensure_ascii=False)}]", type_, expandable=type_ in ("array", "json")
    )


def _linked(service: Service, value: Any) -> str | None:
    """The path below the base that an address leads to, if it does."""
    base = str(service.base).rstrip("/")
    if not isinstance(value, str) or not value.startswith(f"{base}/"):
        return None
    path = value.removeprefix(base)
    try:
        check_path(path)
    except QueryRefused:
        return None
    return path if path != "/" and "{" not in path else None


def _check_inside(path: str) -> None:
    from core.connectors.json_path import is_path

    if path and not (_TOLD.fullmatch(path) and is_path(path)):
        # Not as the form's error: for a guard that is a defect, which counts against the source.
        raise ConfigError(fields=(FieldError("path", Message("field.catalogue_path")),))


def _at(document: Any, path: str) -> Any:
    from core.connectors.json_path import values_at

    found = values_at(document, path)
    return found[0] if len(found) == 1 else found
