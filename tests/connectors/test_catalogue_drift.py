"""What is no longer as it was, on real servers: a column, a field, an object."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from core.connectors.base import Connector, Environment
from core.connectors.kinds.s3 import S3Connector
from core.safety.egress import EgressPolicy
from core.services.contents import Contents
from core.services.drift import CatalogChange
from tests.connectors.conftest import Open
from tests.connectors.mongodb_wire import connector
from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server
from tests.services.test_browsing import FakeLive, as_live

pytestmark = pytest.mark.anyio


class Looked:
    """A source that is looked at again and again, always anew."""

    def __init__(self, source: Connector, path: str) -> None:
        self._contents = Contents(lambda: datetime.now(UTC))
        self._live, self._path = FakeLive(), path
        self._live.guard.describe = source.describe  # type: ignore[method-assign]

    async def changes(self) -> list[CatalogChange]:
        return list((await self._contents.below(as_live(self._live), self._path, fresh=True)).changes)


@asynccontextmanager
async def closing(source: Connector) -> AsyncIterator[Connector]:
    yield source
    await source.close()


@pytest.fixture
def orders(postgres: PostgresServer) -> Iterator[PostgresServer]:
    postgres.execute(
        f"drop schema if exists drift cascade; create schema drift authorization {postgres.user}; "
        "create table drift.orders (id int, price numeric, total int)"
    )
    yield postgres
    postgres.execute("drop schema drift cascade")


async def test_a_column_that_was_dropped_in_postgresql(orders: PostgresServer, open_pg: Open):
    source = open_pg()
    columns, tables = Looked(source, "drift.orders"), Looked(source, "drift")
    assert await columns.changes() == await tables.changes() == []
    orders.execute("alter table drift.orders drop column price, alter column total type bigint, add at timestamptz")
    orders.execute("comment on column drift.orders.id is 'the key'")
    assert await columns.changes() == [
        CatalogChange("removed", "price", "numeric", None),
        CatalogChange("type", "total", "integer", "bigint"),
        CatalogChange("added", "at", None, "timestamp with time zone"),
    ]
    assert await tables.changes() == []
    orders.execute("drop table drift.orders")
    assert await tables.changes() == [CatalogChange("removed", "orders", "table", None)]


async def test_a_field_that_is_gone_from_mongodb(mongodb: MongoServer):
    database = "cheshmeh_drift"
    where = {"database": database, "user": mongodb.user, "password": mongodb.password}
    with mongodb.client() as client:
        client.drop_database(database)
        people = client[database].people
        people.insert_many([{"_id": number, "name": "سارا", "age": number, "old": 1} for number in range(3)])
        async with closing(connector(f"{mongodb.host}:{mongodb.port}", **where)) as source:
            looked = Looked(source, "people")
            assert await looked.changes() == []
            people.update_many({}, {"$unset": {"old": ""}})
            people.update_one({"_id": 1}, {"$set": {"age": "یک"}})
            assert await looked.changes() == [
                CatalogChange("removed", "old", "int", None),
                CatalogChange("type", "age", "int", "int | string"),
            ]
        client.drop_database(database)


async def test_an_object_that_is_gone_from_a_bucket(s3: S3Server):
    bucket, client = "cheshmeh-drift", s3.client()
    client.create_bucket(Bucket=bucket)
    for key in ("a.csv", "b.csv", "logs/1.txt"):
        client.put_object(Bucket=bucket, Key=key, Body=b"x")
    keys = {"access_key_id": s3.access_key_id, "secret_access_key": s3.secret_access_key}
    config = S3Connector.config_model(endpoint_url=s3.endpoint_url, region=s3.region, bucket=bucket, **keys)
    async with closing(S3Connector.build(config, Environment(EgressPolicy()))) as source:
        looked = Looked(source, "")
        assert await looked.changes() == []
        client.put_object(Bucket=bucket, Key="a.csv", Body=b"another")
        client.delete_object(Bucket=bucket, Key="b.csv")
        client.put_object(Bucket=bucket, Key="c.csv", Body=b"x")
        assert await looked.changes() == [
            CatalogChange("removed", "b.csv", "object", None),
            CatalogChange("added", "c.csv", None, "object"),
        ]
