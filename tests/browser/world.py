"""A dashboard with a source in every status and of every kind, saved queries, and what was found of them."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import APIResponse, Browser, Page

from bench.past import write_history
from core.storage.history import SPANS
from tests.browser.conftest import PAGE_LIMIT_MS, ROOT, Dashboard, started
from tests.browser.states import World
from tests.browser.steps import add, ping, sign_in
from tests.cli.processes import CommandLine
from tests.connectors.test_mongodb_values import MIXED
from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.processes import reserved_port
from tests.servers.s3 import S3Server
from tests.servers.web import WebServer

TABLE = """CREATE TABLE shop_items AS SELECT id, 'چای ' || id AS name, id * 1.5 AS price,
 now() - id * interval '1 day' AS sold_at, id % 3 = 0 AS paid FROM generate_series(1, 40) AS id;
COMMENT ON TABLE shop_items IS 'هر کالا یک سطر'; ANALYZE shop_items"""
UNKNOWN, SUSPENDED = "بایگانی", "حسابداری"
"""The names of a source that nobody has called yet, and of one whose server went away three hours ago."""
OUTAGE = """UPDATE history_5m SET errors = calls, rejected = CASE WHEN ts < :opened THEN 0 ELSE 2 * calls END
 WHERE ts >= :broke AND source_id = (SELECT id FROM sources WHERE name = :name)"""
DATABASE, BUCKET = "cheshmeh_states", "cheshmeh-states"
KEY, CSV = "گزارش/شهرها.csv", "شهر,جمعیت,روز\nتهران,۹,1405/01/01\nری,2,1405/01/02\n"
QUERIES = {
    "چای‌های گران": ("approve", {"sql": "select * from shop_items where price > $1", "args": [{"$param": "price"}]}),
    "فروش امروز": ("request", {"sql": "select * from shop_items where sold_at > now() - interval '1 day'"}),
    "پیش‌نویس": (None, {"table": "shop_items", "limit": 5}),
}


Servers = tuple[PostgresServer, MongoServer, S3Server, WebServer, WebServer]
"""PostgreSQL, MongoDB, S3, a REST service and a GraphQL one."""


def vacant(command: CommandLine) -> None:
    """Another organisation of the administrator, in which nobody has done anything yet."""
    for asked in (("orgs", "add", "vacant", "--name", "سازمان تازه"), ("members", "add", "vacant", "admin", "admin")):
        done = command.run(*asked)
        assert done.returncode == 0, done.stderr


@contextmanager
def lived_in(browser: Browser, folder: Path, servers: Servers, locale: str, root: Path = ROOT) -> Iterator[World]:
    """A dashboard of the program in `root`, its data below `folder`, with everything that there is to see."""
    with (
        started(folder, root=root) as dashboard,
        browser.new_context(locale=locale) as context,
        reserved_port() as nobodys,
    ):
        page = context.new_page()
        page.set_default_timeout(PAGE_LIMIT_MS)
        sign_in(page, dashboard)
        vacant(CommandLine(folder / "data"))
        with furnished(page, dashboard, nobodys, *servers, folder / "data" / "cheshmeh.db") as world:
            yield world


@contextmanager
def furnished(
    page: Page,
    dashboard: Dashboard,
    nobodys: int,
    postgres: PostgresServer,
    mongodb: MongoServer,
    s3: S3Server,
    pets: WebServer,
    strawberry: WebServer,
    database: Path,
) -> Iterator[World]:
    """`page` is signed in; at the port `nobodys` nobody listens. What was made at the servers is gone afterwards.

    The day before is made up, in `database`, the dashboard's own.
    """
    postgres.execute(TABLE)
    postgres.execute(f"GRANT SELECT ON shop_items TO {postgres.user}")
    with mongodb.client() as client:
        client.drop_database(DATABASE)
        client[DATABASE].orders.insert_many(MIXED)
        s3.client().create_bucket(Bucket=BUCKET)
        s3.client().put_object(Bucket=BUCKET, Key=KEY, Body=CSV.encode())
        send = _sender(page, dashboard)
        sources = {
            "healthy": add(page, dashboard, "انبار", postgres, postgres.port),
            "error": add(page, dashboard, "پایانه", postgres, nobodys),
            "suspended": add(page, dashboard, SUSPENDED, postgres, nobodys),
            "unknown": add(page, dashboard, UNKNOWN, postgres, postgres.port),
        }
        for kind, name, config in _others(mongodb, s3, pets, strawberry):
            sources[kind] = str(send("POST", "", {"kind": kind, "name": name, "config": config})["id"])
        send("PATCH", sources["suspended"], {"breaker": {"failure_threshold": 1, "timeout_seconds": 3600}})
        send("PATCH", sources["error"], {"breaker": {"failure_threshold": 50}})
        for name in ("healthy", "error", "suspended", "mongodb", "s3", "rest", "graphql"):
            ping(page, dashboard, sources[name])
        for name in ("healthy", "error"):
            send("POST", f"{sources[name]}/diagnose")
        said = {"text": "تعمیر پایگاه داده", "until": (datetime.now(UTC) + timedelta(hours=2)).isoformat()}
        send("PATCH", sources["error"], {"note": said})
        _save(send, sources["healthy"])
        _lived(database)
        yield World(dashboard, sources, page.context.cookies())
        client.drop_database(DATABASE)
        s3.client().delete_object(Bucket=BUCKET, Key=KEY)
        s3.client().delete_bucket(Bucket=BUCKET)
    postgres.execute("DROP TABLE shop_items")


def _lived(database: Path) -> None:
    now = int(time.time()) // SPANS["5m"] * SPANS["5m"]
    with sqlite3.connect(database, timeout=30) as connection:
        write_history(connection, now, but=UNKNOWN)
        connection.execute(OUTAGE, {"broke": now - 10_800, "opened": now - 9_000, "name": SUSPENDED})


def _sender(page: Page, dashboard: Dashboard) -> Any:
    def send(method: str, path: str, body: Any = None, below: str = "datasources") -> Any:
        url = f"{dashboard.url}/orgs/main/{below}{path and '/'}{path}"
        answer: APIResponse = page.request.fetch(url, method=method, data=body, headers={"Origin": dashboard.url})
        assert answer.ok, answer.text()
        return answer.json()

    return send


def _others(
    mongodb: MongoServer, s3: S3Server, pets: WebServer, strawberry: WebServer
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    place = {"hosts": [f"{mongodb.host}:{mongodb.port}"], "database": DATABASE}
    yield "mongodb", "سفارش‌ها", place | {"user": mongodb.user, "password": mongodb.password}
    bucket = {"endpoint_url": s3.endpoint_url, "bucket": BUCKET}
    keys = {"access_key_id": s3.access_key_id, "secret_access_key": s3.secret_access_key}
    yield "s3", "گزارش‌ها", bucket | keys
    yield "rest", "جانوران", {"base_url": pets.url, "health_path": "/pets"}
    yield "graphql", "پروازها", {"endpoint": f"{strawberry.url}/graphql"}


def _save(send: Any, source: str) -> None:
    for name, (action, params) in QUERIES.items():
        parameters = {"price": "float"} if "$param" in str(params) else {}
        body = {"name": name, "source_id": source, "params": params, "parameters": parameters, "shared": True}
        made = send("POST", "", body, "queries")["id"]
        if action:
            send("POST", f"{made}/{action}", None, "queries")
