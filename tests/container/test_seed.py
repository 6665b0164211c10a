"""The demo of compose.yaml: what `seed` puts into real servers, and the sources it adds."""

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import mongomock
import psycopg
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from moto.server import ThreadedMotoServer

from core.connectors.registry import registry
from deploy import seed
from tests.container.compose import service
from tests.container.conftest import Container
from tests.container.dockerfile import ROOT
from tests.servers.postgres import PostgresServer

PASSWORD = "an owner's password"
ORDERS = [{"number": "سفارش ۱", "customer": "زهرا", "amount": 12.5, "note": None}, {"number": "سفارش ۲", "note": "x"}]


class FakeMongo(mongomock.MongoClient):  # type: ignore[misc]  # mongomock brings no types
    """Documents of mongomock, and a list of users, which it has not."""

    def __init__(self) -> None:
        super().__init__()
        self.users: dict[str, dict[str, Any]] = {}
        self[seed.DATABASE].command = self._command

    def _command(self, name: str, user: str, **options: Any) -> dict[str, Any]:
        if name == "createUser":
            self.users[user] = options
        return {"ok": 1, "users": [user] if user in self.users else []}


@pytest.fixture
def servers(postgres: PostgresServer) -> Iterator[seed.Servers]:
    """A PostgreSQL as the image leaves it: the owner, and no database of ours."""
    remove = [f"DROP DATABASE IF EXISTS {seed.DATABASE}", f"DROP ROLE IF EXISTS {seed.READER}"]
    for statement in (
        *remove,
        f"CREATE ROLE {seed.OWNER} SUPERUSER LOGIN PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'",
    ):
        postgres.execute(statement, postgres.maintenance)
    yield seed.Servers(f"{postgres.host}:{postgres.port}", "mongodb:27017", "minio:9000", PASSWORD)
    for statement in (*remove, f"DROP ROLE {seed.OWNER}"):
        postgres.execute(statement, postgres.maintenance)


@pytest.fixture
def minio() -> Iterator[str]:
    """The address of an S3 server (moto)."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


def test_the_reader_sees_the_shop_and_changes_nothing(servers: seed.Servers) -> None:
    orders = seed.fill_postgres(servers)
    assert seed.fill_postgres(servers) == orders
    assert {"number", "customer", "city", "product", "amount"} < set(orders[0])
    _, config = seed.sources(servers)["فروشگاه"]
    reader = {"host": config["host"], "port": config["port"], "dbname": config["database"]}
    with psycopg.connect(**reader, user=config["user"], password=config["password"]) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (len(orders),)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM orders")


def test_an_unfinished_shop_is_made_anew(servers: seed.Servers, postgres: PostgresServer) -> None:
    postgres.execute(f"CREATE DATABASE {seed.DATABASE}_unfinished", postgres.maintenance)
    assert seed.fill_postgres(servers)


def test_the_orders_are_documents_that_another_user_may_read(servers: seed.Servers) -> None:
    with FakeMongo() as client:
        for _ in range(2):
            seed.fill_mongodb(servers, client, ORDERS)
        assert [found["number"] for found in client[seed.DATABASE]["orders"].find()] == ["سفارش ۱", "سفارش ۲"]
        reader = {"pwd": servers.reader_password, "roles": [{"role": "read", "db": seed.DATABASE}]}
        assert client.users == {seed.READER: reader}


def test_the_orders_are_objects_that_nobody_signs_for(minio: str) -> None:
    given = seed.Servers("", "", minio, PASSWORD)
    client = seed.minio_client(given)
    for _ in range(2):
        seed.fill_minio(client, ORDERS)
    anonymous = boto3.client(
        "s3", endpoint_url=f"http://{minio}", region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    keys = [found["Key"] for found in anonymous.list_objects_v2(Bucket=seed.BUCKET)["Contents"]]
    assert keys == ["1404/سفارش‌ها.csv", "1404/سفارش‌ها.parquet"]
    text = anonymous.get_object(Bucket=seed.BUCKET, Key=keys[0])["Body"].read().decode()
    assert text.splitlines()[1].startswith('"سفارش ۱","زهرا"')
    anonymous.close()
    client.close()


def test_the_sources_are_what_their_kinds_accept() -> None:
    kinds = registry.discover()
    wanted = seed.sources(seed.Servers("postgres:5432", "mongodb:27017", "minio:9000", PASSWORD))
    for kind, config in wanted.values():
        kinds[kind].config_model.model_validate(config)


def test_a_second_start_adds_no_source_twice(container: Container) -> None:
    _mount_seed(container)
    script = "import sys, seed; seed.add_sources(seed.sources(seed.Servers(*sys.argv[1:], 'secret')))"
    arguments = ("python", "-c", script, "postgres:5432", "mongodb:27017", "minio:9000")
    path = {"PYTHONPATH": str(container.image.at("/seed"))}
    first, second = container.run(*arguments, **path), container.run(*arguments, **path)
    assert first.stdout.splitlines() == ["added: فروشگاه", "added: سفارش‌ها", "added: بایگانی"], first.stderr
    assert (second.returncode, second.stdout) == (0, "")


def test_a_server_that_is_still_starting_is_asked_again() -> None:
    refused = iter([ConnectionRefusedError(), ConnectionRefusedError()])

    def answer() -> str:
        for failure in refused:
            raise failure
        return "ready"

    assert seed.once_it_answers(answer, ConnectionRefusedError, pause_s=0) == "ready"


def test_the_command_of_the_service_starts_and_waits_for_nobody_it_was_not_told_of(container: Container) -> None:
    _mount_seed(container)
    command = [container.image.mapped(word) for word in service("seed")["command"]]
    done = container.run(*command)
    assert (done.returncode, "KeyError: 'SEED_PASSWORD_FILE'" in done.stderr) == (1, True)


def test_a_password_is_in_no_representation() -> None:
    assert PASSWORD not in repr(seed.Servers("a:1", "b:2", "c:3", PASSWORD))


def _mount_seed(container: Container) -> None:
    """The files of the service, at their places."""
    for volume in service("seed")["volumes"]:
        source, target = volume.split(":")[:2]
        if source.startswith("."):
            place: Path = container.image.at(target)
            container.image.root.chmod(0o755)
            place.parent.mkdir(exist_ok=True)
            shutil.copy2(ROOT / source, place)
            place.chmod(stat.S_IMODE(place.stat().st_mode) | stat.S_IROTH)
