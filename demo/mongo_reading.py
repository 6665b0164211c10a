"""What the MongoDB simulator answers from its data: the reading commands, over mongomock."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

import bson
import mongomock
from mongomock.filtering import filter_applies
from pymongo.errors import OperationFailure

from demo.mongo_wire import Document

FIRST_BATCH, LATER_BATCH = 101, 1000
WRITING_STAGES = frozenset({"$out", "$merge"})
CODES = MappingProxyType(
    {
        2: "BadValue",
        13: "Unauthorized",
        18: "AuthenticationFailed",
        43: "CursorNotFound",
        59: "CommandNotFound",
        238: "NotImplemented",
        40324: "Location40324",
    }
)
# mongomock checks little: what it is not made for fails as Python does, somewhere inside.
UNFORESEEN = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, re.error, RecursionError)


class CommandFailed(Exception):
    """What a client is told instead of an answer."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.answer = {"ok": 0.0, "errmsg": message, "code": code, "codeName": CODES[code]}


class Reading:
    """One connection's view of the data, with its cursors. Every command raises CommandFailed."""

    def __init__(self, client: "mongomock.MongoClient[Document]") -> None:
        self._client = client
        self._cursors: dict[int, tuple[str, Iterator[Document]]] = {}
        self._ids = itertools.count(1)
        self.commands: Mapping[str, Callable[[Document], Document]] = {
            "find": self._find,
            "aggregate": self._aggregate,
            "getMore": self._get_more,
            "killCursors": self._kill_cursors,
            "listCollections": self._list_collections,
            "listDatabases": self._list_databases,
            "collStats": self._coll_stats,
        }

    def run(self, name: str, command: Document) -> Document:
        try:
            return self.commands[name](command)
        except NotImplementedError as err:
            code = 40324 if "not a valid operator for the aggregation pipeline" in str(err) else 238
            raise CommandFailed(code, f"not simulated: {err}") from err
        except OperationFailure as err:
            raise CommandFailed(2, str(err)) from err
        except UNFORESEEN as err:
            raise CommandFailed(2, f"not understood by the simulator ({type(err).__name__})") from err

    def _find(self, command: Document) -> Document:
        collection = self._client[command["$db"]][command["find"]]
        found = collection.find(command.get("filter") or {}, command.get("projection") or None)
        if sort := command.get("sort"):
            found = found.sort(list(sort.items()))
        limit = abs(int(command.get("limit", 0)))
        skip = int(command.get("skip", 0))
        documents = itertools.islice(found, skip, skip + limit if limit else None)
        return self._opened(command, command["find"], documents, command.get("batchSize"))

    def _aggregate(self, command: Document) -> Document:
        pipeline, name = command["pipeline"], command["aggregate"]
        if any(WRITING_STAGES & stage.keys() for stage in pipeline):
            raise CommandFailed(13, f"not authorized on {command['$db']} to execute command aggregate")
        if pipeline and "$collStats" in pipeline[0]:
            stats = self._coll_stats({"$db": command["$db"], "collStats": name})
            found: Iterable[Document] = [{"ns": stats["ns"], "count": stats["count"], "storageStats": stats}]
            pipeline = pipeline[1:]
            if pipeline:
                raise CommandFailed(238, "not simulated: stages after $collStats")
        else:
            found = self._client[command["$db"]][name].aggregate(pipeline)
        return self._opened(command, name, found, command.get("cursor", {}).get("batchSize"))

    def _opened(self, command: Document, name: str, found: Iterable[Document], size: int | None) -> Document:
        """The first batch, and a cursor for the rest."""
        namespace, rest = f"{command['$db']}.{name}", iter(found)
        batch = list(itertools.islice(rest, FIRST_BATCH if size is None else int(size)))
        left = None if command.get("singleBatch") else next(rest, None)
        identifier = 0
        if left is not None:
            identifier = next(self._ids)
            self._cursors[identifier] = (namespace, itertools.chain([left], rest))
        return {"cursor": {"firstBatch": batch, "id": bson.Int64(identifier), "ns": namespace}}

    def _get_more(self, command: Document) -> Document:
        identifier = command["getMore"]
        if identifier not in self._cursors:
            raise CommandFailed(43, f"cursor id {identifier} not found")
        namespace, rest = self._cursors.pop(identifier)
        batch = list(itertools.islice(rest, int(command.get("batchSize", LATER_BATCH))))
        left = next(rest, None)
        if left is not None:
            self._cursors[identifier] = (namespace, itertools.chain([left], rest))
        following = bson.Int64(identifier if left is not None else 0)
        return {"cursor": {"nextBatch": batch, "id": following, "ns": namespace}}

    def _kill_cursors(self, command: Document) -> Document:
        known = [identifier for identifier in command["cursors"] if self._cursors.pop(identifier, None)]
        unknown = [identifier for identifier in command["cursors"] if identifier not in known]
        return {"cursorsKilled": known, "cursorsNotFound": unknown, "cursorsAlive": [], "cursorsUnknown": []}

    def _list_collections(self, command: Document) -> Document:
        names = sorted(self._client[command["$db"]].list_collection_names())
        entries = [{"name": name, "type": "collection", "options": {}, "info": {"readOnly": True}} for name in names]
        asked = command.get("filter") or {}
        wanted = [entry for entry in entries if filter_applies(asked, entry)]  # type: ignore[no-untyped-call] # no stub
        return self._opened(command, "$cmd.listCollections", wanted, len(wanted) + 1)

    def _list_databases(self, _command: Document) -> Document:
        databases = [{"name": name, "sizeOnDisk": 0, "empty": False} for name in self._client.list_database_names()]
        return {"databases": databases, "totalSize": 0}

    def _coll_stats(self, command: Document) -> Document:
        database, name = command["$db"], command["collStats"]
        documents = self._client[database][name].find()
        sizes = [len(bson.encode(document)) for document in documents]
        count, size = len(sizes), sum(sizes)
        average = size // count if count else 0
        return {"ns": f"{database}.{name}", "count": count, "size": size, "avgObjSize": average, "nindexes": 1}
