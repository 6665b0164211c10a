"""A source of each kind that answers on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.connectors.mongodb_wire import wire_server
from tests.connectors.rest_source import peer
from tests.servers.postgres import PostgresServer


@asynccontextmanager
async def well(kind: str, postgres: PostgresServer) -> AsyncIterator[tuple[int, dict[str, Any]]]:
    """A source of this kind that answers at `HERE`: its port, and what its configuration needs."""
    if kind == "postgres":
        login = {"database": postgres.database, "user": postgres.user, "password": postgres.password}
        yield postgres.port, login
    elif kind == "mongodb":
        async with wire_server() as wire:
            yield wire.port, {}
    else:
        async with peer(GOOD[kind]) as there:
            yield there.port, {}


def page(text: str, content_type: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(text)}\r\n\r\n"
    return (head + text).encode()


GOOD = {
    "rest": page('[{"id": 1}]', "application/json"),
    "graphql": page('{"data": {"__typename": "Query"}}', "application/json"),
    "s3": page("<ListBucketResult><Name>reports</Name></ListBucketResult>", "application/xml"),
}
