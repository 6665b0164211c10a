"""The demo of compose.yaml: what `seed` puts into real servers, and the sources it adds."""

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from psycopg import sql
from pymongo import MongoClient

from core.connectors.registry import registry
from deploy import seed
from tests.container.compose import service
from tests.container.conftest import Container
from tests.container.dockerfile import ROOT
from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server

PASSWORD = "an owner's password"
SHOP = ROOT / "demo" / "shop.sql"
NO_ROLES: tuple[str, ...] = ()
"""FerretDB refuses every role; each of its users may do anything."""

ORDERS = [{"number": "سفارش ۱", "customer": "زهرا", "amount": 12.5, "note": None}, {"number": "سفارش ۲", "note": "x"}]


@pytest.fixture
def servers(postgres: PostgresServer, mongodb: MongoServer, s3: S3Server) -> Iterator[seed.Servers]:
    """As the images leave them: PostgreSQL has the owner, and nothing of ours is anywhere."""
    databases = [
        f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in (seed.DATABASE, f"{seed.DATABASE}_unfinished")
    ]
    remove = [*databases, *(f"DROP ROLE IF EXISTS {name}" for name in (seed.READER, seed.OWNER))]
    owner = sql.SQL("CREATE ROLE {} SUPERUSER LOGIN PASSWORD {}").format(sql.Identifier(seed.OWNER), PASSWORD)
    with mongodb.client() as mongo:
        mongo.drop_database(seed.DATABASE)
    with postgres.connect(postgres.maintenance) as superuser:
        for statement in remove:
            superuser.execute(statement)
        superuser.execute(owner)
        minio = s3.endpoint_url.removeprefix("http://")
        yield seed.Servers(f"{postgres.host}:{postgres.port}", f"{mongodb.host}:{mongodb.port}", minio, PASSWORD)
        for statement in remove:
            superuser.execute(statement)


def test_the_reader_sees_the_shop_and_changes_nothing(servers: seed.Servers) -> None:
    orders = seed.fill_postgres(servers, SHOP)
    assert seed.fill_postgres(servers, SHOP) == orders
    assert {"number", "customer", "city", "product", "amount"} < set(orders[0])
    _, config = seed.sources(servers)["فروشگاه"]
    reader = {"host": config["host"], "port": config["port"], "dbname": config["database"]}
    with psycopg.connect(**reader, user=config["user"], password=config["password"]) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (len(orders),)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM orders")


def test_an_unfinished_shop_is_made_anew(servers: seed.Servers, postgres: PostgresServer) -> None:
    postgres.execute(f"CREATE DATABASE {seed.DATABASE}_unfinished", postgres.maintenance)
    assert seed.fill_postgres(servers, SHOP)


def test_the_orders_are_documents_that_another_user_may_read(servers: seed.Servers, mongodb: MongoServer) -> None:
    with mongodb.client() as owner:
        for _ in range(2):
            seed.fill_mongodb(servers, owner, ORDERS, NO_ROLES)
    _, config = seed.sources(servers)["سفارش‌ها"]
    account = {"username": config["user"], "password": config["password"], "authSource": config["auth_source"]}
    with MongoClient[dict[str, Any]](config["hosts"], directConnection=True, **account) as reader:
        found = reader[config["database"]]["orders"].find()
        assert [document["number"] for document in found] == ["سفارش ۱", "سفارش ۲"]


def test_the_orders_are_objects_that_nobody_signs_for(servers: seed.Servers, s3: S3Server) -> None:
    owner = s3.client()
    for _ in range(2):
        seed.fill_minio(owner, ORDERS)
    owner.close()
    _, config = seed.sources(servers)["بایگانی"]
    unsigned = Config(signature_version=UNSIGNED, s3={"addressing_style": "path"}, proxies={})
    anybody = boto3.client("s3", endpoint_url=config["endpoint_url"], region_name="us-east-1", config=unsigned)
    keys = [found["Key"] for found in anybody.list_objects_v2(Bucket=config["bucket"])["Contents"]]
    assert keys == ["1404/سفارش‌ها.csv", "1404/سفارش‌ها.parquet"]
    text = anybody.get_object(Bucket=config["bucket"], Key=keys[0])["Body"].read().decode()
    assert text.splitlines()[1].startswith('"سفارش ۱","زهرا"')
    anybody.close()


def test_the_sources_are_what_their_kinds_accept() -> None:
    kinds = registry.discover().kinds
    wanted = seed.sources(seed.Servers("postgres:5432", "mongodb:27017", "minio:9000", PASSWORD))
    for kind, config in wanted.values():
        kinds[kind].config_model.model_validate(config)


def test_the_sources_of_the_demo_are_well_and_added_once(
    container: Container, servers: seed.Servers, mongodb: MongoServer, s3: S3Server
) -> None:
    orders = seed.fill_postgres(servers, SHOP)
    with mongodb.client() as owner:
        seed.fill_mongodb(servers, owner, orders, NO_ROLES)
    seed.fill_minio(s3.client(), orders)
    _mount_seed(container)
    script = "import sys, seed; seed.add_to_dashboard(seed.Servers(*sys.argv[1:]))"
    arguments = ("python", "-c", script, servers.postgres, servers.mongodb, servers.minio, PASSWORD)
    app = container.image.mapped(service("seed")["environment"]["PYTHONPATH"])
    path = {"PYTHONPATH": f"{container.image.at('/seed')}:{app}"}
    first, second = container.run(*arguments, **path), container.run(*arguments, **path)
    assert first.stdout.splitlines() == [f"added: {name}" for name in seed.sources(servers)], first.stderr
    assert (second.returncode, second.stdout) == (0, "")
    pinged = container.run("python", "-m", "core", "sources", "ping", "--org", seed.ORG, "--all")
    assert (pinged.returncode, len(pinged.stdout.splitlines())) == (0, 3), pinged.stdout


def test_a_server_that_is_still_starting_is_asked_again() -> None:
    refused = iter([ConnectionRefusedError(), ConnectionRefusedError()])

    def answer() -> str:
        for failure in refused:
            raise failure
        return "ready"

    assert seed.once_it_answers(answer, ConnectionRefusedError, pause_s=0) == "ready"


def test_the_command_of_the_service_asks_for_what_it_is_told_by_variables(container: Container) -> None:
    _mount_seed(container)
    command = [container.image.mapped(word) for word in service("seed")["command"]]
    done = container.run(*command, PYTHONPATH=container.image.mapped(service("seed")["environment"]["PYTHONPATH"]))
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
