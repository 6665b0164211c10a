"""What a database holds: its collections, and the fields that their first documents have."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from bson import decode
from pymongo.errors import OperationFailure

from core.connectors.mongodb.opening import Client
from core.connectors.mongodb.paths import names_of, path_of
from core.connectors.mongodb.requests import Bounds, read_raw, run
from core.connectors.mongodb.values import CODEC, members, type_name
from core.models import CatalogEntry
from core.safety.mongo import check_collection

ENTRIES_MAX = 1000
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
    documents: list[Any] = [decode(document, CODEC) for document in raw]
    for name in names[1:]:
        documents = [value for document in documents for field, value in members(document) if field == name]
    return _fields(documents, names)


async def _collections(client: Client, database: str) -> list[CatalogEntry]:
    command = {"listCollections": 1, "nameOnly": True, "authorizedCollections": True}
    cursor = await client[database].cursor_command(command, read_preference=client.read_preference)
    async with cursor:
        found = [item async for item in cursor if not item["name"].startswith("system.")][:ENTRIES_MAX]
    counted = len(found) <= COUNTED_MAX
    return [
        CatalogEntry(
            item["name"],
            path_of(item["name"]),
            str(item.get("type", "collection")),
            await _count(client, database, item) if counted else None,
            expandable=True,
        )
        for item in sorted(found, key=lambda item: str(item["name"]))
    ]


async def _count(client: Client, database: str, item: dict[str, Any]) -> str | None:
    """From the collection's own figures, which cost nothing; a view has none."""
    if item.get("type", "collection") != "collection":
        return None
    try:
        figures = await run(client, database, {"collStats": item["name"]})
    except OperationFailure:
        return None
    count = figures.get("count")
    return str(int(count)) if isinstance(count, int | float) else None


def _fields(documents: Iterable[Any], above: list[str]) -> list[CatalogEntry]:
    """One entry a field, with every type it was seen with and the share of the documents that have it."""
    types: dict[str, Counter[str]] = defaultdict(Counter)
    nested: set[str] = set()
    whole = 0
    for document in documents:
        elements = document if isinstance(document, list) else [document]
        for element in elements:
            whole += 1
            for name, value in members(element):
                types[name][type_name(value)] += 1
                nested |= {name} if any(members(value)) else set()
    return [
        CatalogEntry(
            name,
            path_of(*above, name),
            " | ".join(word for word, _ in seen.most_common()),
            f"{round(100 * seen.total() / max(1, whole))} %",
            expandable=name in nested,
        )
        for name, seen in types.items()
    ]
