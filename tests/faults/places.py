"""The five kinds as the faults see them: where the real server is, how a configuration leads there, how it speaks."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.connectors.conformance import CANARY
from tests.connectors.s3_objects import BUCKET
from tests.servers.apps.airlines import ACCEPTED
from tests.servers.apps.records import SECRET
from tests.servers.mongodb import MongoServer
from tests.servers.ports import HEAD
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server
from tests.servers.web import WebServer

Config = dict[str, Any]
Address = tuple[str, int]

KINDS = ("postgres", "rest", "graphql", "mongodb", "s3")


@dataclass(frozen=True)
class Place:
    """A real server, and how its kind speaks.

    `config` leads to a host and port, over TLS when an authority is given; `wrong` are credentials that the server
    refuses. `endless` are the beginning of an answer without an end and what follows for ever. `asks_for_tls`: the
    client says in the clear that it wants TLS.
    """

    kind: str
    address: Address
    config: Callable[[str, int, str | None], Config]
    wrong: Mapping[str, Any]
    params: Mapping[str, Any]
    endless: tuple[bytes, bytes] = field(repr=False)
    asks_for_tls: bool = False

    def leading_to(self, host: str | None = None, port: int | None = None, authority: str | None = None) -> Config:
        """A configuration for the server itself, or for something before it."""
        return self.config(host or self.address[0], port or self.address[1], authority)


def of_postgres(server: PostgresServer) -> Place:
    account = {"database": server.database, "user": server.user, "password": server.password}

    def config(host: str, port: int, authority: str | None) -> Config:
        tls = {"sslmode": "verify-full", "ca_pem": authority} if authority else {"sslmode": "disable"}
        return {"host": host, "port": port, **account, **tls}

    # "Frontend/Backend Protocol": AuthenticationOk, then notices.
    notice = b"SNOTICE\0C00000\0M" + b"on and on " * 100 + b"\0\0"
    endless = struct.pack("!cii", b"R", 8, 0), struct.pack("!ci", b"N", 4 + len(notice)) + notice
    address = server.host, server.port
    return Place("postgres", address, config, {"password": CANARY}, {"sql": "select 1"}, endless, asks_for_tls=True)


def of_mongodb(server: MongoServer) -> Place:
    account = {"user": server.user, "password": server.password, "database": "cheshmeh_faults"}

    def config(host: str, port: int, authority: str | None) -> Config:
        tls = {"tls": True, "ca_pem": authority} if authority else {}
        return {"hosts": [f"{host}:{port}"], **account, **tls}

    # One OP_MSG that calls itself as long as the driver would take, and goes on behind its end.
    endless = struct.pack("<iiii", 32 * 2**20, 1, 1, 2013), b"\0" * 2**16
    return Place(
        "mongodb", (server.host, server.port), config, {"password": "not-the-password"}, {"collection": "x"}, endless
    )


def of_rest(server: WebServer) -> Place:
    def config(host: str, port: int, authority: str | None) -> Config:
        plain = _web("base_url", host, port, "", authority) | {"health_path": "/secure/bearer"}
        return plain | {"auth": {"type": "bearer", "token": SECRET}}

    endless = HEAD + b'\r\n[{"id": 0}', b', {"id": 1, "text": "' + b"x" * 20_000 + b'"}'
    return Place("rest", _address(server.url), config, _bearer(CANARY), {"path": "/planes", "limit": 1000}, endless)


def of_graphql(server: WebServer) -> Place:
    def config(host: str, port: int, authority: str | None) -> Config:
        return _web("endpoint", host, port, "/graphql", authority) | _bearer(ACCEPTED.removeprefix("Bearer "))

    endless = HEAD + b'\r\n{"data": {"numbers": [0', b", 0" * 1000
    return Place("graphql", _address(server.url), config, _bearer(CANARY), {"query": "{ __typename }"}, endless)


def of_s3(server: S3Server) -> Place:
    keys = {"access_key_id": server.access_key_id, "secret_access_key": server.secret_access_key}

    def config(host: str, port: int, authority: str | None) -> Config:
        return _web("endpoint_url", host, port, "", authority) | {"bucket": BUCKET, "prefix": "p/", **keys}

    head = HEAD.replace(b"json", b"xml") + b"\r\n<ListBucketResult><Name>x</Name>"
    endless = head, b"<Contents><Key>p/x</Key><Size>1</Size></Contents>" * 20
    return Place("s3", _address(server.endpoint_url), config, {"secret_access_key": CANARY}, {"prefix": ""}, endless)


def _web(name: str, host: str, port: int, path: str, authority: str | None) -> Config:
    url = f"{'https' if authority else 'http'}://{host}:{port}{path}"
    return {name: url} | ({"ca_pem": authority} if authority else {})


def _bearer(token: str) -> Config:
    return {"auth": {"type": "bearer", "token": token}}


def _address(url: str) -> Address:
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 80)
