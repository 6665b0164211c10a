"""The cases of the five kinds on their real servers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Int64

from tests.api.kind_case import WRONG, Case, Expected
from tests.connectors.s3_objects import parquet, table
from tests.servers.apps import airlines, records
from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server
from tests.servers.web import WebServer

TOKEN = records.SECRET
NAME = "cheshmeh-api-kinds"
MONGO_DATABASE = "cheshmeh_api_kinds"
TABLE = """
DROP TABLE IF EXISTS public."نمونه‌ها";
CREATE TABLE public."نمونه‌ها" (id bigint, نام text, بها numeric(30, 10), روز date, پیوست jsonb, خام bytea);
INSERT INTO public."نمونه‌ها" VALUES
    (9007199254740993, 'پستهٔ رفسنجان', 1234567890123456789.5, '2026-03-21', '{{"شهر": ["ری"]}}', '\\x00ff');
GRANT SELECT ON public."نمونه‌ها" TO "{user}";
"""


def postgres_case(server: PostgresServer) -> Case:
    server.execute(TABLE.format(user=server.user))
    place = {"host": server.host, "port": server.port, "database": server.database, "user": server.user}
    return Case(
        kind="postgres",
        config={**place, "password": server.password},
        secret="password",
        wrong={"password": WRONG},
        rung="auth",
        at_fault="config.password",
        elsewhere={"host": "localhost"},
        cleared={"password": None},
        invalid=(
            ({"port": "5432"}, ["config.port"]),
            ({"host": "a,b"}, ["config.host"]),
            ({"no_such": 1}, ["config.no_such"]),
        ),
        params={"table": "نمونه‌ها", "limit": 1},
        columns={
            "id": ("integer", "9007199254740993"),
            "نام": ("string", "پستهٔ رفسنجان"),
            "بها": ("decimal", "1234567890123456789.5000000000"),
            "روز": ("date", "2026-03-21"),
            "پیوست": ("json", {"شهر": ["ری"]}),
            "خام": ("binary", {"base64": "AP8=", "bytes": 2}),
        },
        refused={"sql": "select pg_sleep(1)"},
        rule="function",
        part="pg_sleep",
    )


def _seed_mongodb(server: MongoServer) -> None:
    document = {
        "_id": 1,
        "نام": "انبار ری",
        "n": Int64(2**60),
        "at": datetime(2026, 3, 21, 8, 30, tzinfo=UTC),
        "nested": {"شهر": ["ری"]},
        "raw": b"\x00\xff",
    }
    with server.client() as client:
        client.drop_database(MONGO_DATABASE)
        client[MONGO_DATABASE].things.insert_one(document)


def mongodb_case(server: MongoServer) -> Case:
    _seed_mongodb(server)
    hosts = [f"{server.host}:{server.port}"]
    config = {"hosts": hosts, "database": MONGO_DATABASE, "user": server.user, "password": server.password}
    return Case(
        kind="mongodb",
        config=config,
        secret="password",
        wrong={"password": WRONG},
        rung="auth",
        at_fault="config.password",
        elsewhere={"hosts": [f"localhost:{server.port}"]},
        cleared={"user": None, "password": None},
        invalid=(
            ({"hosts": ["/run/mongodb.sock"]}, ["config.hosts"]),
            ({"user": None}, ["config.user"]),
            ({"tls": "yes"}, ["config.tls"]),
            ({"no_such": 1}, ["config.no_such"]),
        ),
        params={"collection": "things", "limit": 1},
        columns={
            "نام": ("string", "انبار ری"),
            "n": ("integer", str(2**60)),
            "at": ("timestamptz", "2026-03-21T08:30:00+00:00"),
            "nested": ("json", {"شهر": ["ری"]}),
            "raw": ("binary", {"base64": "AP8=", "bytes": 2}),
        },
        refused={"collection": "things", "filter": {"$where": "1"}},
        rule="operator",
        part="$where",
    )


def mongodb_uri_case(server: MongoServer) -> Case:
    """The same, with the whole connection string as the one secret."""
    case, place = mongodb_case(server), f"{server.host}:{server.port}/"
    uri = f"mongodb://{server.user}:{server.password}@{place}"
    return replace(
        case,
        config={"uri": uri, "database": MONGO_DATABASE},
        secret="uri",
        wrong={"uri": f"mongodb://{server.user}:{WRONG}@{place}"},
        at_fault="config.uri",
        elsewhere={"tls": True},
        cleared={"uri": None, "hosts": [f"{server.host}:{server.port}"]},
        invalid=(
            ({"uri": f"mongodb://u:{WRONG}@h/?tlsCertificateKeyFile=/etc/passwd"}, ["config.uri"]),
            ({"uri": f"mongodb://u:{WRONG}@h/?authMechanism=GSSAPI"}, ["config.uri"]),
            ({"uri": f"mysql://u:{WRONG}@h/"}, ["config.uri"]),
            ({"hosts": ["h"]}, ["config.hosts"]),
        ),
    )


PLANE: Mapping[str, Expected] = {
    "id": ("integer", 1),
    "maker": ("string", records.PLANES[0]["maker"]),
    "load": ("float", 13.5),
    "built": ("string", records.PLANES[0]["built"]),
    "engine": ("json", records.PLANES[0]["engine"]),
    "routes": ("array", records.PLANES[0]["routes"]),
    "retired": ("null", None),
}


def rest_case(server: WebServer) -> Case:
    return Case(
        kind="rest",
        config={
            "base_url": f"{server.url}/secure",
            "auth": {"type": "bearer", "token": TOKEN},
            "health_path": "/bearer",
        },
        secret="auth.token",
        wrong={"auth": {"token": WRONG}},
        rung="auth",
        at_fault="config.auth",
        elsewhere={"base_url": server.url},
        cleared={"auth": None},
        invalid=(
            ({"base_url": "ftp://h"}, ["config.base_url"]),
            ({"auth": {"type": "magic"}}, ["config.auth.type"]),
            ({"headers": {"Host": WRONG}}, ["config.headers"]),
            ({"health_expect": ["ok"]}, ["config.health_expect"]),
            ({"no_such": 1}, ["config.no_such"]),
        ),
        params={"path": "/bearer", "limit": 1},
        columns=PLANE,
        refused={"path": "/../planes"},
        rule="rest_parent",
        part="..",
    )


def rest_header_case(server: WebServer) -> Case:
    """Two headers, of which one is a secret."""
    case = rest_case(server)
    headers = {"X-Api-Key": TOKEN, "Accept-Language": "fa"}
    return replace(
        case,
        config={"base_url": f"{server.url}/secure", "headers": headers, "health_path": "/header"},
        secret="headers.X-Api-Key",
        wrong={"headers": {"X-Api-Key": WRONG}},
        cleared={"headers": {"X-Api-Key": None}},
        params={"path": "/header", "limit": 1},
    )


def graphql_case(server: WebServer) -> Case:
    first = airlines.airline(1)
    return Case(
        kind="graphql",
        config={"endpoint": f"{server.url}/graphql", "auth": {"type": "bearer", "token": TOKEN}},
        secret="auth.token",
        wrong={"auth": {"token": WRONG}},
        rung="auth",
        at_fault="config.auth",
        elsewhere={"endpoint": f"{server.url}/no-introspection"},
        cleared={"auth": None},
        invalid=(
            ({"endpoint": f"http://u:{WRONG}@h/graphql"}, ["config.endpoint"]),
            ({"endpoint": f"http://h/graphql?api_key={WRONG}"}, ["config.endpoint"]),
            ({"introspection": "yes"}, ["config.introspection"]),
            ({"no_such": 1}, ["config.no_such"]),
        ),
        params={"query": "{ airlines { name founded fleet { size planes { seats } } } }", "limit": 1},
        columns={
            "name": ("string", first.name),
            "founded": ("string", str(first.founded)),
            "fleet": ("json", {"size": 1, "planes": [{"seats": 101}]}),
        },
        refused={"query": 'mutation { rename(carrier: "01", name: "x") { name } }'},
        rule="graphql_operation",
        part="mutation",
    )


def s3_case(server: S3Server) -> Case:
    client = server.client()
    if NAME not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket=NAME)
    client.put_object(Bucket=NAME, Key="safe/داده.parquet", Body=parquet(table(3)))
    keys = {"access_key_id": server.access_key_id, "secret_access_key": server.secret_access_key}
    return Case(
        kind="s3",
        config={"endpoint_url": server.endpoint_url, "bucket": NAME, "prefix": "safe/", **keys},
        secret="secret_access_key",
        wrong={"secret_access_key": WRONG},
        rung="auth",
        at_fault="config.secret_access_key",
        elsewhere={"bucket": f"{NAME}-2"},
        cleared={"access_key_id": None, "secret_access_key": None},
        invalid=(
            ({"bucket": "a/b"}, ["config.bucket"]),
            ({"endpoint_url": f"http://u:{WRONG}@h"}, ["config.endpoint_url"]),
            ({"secret_access_key": None}, ["config.secret_access_key"]),
            ({"no_such": 1}, ["config.no_such"]),
        ),
        params={"key": "safe/داده.parquet", "limit": 1},
        columns={
            "نام": ("string", "شهر 0"),
            "amount": ("decimal", "1.50"),
            "seen": ("timestamptz", "2026-01-01T00:00:00+00:00"),
            "nested": ("json", {"a": 1, "b": {"c": "د"}}),
            "raw": ("binary", {"base64": "AAE=", "bytes": 2}),
        },
        refused={"key": "safe/../other"},
        rule="s3_parent",
        part="..",
    )


CASES: Mapping[str, tuple[str, Callable[[Any], Case]]] = {
    "postgres": ("postgres", postgres_case),
    "mongodb": ("mongodb", mongodb_case),
    "mongodb uri": ("mongodb", mongodb_uri_case),
    "rest": ("records", rest_case),
    "rest header": ("records", rest_header_case),
    "graphql": ("strawberry", graphql_case),
    "s3": ("s3", s3_case),
}
"""By what they are called in tests: the fixture of their server, and how they are made of it."""


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    server, make = CASES[request.param]
    return make(request.getfixturevalue(server))
