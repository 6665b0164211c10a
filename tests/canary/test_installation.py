"""Secrets of the installation itself: database, Redis, key-encryption keys, hooks, an administrator's password."""

import base64
import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import redis as redis_client

from tests.canary.canaries import MARK, Canaries
from tests.canary.filled import KINDS
from tests.canary.peers import peers
from tests.canary.program import Program, copied, program
from tests.canary.run import BRIEFLY, Run
from tests.servers.application import stored as rows_of
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

ROLE = "canary"


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@contextmanager
def database(server: PostgresServer, password: str) -> Iterator[str]:
    """The URL of a database whose owner has this password."""
    name = f"{ROLE}_{secrets.token_hex(4)}"
    with server.connect(server.maintenance) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password.replace(chr(39), chr(39) * 2)}'".encode())
        connection.execute(f"CREATE DATABASE {name} OWNER {name}".encode())
    try:
        yield f"postgresql+psycopg://{name}:{quote(password, safe='')}@{server.host}:{server.port}/{name}"
    finally:
        with server.connect(server.maintenance) as connection:
            connection.execute(f"DROP DATABASE {name} (FORCE)".encode())
            connection.execute(f"DROP ROLE {name}".encode())


@contextmanager
def account(server: RedisServer, password: str) -> Iterator[str]:
    name = f"{ROLE}_{secrets.token_hex(4)}"
    with redis_client.Redis(host=server.host, port=server.port, password=server.password) as client:
        client.acl_setuser(name, enabled=True, passwords=[f"+{password}"], keys="*", channels="*", categories=["+@all"])
        try:
            yield f"redis://{name}:{quote(password, safe='')}@{server.host}:{server.port}/0"
        finally:
            client.acl_deluser(name)


def key(canaries: Canaries) -> str:
    """32 bytes in base64, the canary in base64 being what must not be seen, and the canary itself."""
    raw = canaries.new("key-encryption key", tail="").encode().ljust(32, b"0")
    return base64.b64encode(raw).decode()


def test_nothing_of_the_installation_leaks(
    canaries: Canaries, postgres: PostgresServer, redis: RedisServer, tmp_path: Path
) -> None:
    with (
        database(postgres, canaries.new("database password")) as database_url,
        account(redis, canaries.new("Redis password", tail="/+%x")) as redis_url,
        peers() as ports,
    ):
        settings = {"database_url": database_url, "redis_url": redis_url, "keks": f"k1:{key(canaries)}"}
        settings |= provider(canaries, ports["error 500"])
        run = Run(program(tmp_path / "program", log_format="json", **settings), canaries)
        invited(run.program, canaries)
        hooks = [
            hooked(run.program, canaries, ports[peer], tmp_path)
            for peer in ("error 500", "redirect")[: 1 if BRIEFLY else 2]
        ]
        with run.program.running():
            run.sources(ports, () if BRIEFLY else KINDS, briefly=True)
            for hook in hooks:
                run.program.command("alerts", "test", "--org", "main", hook)
            assert run.program.call("GET", "/session/oidc/start", allow_redirects=False).status_code == 503
            run.program.command("doctor")
            run.rest()
        found = run.leaks() | stored(database_url, canaries)
    assert found == {}
    assert all(json.loads(line) for line in run.program.said["log"].splitlines())


def provider(canaries: Canaries, port: int) -> dict[str, str]:
    """An OpenID Connect provider that fails."""
    secret = canaries.new("OIDC client secret")
    return {"oidc_issuer": f"http://127.0.0.1:{port}", "oidc_client_id": "cheshmeh", "oidc_client_secret": secret}


def invited(found: Program, canaries: Canaries) -> None:
    """An invitation, whose code is said once."""
    made = found.command("members", "invite", "main", "viewer", "--json", hear=False)
    [code] = parse_qs(urlsplit(json.loads(made)["url"]).query)["code"]
    canaries.watch("invitation code", code)
    found.command("members", "list", "main")


def hooked(found: Program, canaries: Canaries, port: int, folder: Path) -> str:
    """The id of a hook at a peer that repeats what it is told."""
    secret, path = folder / "secret", quote(canaries.new("hook address"), safe="")
    secret.write_text(canaries.new("hook secret"))
    url = f"http://127.0.0.1:{port}/{path}?key={quote(canaries.new('hook key'), safe='')}"
    made = found.command(
        "alerts", "add", "--org", "main", "--url", url, "--secret-file", str(secret), "--json", hear=False
    )
    return str(json.loads(made)["id"])


def stored(url: str, canaries: Canaries) -> dict[str, set[str]]:
    leaked = canaries.found(rows_of(url))
    return {"the database": leaked} if leaked else {}


BROKEN = {
    "database_url": (
        "postgresql+psycopg://u:{0}@127.0.0.1:1/d",
        "postgresql+psycopg://u:{0}@{host}:{port}/d",
        "postgresql+psycopg://u:{0}@h:{0}/d",
        "postgresql+psycopg://u:{1}@[h/d",
        "postgresql+psycopg:///d?host=127.0.0.1&port=1&password={0}",
        "mysql://u:{0}@h/d",
        "postgresql+{0}://u:p@h/d",
        "{0}",
    ),
    "redis_url": ("redis://:{0}@h:{0}/0", "redis://:{1}@[h/0", "http://:{0}@h/0", "{0}", "redis://:{0}@h:1/{0}?x={0}"),
    "keks": ("k1:{0}", "{1}", "k1:{0},k1:{0}"),
    "port": ("{0}",),
    "timezone": ("{0}",),
}


def test_a_start_that_is_refused_does_not_repeat_why(
    canaries: Canaries, postgres: PostgresServer, tmp_path: Path
) -> None:
    found, place = copied(tmp_path / "program"), {"host": postgres.host, "port": postgres.port}
    wrong = [(setting, text) for setting, texts in BROKEN.items() for text in (texts[:2] if BRIEFLY else texts)]

    def start(setting: str, text: str) -> None:
        secret = canaries.new(f"{setting} {text}")
        found.command("orgs", "list", **{setting: text.format(quote(secret, safe=""), secret, **place)})

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(start, *zip(*wrong, strict=True)))
    assert len(found.said) == len(wrong)
    assert {name: text for name, text in found.said.items() if MARK in text} == {}
    assert {name: text[-300:] for name, text in found.said.items() if "Traceback" in text} == {}
