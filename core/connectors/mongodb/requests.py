"""What pings and samples send, and how much of an answer is read."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bson import decode
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.command_cursor import AsyncCommandCursor
from pymongo.errors import ExecutionTimeout, OperationFailure
from pymongo.read_preferences import ReadPreference

from core.connectors.mongodb.config import MongodbParams
from core.connectors.mongodb.opening import Client
from core.connectors.mongodb.values import CODEC, RAW, parsed, plain, written
from core.connectors.records import sample_of
from core.errors import NotFoundInSource
from core.models import Sample
from core.resilience.deadline import server_limit_s

BATCH_FIRST = 1
"""Not every server keeps an answer within 16 MB: FerretDB would send sixteen documents of that size at once."""
BATCH = 100
SMALL_BYTES = 16 * 1024
OUTSIDE = frozenset({"$collStats", "$indexStats"})
"""Stages that a server refuses inside a transaction, as it does databases of its own."""
OWN_DATABASES = frozenset({"admin", "config", "local"})


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of an answer is read, how long a server may take for it, in seconds, and what is kept out of it."""

    bytes_max: int
    attempt_s: float
    secrets: tuple[str, ...] = ()

    def max_time(self) -> dict[str, int]:
        return {"maxTimeMS": int(server_limit_s(self.attempt_s) * 1000)}


def command_of(given: MongodbParams, bounds: Bounds) -> dict[str, Any]:
    """The find or aggregate of a request: one document more than its limit, to see whether there is more."""
    wanted, first = given.limit + 1, min(BATCH_FIRST, given.limit + 1)
    if given.pipeline is not None:
        pipeline = [*parsed(given.pipeline), {"$limit": wanted}]
        return {"aggregate": given.collection, "pipeline": pipeline, "cursor": {"batchSize": first}} | bounds.max_time()
    named = {"filter": given.filter or {}, "projection": given.projection, "sort": given.sort}
    parts = {name: parsed(document) for name, document in named.items() if document or name == "filter"}
    return {"find": given.collection, **parts, "limit": wanted, "batchSize": first} | bounds.max_time()


async def sample(client: Client, database: str, given: MongodbParams, bounds: Bounds) -> Sample:
    """Runs one find or aggregate. Raises NotFoundInSource where there is no such collection."""
    command = command_of(given, bounds)
    async with _transaction(client, database, command) as session:
        raw, cut = await read_raw(client, database, command, given.limit, bounds, session)
    if not raw and not await _exists(client, database, given.collection):
        raise NotFoundInSource("collection", detail=given.collection)
    # Megabytes of documents would hold up every other source on the loop.
    return await asyncio.to_thread(_table, raw, command, given.limit, bounds, cut)


def _table(raw: list[bytes], command: Mapping[str, Any], limit: int, bounds: Bounds, cut: str | None) -> Sample:
    raw.reverse()  # each is let go of as it is read: one may have 16 MB
    documents = [plain(decode(raw.pop(), CODEC)) for _ in range(len(raw))]
    shown = written({name: part for name, part in command.items() if name != "maxTimeMS"})
    return sample_of(
        documents, limit=limit, bytes_max=bounds.bytes_max, executed=shown, secrets=bounds.secrets, cut_by=cut
    )


async def read_raw(
    client: Client,
    database: str,
    command: Mapping[str, Any],
    limit: int,
    bounds: Bounds,
    session: AsyncClientSession | None = None,
) -> tuple[list[bytes], str | None]:
    """At most one document more than `limit`, as BSON; `bytes` or `time` when reading stopped for that."""
    preference = ReadPreference.PRIMARY if session else client.read_preference
    # A copy: the driver adds to what it is given, its session and the server's time among it.
    # The codec of the database, not of the command: the batches that follow are read with that one.
    source = client.get_database(database, codec_options=RAW)
    opened = source.cursor_command(dict(command), read_preference=preference, codec_options=RAW, session=session)
    async with await opened as cursor:
        return await _taken(cursor, limit, bounds.bytes_max)


async def _taken(cursor: AsyncCommandCursor[Any], limit: int, bytes_max: int) -> tuple[list[bytes], str | None]:
    documents: list[bytes] = []
    taken = 0
    try:
        async for document in cursor:
            if taken >= bytes_max:
                return documents, "bytes"
            documents.append(document.raw)
            taken += len(document.raw)
            # Batches grow only while documents are small: a hundred of 16 MB would stand in memory at once.
            cursor.batch_size(BATCH if taken < SMALL_BYTES else 1)
            if len(documents) > limit:
                break
    except ExecutionTimeout:
        # The server's own limit: what came before is good.
        if not documents:
            raise
        return documents, "time"
    return documents, None


@asynccontextmanager
async def _transaction(
    client: Client, database: str, command: Mapping[str, Any]
) -> AsyncIterator[AsyncClientSession | None]:
    """On a replica set a transaction that is always aborted: in it the server itself refuses `$out` and `$merge`."""
    if not client.topology_description.has_readable_server(client.read_preference):
        await run(client, database, "ping")  # until then nobody knows what kind of server there is
    if not _transactional(client, database, command):
        yield None
        return
    async with client.start_session(causal_consistency=False) as session:
        await session.start_transaction(read_preference=ReadPreference.PRIMARY)
        yield session


def _transactional(client: Client, database: str, command: Mapping[str, Any]) -> bool:
    members = client.topology_description.server_descriptions().values()
    outside = any(name in OUTSIDE for stage in command.get("pipeline", ()) for name in stage)
    primary = any(member.server_type_name == "RSPrimary" for member in members)
    return primary and not outside and database not in OWN_DATABASES and "secondary" not in _preference(client)


def _preference(client: Client) -> str:
    return str(client.read_preference.name).lower()


async def _exists(client: Client, database: str, collection: str) -> bool:
    command = {"listCollections": 1, "filter": {"name": collection}, "nameOnly": True}
    try:
        found = await run(client, database, command)
    except OperationFailure:
        return True  # who may not list may still read; an empty answer is what there is
    return bool(found["cursor"]["firstBatch"])


async def run(client: Client, database: str, command: str | Mapping[str, Any]) -> dict[str, Any]:
    """One command's answer. Raises what the driver raises."""
    given = command if isinstance(command, str) else dict(command)
    answer: dict[str, Any] = await client[database].command(
        given, read_preference=client.read_preference, codec_options=CODEC
    )
    return answer
