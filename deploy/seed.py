"""The demo of compose.yaml: fills its servers, adds them as sources of an organisation `demo`; may be repeated."""

import hmac
import io
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import boto3
import psycopg
import pyarrow as pa
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from psycopg import sql
from psycopg.rows import dict_row
from pyarrow import csv, parquet
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from core import settings
from core.bootstrap import Process, opened
from core.errors import Conflict
from core.models import Actor, Role, SourceDraft
from core.runtime import Runtime

SHOP = Path(__file__).with_name("shop.sql")
ORG, ORG_NAME, ADMINISTRATOR = "demo", "سازمان نمونه", "admin"
OWNER, READER, DATABASE, BUCKET = "cheshmeh", "cheshmeh_reader", "shop", "shop-archive"
ORDERS = """SELECT o.number, c.name AS customer, c.city, p.title AS product, o.quantity, o.amount::float8 AS amount,
                   o.placed_on::timestamp AS placed_on, o.placed_on_jalali, o.note
            FROM orders o JOIN customers c ON c.id = o.customer_id JOIN products p ON p.id = o.product_id
            ORDER BY o.id"""
START_LIMIT_S, PAUSE_S = 60.0, 0.5
USER_EXISTS = 51003
"""MongoDB's own code for it."""

SEEDER = Actor("demo", MappingProxyType({ORG: Role.ADMIN}), server_admin=True)

T = TypeVar("T")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Servers:
    """Addresses as `host:port`, and the password of the three owners."""

    postgres: str
    mongodb: str
    minio: str
    password: str = field(repr=False)

    @property
    def reader_password(self) -> str:
        """Follows from the owners' password, so that a new start finds the one that its sources know."""
        return hmac.digest(self.password.encode(), READER.encode(), "sha256").hex()

    def connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        """The owner, in autocommit. Raises psycopg.OperationalError while nothing answers."""
        host, port = self.postgres.rsplit(":", 1)
        return psycopg.connect(
            host=host, port=port, dbname=database, user=OWNER, password=self.password, autocommit=True
        )


def fill_postgres(servers: Servers, shop_file: Path = SHOP) -> list[Row]:
    """Makes the database `shop` and who may read it; the answer is its orders, for the two other servers."""
    with once_it_answers(lambda: servers.connect("postgres"), psycopg.OperationalError) as server:
        if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READER]).fetchone():
            role = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE pg_read_all_data")
            server.execute(role.format(sql.Identifier(READER), servers.reader_password))
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            _make_shop(servers, server, shop_file)
    with servers.connect(DATABASE) as shop, shop.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(ORDERS).fetchall()


def _make_shop(servers: Servers, server: psycopg.Connection[tuple[Any, ...]], shop_file: Path) -> None:
    """Under another name until it is complete."""
    server.execute(f"DROP DATABASE IF EXISTS {DATABASE}_unfinished")
    server.execute(f"CREATE DATABASE {DATABASE}_unfinished")
    with servers.connect(f"{DATABASE}_unfinished") as unfinished, unfinished.transaction():
        unfinished.execute(shop_file.read_bytes())
    server.execute(f"ALTER DATABASE {DATABASE}_unfinished RENAME TO {DATABASE}")


def fill_mongodb(
    servers: Servers, client: "MongoClient[Row]", orders: Sequence[Row], roles: Sequence[str] = ("read",)
) -> None:
    """The orders as documents, and a user with these roles in their database."""
    database = client[DATABASE]
    if database["orders"].estimated_document_count() == 0:
        database["orders"].insert_many([dict(order) for order in orders])
    try:
        database.command("createUser", READER, pwd=servers.reader_password, roles=list(roles))
    except OperationFailure as err:
        if err.code != USER_EXISTS:
            raise


