"""What a database holds: its collections, and the fields that their first documents have."""

import asyncio
from typing import Any

from bson import decode
from pymongo.errors import OperationFailure

from core.connectors.mongodb.fields import fields_of
from core.connectors.mongodb.opening import Client
from core.connectors.mongodb.paths import names_of, path_of
from core.connectors.mongodb.requests import Bounds, read_raw, run
from core.connectors.mongodb.values import CODEC, members
from core.models import LEVEL_MAX, CatalogEntry
from core.safety.mongo import check_collection

COUNTED_MAX = 50
"""Above so many collections, asking each for its count would take longer than anyone waits for a list."""
DOCUMENTS = 100
"""Documents whose fields are looked at: the first ones, for `$sample` reads a whole collection on some servers."""


async def entries(client: Client, database: str, path: str, bounds: Bounds) -> list[CatalogEntry]:
    """Below "" the collections, below `collection` its fields, below `collection.field` what that field holds."""
    names = names_of(path)
    if not names:
        return await _collections(client, database)
    check_collection(names[0], field="path")
    command = {"find": names[0], "filter": {}, "limit": DOCUMENTS, "batchSize": DOCUMENTS} | bounds.max_time()
    raw, _ = await read_raw(client, database, command, DOCUMENTS, bounds)
    # Megabytes of documents would hold up every other source on the loop.
    return await asyncio.to_thread(_fields, raw, names)


def _fields(raw: list[bytes], names: list[str]) -> list[CatalogEntry]:
    documents: list[Any] = [decode(document, CODEC) for document in raw]
    for name in names[1:]:
        documents = [value for document in documents for field, value in members(document) if field == name]
    return fields_of(documents, names)


async def _collections(client: Client, database: str) -> list[CatalogEntry]:
    command = {"listCollections": 1, "nameOnly": True, "authorizedCollections": True}
    cursor = await client[database].cursor_command(command, read_preference=client.read_preference)
    async with cursor:
        found = [item async for item in cursor if not item["name"].startswith("system.")][:LEVEL_MAX]
    counted = len(found) <= COUNTED_MAX
    return [
        _collection(item, await _figures(client, database, item) if counted else {})
        for item in sorted(found, key=lambda item: str(item["name"]))
    ]


def _collection(item: dict[str, Any], figures: dict[str, Any]) -> CatalogEntry:
    name, count = item["name"], figures.get("rows")
    type_, detail = str(item.get("type", "collection")), None if count is None else str(count)
    return CatalogEntry(name, path_of(name), type_, detail, expandable=True, **figures)


async def _figures(client: Client, database: str, item: dict[str, Any]) -> dict[str, int]:
    """`rows` and `bytes` by the collection's own figures, which cost nothing; a view has none."""
    if item.get("type", "collection") != "collection":
        return {}
    try:
        figures = await run(client, database, {"collStats": item["name"]})
    except OperationFailure:
        return {}
    # With indexes, since version 4.4; without them before.
    found = {"rows": figures.get("count"), "bytes": figures.get("totalSize", figures.get("size"))}
    return {name: int(value) for name, value in found.items() if isinstance(value, int | float)}
