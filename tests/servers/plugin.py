"""Fixtures for real servers, one a session; says at the end which servers were real."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest

from tests.servers import mongodb as mongodb_server
from tests.servers import oidc, programs, web
from tests.servers import promql as promql_engine
from tests.servers import redis as redis_server
from tests.servers import s3 as s3_server
from tests.servers import toxiproxy as toxiproxy_server
from tests.servers.authority import TlsAuthority
from tests.servers.mongodb import MongoServer
from tests.servers.oidc import OidcProvider
from tests.servers.postgres import PostgresServer, given_server, own_server, temporary_home
from tests.servers.promql import PromQL
from tests.servers.redis import RedisServer, RestartedServer
from tests.servers.s3 import S3Server
from tests.servers.toxiproxy import Toxiproxy
from tests.servers.web import App, WebServer

pytest_plugins = ["tests.servers.ports", "tests.servers.application"]

SERVERS = pytest.StashKey[list[str]]()
Server = TypeVar("Server")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SERVERS] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if servers := config.stash[SERVERS]:
        terminalreporter.write_line(f"servers: {', '.join(servers)}")


def unavailable(reason: str) -> NoReturn:
    """Skips the test; fails it where CHESHMEH_TEST_REQUIRE_SERVERS=1 promises every server."""
    if os.environ.get("CHESHMEH_TEST_REQUIRE_SERVERS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _given_url(kind: str) -> str | None:
    return os.environ.get(f"CHESHMEH_TEST_{kind.upper()}_URL") or None


def _chosen(
    stack: ExitStack,
    kind: str,
    given: Callable[[str], Server],
    found: Callable[[], Path | None],
    own: Callable[[Path], AbstractContextManager[Server]],
    missing: str,
) -> Server:
    """The server that the environment names, else one of our own, else none."""
    if url := _given_url(kind):
        return given(url)
    binary = found()
    if binary is None:
        unavailable(missing)
    return stack.enter_context(own(binary))


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """A real PostgreSQL with a database `app` that `app` owns. Skips, or fails where servers are required."""
    with ExitStack() as stack:
        server = _postgres(stack)
        pytestconfig.stash[SERVERS].append(f"postgres {server.version} (real)")
        yield server


def _postgres(stack: ExitStack) -> PostgresServer:
    if url := _given_url("postgres"):
        return stack.enter_context(given_server(url))
    home = stack.enter_context(temporary_home())
    found = programs.find(home)
    if found is None:
        unavailable(programs.MISSING)
    return stack.enter_context(own_server(found, home))


@pytest.fixture(scope="session")
def mongodb(pytestconfig: pytest.Config) -> Iterator[MongoServer]:
    """A real server that speaks MongoDB's protocol: FerretDB, unless the environment names another."""
    part = mongodb_server
    with ExitStack() as stack:
        server = _chosen(stack, "mongodb", part.given_server, part.ferretdb, part.own_server, part.MISSING)
        pytestconfig.stash[SERVERS].append(f"{server.name} {server.version} (real)")
        yield server


@pytest.fixture(scope="session")
def s3(pytestconfig: pytest.Config) -> Iterator[S3Server]:
    """A real S3 server, which checks signatures."""
    part = s3_server
    with ExitStack() as stack:
        server = _chosen(stack, "s3", part.given_server, part.versitygw, part.own_server, part.MISSING)
        pytestconfig.stash[SERVERS].append(f"{server.name} (real)")
        yield server


@pytest.fixture(scope="session")
def redis(pytestconfig: pytest.Config) -> Iterator[RedisServer]:
    """A real Redis with a password."""
    part = redis_server
    with ExitStack() as stack:
        server = _chosen(stack, "redis", part.given_server, part.redis_server, part.own_server, part.MISSING)
        pytestconfig.stash[SERVERS].append(f"redis {server.version} (real)")
        yield server


@pytest.fixture
def own_redis() -> Iterator[RestartedServer]:
    """A Redis of this test alone, which it may stop, pause and start again."""
    binary = redis_server.redis_server()
    if binary is None:
        unavailable(redis_server.MISSING)
    with redis_server.restarted_server(binary) as server:
        yield server


@pytest.fixture(scope="session")
def toxiproxy(pytestconfig: pytest.Config) -> Iterator[Toxiproxy]:
    """A real Toxiproxy, to put between a connector and its server."""
    part = toxiproxy_server
    with ExitStack() as stack:
        server = _chosen(stack, "toxiproxy", part.given_server, part.toxiproxy_server, part.own_server, part.MISSING)
        pytestconfig.stash[SERVERS].append(f"toxiproxy {server.version} (real)")
        yield server


@pytest.fixture(scope="session")
def promql(pytestconfig: pytest.Config) -> PromQL:
    """Prometheus' own engine for its query language."""
    binary = promql_engine.engine()
    if binary is None:
        unavailable(promql_engine.MISSING)
    found = PromQL(binary)
    pytestconfig.stash[SERVERS].append(f"promql {found.version} (real)")
    return found


@pytest.fixture
def oidc_provider() -> Iterator[OidcProvider]:
    """A real OpenID Connect provider of this test alone, which it may stop and start again."""
    installed = oidc.packages()
    if installed is None:
        unavailable(oidc.MISSING)
    with oidc.own_provider(installed) as provider:
        yield provider


@pytest.fixture(scope="session")
def httpbin(pytestconfig: pytest.Config) -> Iterator[WebServer]:
    """httpbin, under gunicorn."""
    yield from _served(pytestconfig, "httpbin", web.HTTPBIN)


@pytest.fixture(scope="session")
def records(pytestconfig: pytest.Config) -> Iterator[WebServer]:
    """Records over HTTP, and every way to answer badly: tests/servers/apps/records.py and faults.py."""
    yield from _served(pytestconfig, "records", web.RECORDS)


@pytest.fixture(scope="session")
def pets(pytestconfig: pytest.Config) -> Iterator[WebServer]:
    """A service with an OpenAPI document of its own and nothing at its base."""
    yield from _served(pytestconfig, "pets", web.PETS)


@pytest.fixture(scope="session")
def strawberry(pytestconfig: pytest.Config) -> Iterator[WebServer]:
    """GraphQL at /graphql, and without introspection at /no-introspection; an invalid query is answered with 200."""
    yield from _served(pytestconfig, "strawberry", web.STRAWBERRY)


@pytest.fixture(scope="session")
def ariadne(pytestconfig: pytest.Config) -> Iterator[WebServer]:
    """The same GraphQL at /graphql; an invalid query is answered with 400."""
    yield from _served(pytestconfig, "ariadne", web.ARIADNE)


def _served(config: pytest.Config, kind: str, app: App) -> Iterator[WebServer]:
    if url := _given_url(kind):
        config.stash[SERVERS].append(f"{kind} (given)")
        yield WebServer(url.rstrip("/"))
        return
    if app.missing:
        unavailable(app.missing)
    with web.serving(app) as server:
        config.stash[SERVERS].append(f"{app.package} {app.version} (real)")
        yield server


@pytest.fixture
def tls_authority() -> TlsAuthority:
    """A certificate authority that nobody trusts."""
    return TlsAuthority()
