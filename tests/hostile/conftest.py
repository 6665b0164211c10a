"""The hostile peer, and the real servers with what is hostile in them."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.processes import ends_with_us

Source = tuple[dict[str, Any], list[dict[str, Any]]]
"""A configuration, and params of honest samples."""

GOOD_OBJECTS = ("good.csv", "good.csv.gz", "good.csv.zst", "good.json", "good.parquet")


@pytest.fixture(scope="session")
def peer() -> Iterator[int]:
    """The port of `tests.hostile.server`."""
    command = [*ends_with_us(), sys.executable, "-m", "tests.hostile.server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.communicate()


@pytest.fixture(scope="session")
def hostile_mongodb(mongodb: MongoServer) -> MongoServer:
    client = mongodb.client()
    database = client["cheshmeh_hostile"]
    database["good"].insert_many([{"a": 1}])
    database["cells"].insert_many([{"text": "x" * 15_000_000} for _ in range(3)])
    database["members"].insert_one({f"m{number}": number for number in range(20_000)})
    database["empties"].insert_one({"a": [{} for _ in range(100_000)]})
    for _ in range(5):
        database["many"].insert_many([{"n": number, "text": "x" * 1000} for number in range(1000)])
    client.close()
    return mongodb


@pytest.fixture
def source(kind: str, request: pytest.FixtureRequest) -> Source:
    makers: dict[str, tuple[str, Callable[[Any], Source]]] = {
        "rest": ("peer", _rest),
        "graphql": ("peer", _graphql),
        "s3": ("peer", _s3),
        "postgres": ("postgres", _postgres),
        "mongodb": ("hostile_mongodb", _mongodb),
    }
    name, of = makers[kind]
    return of(request.getfixturevalue(name))


PATIENT_S = 60
"""The `timeout_s` of a source: how busy the machine is decides nothing."""

SECRET = {"timeout_s": PATIENT_S, "auth": {"type": "bearer", "token": "hostile-token-0123"}}
"""A source with a secret: whatever it answers is searched for it."""


def _rest(port: int) -> Source:
    return {"base_url": f"http://127.0.0.1:{port}/rest", **SECRET}, [{"path": "/good"}]


def _graphql(port: int) -> Source:
    return {"endpoint": f"http://127.0.0.1:{port}/graphql", **SECRET}, [{"query": "{ good }"}]


def _s3(port: int) -> Source:
    keys = {"timeout_s": PATIENT_S, "access_key_id": "hostile", "secret_access_key": "hostile-secret-0123"}
    return {"endpoint_url": f"http://127.0.0.1:{port}", "bucket": "bucket", **keys}, [
        {"key": key} for key in GOOD_OBJECTS
    ]


def _postgres(server: PostgresServer) -> Source:
    place = {"host": server.host, "port": server.port, "database": server.database, "sslmode": "disable"}
    return place | {"user": server.user, "password": server.password}, [
        {"sql": "SELECT 1 AS n, 'x' AS t, '{}'::json AS j"}
    ]


def _mongodb(server: MongoServer) -> Source:
    account = {"user": server.user, "password": server.password, "database": "cheshmeh_hostile"}
    return {"hosts": [f"{server.host}:{server.port}"], **account}, [{"collection": "good"}]
