"""A MongoDB sample through PyMongo."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.connectors.mongodb.patterns import spelt
from core.connectors.snippets import CA_FILE, TIMEOUT_S, call, literal, program, value_of

IMPORTS = ("from bson import json_util", "from pymongo import MongoClient")
READ = """
def read(found):
    # json_util would drop what stands beside a $regex.
    return found if "$regex" in found else json_util.object_hook(found)

"""
ROWS = """for document in documents:
    print(document)"""
NAMES = {
    "hosts": "host", "user": "username", "password": "password", "auth_source": "authSource",
    "replica_set": "replicaSet", "direct": "directConnection",
}  # fmt: skip
NEEDS = "pymongo"


def snippet(config: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """Only `find` and `aggregate`; the request is Extended JSON, as it was written."""
    client = call("client = MongoClient", _client(config))
    collection = f"collection = client[{value_of(config, 'database')}][{literal(params['collection'])}]"
    limit_ms = literal(int(float(config.get("timeout_s") or TIMEOUT_S) * 1000))
    if params.get("pipeline") is not None:
        stages = f"[*{_parsed(params['pipeline'])}, {{'$limit': {_limit(params)}}}]"
        read = call("documents = collection.aggregate", [("", stages), ("maxTimeMS", limit_ms)])
    else:
        read = call("documents = collection.find", [*_found(params), ("max_time_ms", limit_ms)])
    return program(NEEDS, IMPORTS, READ, client, collection, read, ROWS, standard=("json",))


def _client(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if config.get("uri") is not None:
        yield "host", value_of(config, "uri")
    for ours, theirs in NAMES.items():
        # Who signs in where is part of a connection string, and of nothing where nobody signs in.
        if config.get(ours) and not (ours == "auth_source" and not config.get("user")):
            yield theirs, value_of(config, ours)
    if config.get("tls"):
        yield "tls", "True"
        if config.get("tls_verify") is False:
            yield "tlsAllowInvalidCertificates", "True"
        elif config.get("ca_pem"):
            yield "tlsCAFile", CA_FILE
    yield "readPreference", literal("secondaryPreferred")
    yield "retryWrites", "False"


def _found(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "filter", _parsed(params.get("filter") or {})
    if params.get("projection"):
        yield "projection", _parsed(params["projection"])
    if params.get("sort"):
        yield "sort", _parsed(params["sort"])
    yield "limit", _limit(params)


def _parsed(request: Any) -> str:
    """`{"$oid": …}` and its likes as the driver takes them."""
    return f"json.loads(json.dumps({literal(spelt(request), 1)}), object_hook=read)"


def _limit(params: Mapping[str, Any]) -> str:
    return literal(params.get("limit", 20))