def fill_minio(client: Any, orders: Sequence[Row]) -> None:
    """The orders as CSV and Parquet in a bucket that everybody on the demo's network may read."""
    if BUCKET not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
        client.create_bucket(Bucket=BUCKET)
    table, as_csv, as_parquet = pa.Table.from_pylist(list(orders)), io.BytesIO(), io.BytesIO()
    csv.write_csv(table, as_csv)
    parquet.write_table(table, as_parquet)
    client.put_object(Bucket=BUCKET, Key="1404/سفارش‌ها.csv", Body=as_csv.getvalue(), ContentType="text/csv")
    client.put_object(Bucket=BUCKET, Key="1404/سفارش‌ها.parquet", Body=as_parquet.getvalue())
    client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(_everybody_reads()))


def _everybody_reads() -> dict[str, Any]:
    anybody = {"Effect": "Allow", "Principal": {"AWS": ["*"]}}
    bucket = f"arn:aws:s3:::{BUCKET}"
    listed = anybody | {"Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": [bucket]}
    read = anybody | {"Action": ["s3:GetObject"], "Resource": [f"{bucket}/*"]}
    return {"Version": "2012-10-17", "Statement": [listed, read]}


def sources(servers: Servers) -> dict[str, tuple[str, dict[str, Any]]]:
    """Kind and configuration by name, as a person would enter them."""
    host, port = servers.postgres.rsplit(":", 1)
    reader = {"database": DATABASE, "user": READER, "password": servers.reader_password}
    return {
        "فروشگاه": ("postgres", reader | {"host": host, "port": int(port)}),
        "سفارش‌ها": ("mongodb", reader | {"hosts": [servers.mongodb], "auth_source": DATABASE, "direct": True}),
        "بایگانی": ("s3", {"endpoint_url": f"http://{servers.minio}", "bucket": BUCKET}),
    }


async def add_sources(runtime: Runtime, wanted: dict[str, tuple[str, dict[str, Any]]]) -> None:
    """The organisation with the administrator in it, and its sources; what has its name already stays."""
    await runtime.access.ensure_organisation(ORG, ORG_NAME)
    with suppress(Conflict):  # is a member already
        await runtime.members.add(await runtime.access.local_actor(), ORG, ADMINISTRATOR, Role.ADMIN)
    known = {source.name for source in (await runtime.sources.list(SEEDER, ORG)).items}
    for name, (kind, config) in wanted.items():
        if name not in known:
            await runtime.sources.create(SEEDER, ORG, SourceDraft(kind, name, config))
            sys.stdout.write(f"added: {name}\n")


def once_it_answers(attempt: Callable[[], T], failure: type[Exception], pause_s: float = PAUSE_S) -> T:
    """The first result; a server that is just starting is asked again for START_LIMIT_S seconds."""
    end = time.monotonic() + START_LIMIT_S
    while True:
        try:
            return attempt()
        except failure:
            if time.monotonic() > end:
                raise
            time.sleep(pause_s)


def main() -> None:
    """Addresses and the password file come from SEED_* variables."""
    password = Path(os.environ["SEED_PASSWORD_FILE"]).read_text("utf-8").strip()
    servers = Servers(os.environ["SEED_POSTGRES"], os.environ["SEED_MONGODB"], os.environ["SEED_MINIO"], password)
    orders = fill_postgres(servers)
    wait_ms = int(START_LIMIT_S * 1000)
    with MongoClient[Row](
        servers.mongodb, username=OWNER, password=password, directConnection=True, serverSelectionTimeoutMS=wait_ms
    ) as client:
        fill_mongodb(servers, client, orders)
    once_it_answers(lambda: fill_minio(minio_client(servers), orders), BotoCoreError)
    add_to_dashboard(servers)


def add_to_dashboard(servers: Servers) -> None:
    """As the command line does, beside the running dashboard of this data directory."""
    with opened(settings.load(), Process.COMMAND) as runtime:
        runtime.run(add_sources(runtime, sources(servers)))


def minio_client(servers: Servers) -> Any:
    """The owner's client."""
    return boto3.client(
        "s3",
        endpoint_url=f"http://{servers.minio}",
        aws_access_key_id=OWNER,
        aws_secret_access_key=servers.password,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=30),
    )


if __name__ == "__main__":
    main()
