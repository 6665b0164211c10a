"""What a GraphQL source offers: the fields of queries, and for each the query that shows what it holds.

An entry's path is `airlines.fleet`, then, where the field can be asked for without values that only a person knows, a
question mark and the query.
"""

import asyncio

from core.connectors.graphql import introspection
from core.connectors.graphql.endpoint import PING, Endpoint, Reply
from core.connectors.graphql.introspection import Field, Schema, Type
from core.connectors.graphql.ready import ReadyQueries
from core.errors import BadAnswer, LimitExceeded, PermissionDenied, QueryFailed
from core.models import LEVEL_MAX, CatalogEntry

LEVELS_MAX = 8
"""Levels of the tree; with what is selected below the last, still fewer than a query may have."""

_ASKS = "?"


async def entries(endpoint: Endpoint, path: str, *, introspects: bool) -> list[CatalogEntry]:
    """Below "" the fields of queries, below a field those of its type; only the root's name without introspection.

    Of a schema that was too long, one entry that is marked stands for the fields that were not read.
    """
    names = tuple(path.partition(_ASKS)[0].split(".")) if path else ()
    reply = await _schema(endpoint) if introspects else None
    # Megabytes of schema would hold up every other source on the loop.
    found = None if reply is None else await asyncio.to_thread(_below, reply, names)
    if found is not None:
        return found
    cut = reply is not None and not reply.complete
    if names:
        return [_unread(names)] if cut else []
    return [await _root(endpoint, "unread" if cut else "no_introspection")]


def query_of(entry: CatalogEntry) -> str:
    """The query that an entry's path holds; empty where it has none."""
    return entry.path.partition(_ASKS)[2]


async def _schema(endpoint: Endpoint) -> Reply | None:
    try:
        return await endpoint.answered(introspection.QUERY, introspection.BYTES_MAX, introspection.VALUES_MAX)
    except LimitExceeded:
        return Reply({}, (), complete=False, server="")
    except (QueryFailed, PermissionDenied, BadAnswer):
        # Whether it is forbidden or odd: the root type still says whether anybody is there.
        return None


async def _root(endpoint: Endpoint, mark: str) -> CatalogEntry:
    root = await endpoint.root()
    return CatalogEntry(root.name or "Query", f"__typename{_ASKS}{PING}", "type", marks=(mark,))


def _unread(names: tuple[str, ...]) -> CatalogEntry:
    return CatalogEntry(names[-1], ".".join((*names, "__typename")), "type", marks=("unread",))


def _below(reply: Reply, names: tuple[str, ...]) -> list[CatalogEntry] | None:
    """None where nothing is known of the fields there."""
    schema = introspection.schema_of(reply.data or {})
    if schema is None:
        return None
    above = schema.chain(names)
    if above is None:
        return [] if reply.complete else None
    if above and not reply.complete and _behind(schema, above[-1].type):
        return None
    queries, place = ReadyQueries(schema), above[-1].type.name if above else schema.root
    deeper = len(above) + 1 < LEVELS_MAX
    return [
        _entry((*above, field), queries, deeper and _opens(schema, field.type, reply.complete))
        for field in schema.of(place)[:LEVEL_MAX]
    ]


def _behind(schema: Schema, type_: Type) -> bool:
    return type_.compound and not schema.of(type_.name)


def _opens(schema: Schema, type_: Type, complete: bool) -> bool:
    """A type behind the cut of a schema opens too, to say just that."""
    return type_.compound and not (complete and _behind(schema, type_))


def _entry(chain: tuple[Field, ...], queries: ReadyQueries, expandable: bool) -> CatalogEntry:
    field, query = chain[-1], queries.of(chain)
    path = ".".join(each.name for each in chain)
    detail = f"({', '.join(map(str, field.arguments))})" if field.arguments else None
    return CatalogEntry(field.name, f"{path}{_ASKS}{query}" if query else path, field.type.text, detail, expandable)
