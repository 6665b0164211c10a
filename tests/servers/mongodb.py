"""A real MongoDB-compatible server for the tests: FerretDB with its SQLite back end, SCRAM, a plain and a TLS port."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from pymongo import MongoClient

from tests.servers.authority import TlsAuthority
from tests.servers.processes import HOST, folder, program, reserved_port, running

VERSION = "v1.24.2"
MISSING = "no MongoDB: `make servers` builds FerretDB"
NO_TLS = "needs the TLS port of a server that the tests started: unset CHESHMEH_TEST_MONGODB_URL"


@dataclass(frozen=True)
class MongoServer:
    """Where it listens and an account (of the database `admin`) that may do anything."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    version: str = ""
    real: bool = True
    name: str = "ferretdb"
    given_tls_port: int | None = None
    given_ca_pem: str | None = field(default=None, repr=False)

    @property
    def tls_port(self) -> int:
        """The same data over TLS, for 127.0.0.1 and localhost."""
        return self.given_tls_port or pytest.skip(NO_TLS)

    @property
    def ca_pem(self) -> str:
        """Who signed the certificate of the TLS port."""
        return self.given_ca_pem or pytest.skip(NO_TLS)

    def client(self) -> MongoClient[dict[str, Any]]:
        """For seeding, over the plain port; close it."""
        return MongoClient(
            self.host, self.port, username=self.user, password=self.password, serverSelectionTimeoutMS=10_000
        )


def ferretdb() -> Path | None:
    return program("ferretdb", VERSION)


@contextmanager
def own_server(binary: Path) -> Iterator[MongoServer]:
    """A server that these tests started, empty."""
    authority = TlsAuthority()
    with folder() as home, reserved_port() as port, reserved_port() as tls_port:
        server = MongoServer(
            host=HOST,
            port=port,
            user="cheshmeh_tests",
            password=secrets.token_urlsafe(12),
            version=VERSION.removeprefix("v"),
            given_tls_port=tls_port,
            given_ca_pem=authority.pem,
        )
        certificate = authority.issue().write(home)
        command: list[str | Path] = [binary, *_arguments(home, server, *certificate)]
        with running(command, [port, tls_port], home, lambda: version_of(server)):
            yield server


def _arguments(home: Path, server: MongoServer, certificate: Path, key: Path) -> list[str]:
    data = home / "data"
    data.mkdir()
    return [
        *("--handler=sqlite", f"--sqlite-url=file:{data}/", f"--state-dir={home}"),
        *(f"--listen-addr={HOST}:{server.port}", f"--listen-tls={HOST}:{server.tls_port}"),
        *(f"--listen-tls-cert-file={certificate}", f"--listen-tls-key-file={key}"),
        *("--test-enable-new-auth", f"--setup-username={server.user}", f"--setup-password={server.password}"),
        *("--setup-database=admin", "--debug-addr=-", "--telemetry=disable", "--log-level=error"),
    ]


def given_server(url: str) -> MongoServer:
    """Somebody's server: `mongodb://USER:PASSWORD@host:port/`, the account in `admin`, percent-encoded."""
    parts = urlsplit(url)
    account = unquote(parts.username or ""), unquote(parts.password or "")
    server = MongoServer(parts.hostname or HOST, parts.port or 27017, *account)
    return replace(server, version=version_of(server), name="mongodb")


def version_of(server: MongoServer) -> str:
    """What the server calls itself; FerretDB's own version where it is that."""
    with server.client() as client:
        told = client.server_info()
        client.admin.command("listDatabases")
    return str(told.get("ferretdbVersion") or told["version"]).removeprefix("v")
