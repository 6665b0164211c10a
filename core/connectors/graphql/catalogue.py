"""What a GraphQL source offers: the fields of queries, and for each the query that shows what it holds.

An entry's path is `airlines.fleet`, then, where the field can be asked for without values that only a person knows, a
question mark and the query.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from core.connectors.graphql import introspection
from core.connectors.graphql.endpoint import PING, Endpoint
from core.connectors.graphql.introspection import Field
from core.connectors.graphql.ready import ReadyQueries
from core.errors import BadAnswer, LimitExceeded, PermissionDenied, QueryFailed
from core.models import LEVEL_MAX, CatalogEntry

LEVELS_MAX = 8
"""Levels of the tree; with what is selected below the last, still fewer than a query may have."""

_ASKS = "?"


async def entries(endpoint: Endpoint, path: str, *, introspects: bool) -> list[CatalogEntry]:
    """Below "" the fields of queries, below a field those of its type; only the root's name without introspection."""
    names = tuple(path.partition(_ASKS)[0].split(".")) if path else ()
    data = await _schema(endpoint) if introspects else None
    # Megabytes of schema would hold up every other source on the loop.
    found = None if data is None else await asyncio.to_thread(_below, data, names)
    if found is None:
        return [] if names else [await _root(endpoint)]
    return found


def query_of(entry: CatalogEntry) -> str:
    """The query that an entry's path holds; empty where it has none."""
    return entry.path.partition(_ASKS)[2]


async def _schema(endpoint: Endpoint) -> Mapping[str, Any] | None:
    try:
        return await endpoint.data(introspection.QUERY, introspection.BYTES_MAX)
    except (QueryFailed, PermissionDenied, BadAnswer, LimitExceeded):
        # Whether it is forbidden, odd or endless: the root type still says whether anybody is there.
        return None


async def _root(endpoint: Endpoint) -> CatalogEntry:
    root = await endpoint.root()
    return CatalogEntry(root.name or "Query", f"__typename{_ASKS}{PING}", "type", marks=("no_introspection",))


def _below(data: Mapping[str, Any], names: tuple[str, ...]) -> list[CatalogEntry] | None:
    schema = introspection.schema_of(data)
    if schema is None:
        return None
    above = schema.chain(names)
    if above is None:
        return []
    queries, place = ReadyQueries(schema), above[-1].type.name if above else schema.root
    expandable = len(above) + 1 < LEVELS_MAX
    return [
        _entry((*above, field), queries, expandable and field.type.compound and bool(schema.of(field.type.name)))
        for field in schema.of(place)[:LEVEL_MAX]
    ]


def _entry(chain: tuple[Field, ...], queries: ReadyQueries, expandable: bool) -> CatalogEntry:
    field, query = chain[-1], queries.of(chain)
    path = ".".join(each.name for each in chain)
    detail = f"({', '.join(map(str, field.arguments))})" if field.arguments else None
    return CatalogEntry(field.name, f"{path}{_ASKS}{query}" if query else path, field.type.text, detail, expandable)
