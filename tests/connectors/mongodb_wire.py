"""A MongoDB server that says what a test wants: one message in, one document out, over the real wire protocol."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bson import decode, encode

from core.connectors import forms
from core.connectors.base import Environment
from core.connectors.kinds.mongodb import MongodbConfig, MongodbConnector
from core.safety.egress import EgressPolicy

HOST = "127.0.0.1"
HEADER = struct.Struct("<iiii")
OP_MSG = 2013
Document = dict[str, Any]
HANDSHAKE = ("hello", "ismaster", "isMaster")


@dataclass
class WireServer:
    """`answers` makes the answer to a command, or None for the usual one. `commands` is what came, handshakes aside."""

    port: int = 0
    hello: Document = field(default_factory=dict)
    answers: Callable[[str, Document], Document | None] = lambda _name, _command: None
    commands: list[Document] = field(default_factory=list)
    accepted: int = 0
    garble: tuple[bytes, bytes] = (b"\0\0", b"\0\0")
    """Bytes of an answer, and what is sent in their place."""
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def be_primary(self, name: str, *members: str) -> None:
        """Calls itself the primary of a set of these members, or of itself alone."""
        hosts = list(members) or [self.address]
        self.hello = {"setName": name, "hosts": hosts, "me": self.address, "primary": self.address, "setVersion": 1}

    def said(self, name: str) -> list[Document]:
        return [command for command in self.commands if next(iter(command)) == name]

    def answer(self, command: Document) -> Document:
        name = next(iter(command))
        if name in HANDSHAKE:
            return GREETING | {"isWritablePrimary": True} | self.hello
        self.commands.append(command)
        return {"ok": 1} | (self.answers(name, command) or USUAL.get(name, {}))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.writers.append(writer)
        try:
            while True:
                length, request, _, _ = HEADER.unpack(await reader.readexactly(HEADER.size))
                body = await reader.readexactly(length - HEADER.size)
                answer = struct.pack("<iB", 0, 0) + encode(self.answer(decode(body[5:]))).replace(*self.garble)
                writer.write(HEADER.pack(HEADER.size + len(answer), 0, request, OP_MSG) + answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


GREETING: Document = {
    "ok": 1, "helloOk": True, "minWireVersion": 0, "maxWireVersion": 21, "maxBsonObjectSize": 16 * 2**20,
    "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000, "logicalSessionTimeoutMinutes": 30,
}  # fmt: skip
USUAL: dict[str, Document] = {
    "buildInfo": {"version": "7.0.4"},
    "find": {"cursor": {"id": 0, "ns": "app.orders", "firstBatch": [{"a": 1}]}},
    "aggregate": {"cursor": {"id": 0, "ns": "app.orders", "firstBatch": [{"a": 1}]}},
    "listCollections": {"cursor": {"id": 0, "ns": "app.$cmd.listCollections", "firstBatch": [{"name": "orders"}]}},
}


@asynccontextmanager
async def wire_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[WireServer]:
    """A standalone, until it is told to be something else."""
    found = WireServer()
    async with await asyncio.start_server(found.serve, HOST, 0, ssl=tls) as listener:
        found.port = listener.sockets[0].getsockname()[1]
        yield found
        for writer in found.writers:
            writer.transport.abort()
        await asyncio.sleep(0)


def config_of(*hosts: str, **changes: Any) -> MongodbConfig:
    given: Document = {"hosts": list(hosts), "database": "app", **changes}
    return forms.validate_config(MongodbConfig, {name: value for name, value in given.items() if value is not None})


def connector(*hosts: str, policy: EgressPolicy | None = None, **changes: Any) -> MongodbConnector:
    return MongodbConnector.build(config_of(*hosts, **changes), Environment(policy or EgressPolicy()))


@asynccontextmanager
async def closing(mongo: MongodbConnector) -> AsyncIterator[MongodbConnector]:
    try:
        yield mongo
    finally:
        await mongo.close()
