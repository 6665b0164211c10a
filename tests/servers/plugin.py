"""Fixtures for real servers and for ports that misbehave; says at the end which servers were real."""

import os
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NoReturn

import pytest

from tests.servers.postgres import HOST, PostgresServer, given_server, own_server, temporary_home
from tests.servers.programs import MISSING, find

SERVERS = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SERVERS] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[SERVERS]:
        terminalreporter.write_line(f"servers: {', '.join(config.stash[SERVERS])}")


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """A real PostgreSQL with a database `app` that `app` owns. Skips, or fails where servers are required."""
    with ExitStack() as stack:
        server = _postgres(stack)
        pytestconfig.stash[SERVERS].append(f"postgres {server.version} (real)")
        yield server


def _postgres(stack: ExitStack) -> PostgresServer:
    if url := os.environ.get("CHESHMEH_TEST_POSTGRES_URL"):
        return stack.enter_context(given_server(url))
    home = stack.enter_context(temporary_home())
    programs = find(home)
    if programs is None:
        unavailable(MISSING)
    return stack.enter_context(own_server(programs, home))


def unavailable(reason: str) -> NoReturn:
    """Skips the test; fails it where CHESHMEH_TEST_REQUIRE_SERVERS=1 promises every server."""
    if os.environ.get("CHESHMEH_TEST_REQUIRE_SERVERS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Accepts a connection and never says a word."""
    with socket.create_server((HOST, 0), backlog=128) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def refused_port() -> Iterator[int]:
    """Refuses every connection; held, so that nobody else can start to listen there."""
    with socket.socket() as held:
        held.bind((HOST, 0))
        yield held.getsockname()[1]


@pytest.fixture
def http_port() -> Iterator[int]:
    """Answers HTTP to whatever it is sent."""
    with socketserver.ThreadingTCPServer((HOST, 0), _HttpAnswer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


class _HttpAnswer(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        if self.request.recv(65536):
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
