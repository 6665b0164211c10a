"""A real Redis for the tests, with a password and without a file."""

import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.servers.processes import HOST, folder, program, reserved_port, running

MISSING = "no Redis: install the package `redis-server` (make servers)"


@dataclass(frozen=True)
class RedisServer:
    """Where it listens and the password of its default user."""

    host: str
    port: int
    password: str = field(repr=False)
    version: str = ""

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{self.host}:{self.port}/0"


def redis_server() -> Path | None:
    return program("redis-server")


@contextmanager
def own_server(binary: Path) -> Iterator[RedisServer]:
    """A server that these tests started, empty."""
    password = secrets.token_urlsafe(12)
    with folder() as home, reserved_port() as port:
        (home / "redis.conf").write_text(f"port {port}\nbind {HOST}\nsave ''\nrequirepass {password}\ndir {home}\n")
        command: list[str | Path] = [binary, home / "redis.conf"]
        with running(command, [port], home, lambda: version_of(HOST, port, password)):
            yield RedisServer(HOST, port, password, version_of(HOST, port, password))


class RestartedServer:
    """A server of one test that stops and comes back at the same address, with nothing kept."""

    def __init__(self, binary: Path, home: Path, port: int) -> None:
        self.password = secrets.token_urlsafe(12)
        self.url = f"redis://:{self.password}@{HOST}:{port}/0"
        self._port, self._home = port, home
        self._command: list[str | Path] = [binary, home / "redis.conf"]
        (home / "redis.conf").write_text(f"port {port}\nbind {HOST}\nsave ''\nrequirepass {self.password}\n")
        self._running = ExitStack()

    def start(self) -> None:
        answers = partial(version_of, HOST, self._port, self.password)
        self._running.enter_context(running(self._command, [self._port], self._home, answers))

    def stop(self) -> None:
        self._running.close()


@contextmanager
def restarted_server(binary: Path) -> Iterator[RestartedServer]:
    """Running, at first."""
    with folder() as home, reserved_port() as port:
        server = RestartedServer(binary, home, port)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def given_server(url: str) -> RedisServer:
    """Somebody's server: `redis://:PASSWORD@host:port`, percent-encoded."""
    parts = urlsplit(url)
    host, port, password = parts.hostname or HOST, parts.port or 6379, unquote(parts.password or "")
    return RedisServer(host, port, password, version_of(host, port, password))


def version_of(host: str, port: int, password: str) -> str:
    """`redis_version` of INFO. Raises ConnectionError when something else answers, or the password is wrong."""
    with socket.create_connection((host, port), timeout=10) as connection, connection.makefile("rb") as answers:
        if password:
            connection.sendall(_request("AUTH", password))
            _expect(b"+OK", answers.readline())
        connection.sendall(_request("INFO", "server"))
        head = answers.readline()
        _expect(b"$", head)
        told = dict(line.split(":", 1) for line in answers.read(int(head[1:])).decode().splitlines() if ":" in line)
    return told["redis_version"]


def _request(*words: str) -> bytes:
    parts = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
    return f"*{len(words)}\r\n{parts}".encode()


def _expect(start: bytes, line: bytes) -> None:
    if not line.startswith(start):
        raise ConnectionError(f"not Redis, or a wrong password: {line!r}")
