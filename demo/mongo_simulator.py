"""A simulator of MongoDB for machines without one: its wire protocol and SCRAM login, read-only, over mongomock."""

import asyncio
import datetime as dt
import socket
from collections.abc import Callable, Mapping
from types import MappingProxyType

import mongomock

from demo import mongo_wire as wire
from demo.mongo_reading import CommandFailed, Reading
from demo.mongo_wire import Document
from demo.scram import Account, Exchange, LoginRefused

VERSION = "7.0.0"
WIRE_VERSION = 21
"""What MongoDB 7.0 announces."""

AUTH_DATABASE, MECHANISM = "admin", "SCRAM-SHA-256"
WRITES = frozenset({"insert", "update", "delete", "findAndModify", "create", "drop", "dropDatabase", "createIndexes"})
READ_ACTIONS = ("collStats", "dbStats", "find", "killCursors", "listCollections", "listIndexes")
SPELLINGS = MappingProxyType({"ismaster": "isMaster", "buildinfo": "buildInfo", "collstats": "collStats"})
Data = Mapping[str, Mapping[str, list[Document]]]


class Simulator:
    """Databases with collections of documents, and the one account that may read them."""

    def __init__(self, account: Account, data: Data) -> None:
        self.account = account
        self.client: mongomock.MongoClient[Document] = mongomock.MongoClient()
        for database, collections in data.items():
            for name, documents in collections.items():
                self.client[database][name].insert_many(documents)

    async def start(self, accepting: socket.socket) -> asyncio.Server:
        """Serves on a listening socket until the server is closed."""
        return await asyncio.start_server(self._connected, sock=accepting)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self)
        try:
            while True:
                request = await wire.receive(reader)
                answer = session.answer(request.command)
                if request.answered:
                    writer.write(wire.reply(request, answer))
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, wire.ProtocolViolated):
            return  # the client left, or was none
        finally:
            writer.close()


class Session:
    """One connection: who logged in, and what may be asked then."""

    def __init__(self, simulator: Simulator) -> None:
        self._account, self._reading = simulator.account, Reading(simulator.client)
        self._exchange: Exchange | None = None
        self._user: str | None = None
        self._open: Mapping[str, Callable[[Document], Document]] = {
            "hello": lambda command: self._hello(command) | {"isWritablePrimary": True},
            "isMaster": lambda command: self._hello(command) | {"ismaster": True},
            "ping": lambda _: {},
            "buildInfo": _build_info,
            "saslStart": self._sasl_start,
            "saslContinue": self._sasl_continue,
            "connectionStatus": self._connection_status,
            "endSessions": lambda _: {},
        }

    def answer(self, command: Document) -> Document:
        """The reply to a command, failures included."""
        try:
            return self._run(command) | {"ok": 1.0}
        except CommandFailed as err:
            return err.answer
        except LoginRefused:
            self._exchange = None
            return CommandFailed(18, "Authentication failed.").answer

    def _run(self, command: Document) -> Document:
        given = next(iter(command), "")
        name = SPELLINGS.get(given, given)
        if name in self._open:
            return self._open[name](command)
        if name not in self._reading.commands and name not in WRITES:
            raise CommandFailed(59, f"no such command: '{name}'")
        if self._user is None:
            raise CommandFailed(13, f"command {name} requires authentication")
        if name in WRITES:
            raise CommandFailed(13, f"not authorized on {command.get('$db')} to execute command {name}")
        return self._reading.run(name, command | {name: command[given]})

    def _hello(self, command: Document) -> Document:
        answer = {
            "helloOk": True,
            "maxBsonObjectSize": 16_777_216,
            "maxMessageSizeBytes": wire.MESSAGE_BYTES_MAX,
            "maxWriteBatchSize": 100_000,
            "localTime": dt.datetime.now(dt.UTC),
            "minWireVersion": 0,
            "maxWireVersion": WIRE_VERSION,
            "readOnly": True,
        }
        return answer | ({"saslSupportedMechs": [MECHANISM]} if "saslSupportedMechs" in command else {})

    def _sasl_start(self, command: Document) -> Document:
        self._user = None
        if command.get("$db") != AUTH_DATABASE or command.get("mechanism") != MECHANISM:
            raise LoginRefused
        self._exchange = Exchange(self._account, _payload(command))
        return {"conversationId": 1, "done": False, "payload": self._exchange.server_first.encode()}

    def _sasl_continue(self, command: Document) -> Document:
        if self._user is not None:  # the empty last message of a client that skips nothing
            return {"conversationId": 1, "done": True, "payload": b""}
        if self._exchange is None:
            raise LoginRefused
        exchange, self._exchange = self._exchange, None
        signature = exchange.finish(_payload(command))
        self._user = self._account.user
        return {"conversationId": 1, "done": True, "payload": signature}

    def _connection_status(self, command: Document) -> Document:
        users = [{"user": self._user, "db": AUTH_DATABASE}] if self._user else []
        roles = [{"role": "readAnyDatabase", "db": AUTH_DATABASE}] if self._user else []
        info: Document = {"authenticatedUsers": users, "authenticatedUserRoles": roles}
        if command.get("showPrivileges"):
            everything = {"resource": {"db": "", "collection": ""}, "actions": list(READ_ACTIONS)}
            info["authenticatedUserPrivileges"] = [everything] if self._user else []
        return {"authInfo": info}


def _build_info(_command: Document) -> Document:
    return {
        "version": f"{VERSION}-simulated",
        "versionArray": [7, 0, 0, 0],
        "gitVersion": "simulator of the demo",
        "modules": [],
        "bits": 64,
        "maxBsonObjectSize": 16_777_216,
    }


def _payload(command: Document) -> bytes:
    payload = command.get("payload")
    if not isinstance(payload, bytes):
        raise LoginRefused
    return payload
