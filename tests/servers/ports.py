"""Fixtures: ports that misbehave, each on loopback and on a port of the kernel's choice."""

import select
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from tests.servers.processes import HOST

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
WAIT_LIMIT_S = 30


class Listener(socketserver.ThreadingTCPServer):
    """Says the same to everybody. `accepted` counts the connections so far, `open` those not closed yet."""

    request_queue_size = 128

    def __init__(self, talk: Callable[[socket.socket], None]) -> None:
        super().__init__((HOST, 0), _Conversation)
        self.talk = talk
        self.accepted = 0
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def open(self) -> int:
        return len(self._connections)

    def wait_for_open(self, count: int) -> bool:
        """Waits until so many connections are open, as the other side closes them; False if they never are."""
        with self._changed:
            return self._changed.wait_for(lambda: self.open == count, WAIT_LIMIT_S)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self.accepted += 1
            self._connections.add(request)
            self._changed.notify_all()
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._changed:
            self._connections.discard(request)
            self._changed.notify_all()
        super().shutdown_request(request)

    @contextmanager
    def serving(self) -> Iterator["Listener"]:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self._hang_up()
            self.server_close()

    def _hang_up(self) -> None:
        with self._changed:
            for connection in self._connections:
                with suppress(OSError):  # the other side was faster
                    connection.shutdown(socket.SHUT_RDWR)


class _Conversation(socketserver.BaseRequestHandler):
    server: Listener

    def handle(self) -> None:
        with suppress(OSError):  # the other side may leave at any point
            self.server.talk(self.request)


def _refuse_in_http(connection: socket.socket) -> None:
    if connection.recv(65536):
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _drip(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n[")
    while not _left(connection, within_s=1):
        connection.sendall(b" ")


def _pour(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(HEAD + b"\r\n[0")
    while True:
        connection.sendall(b",0" * 16384)


def _left(connection: socket.socket, within_s: float) -> bool:
    readable, _, _ = select.select([connection], [], [], within_s)
    return bool(readable) and not connection.recv(65536)


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
    with Listener(_refuse_in_http).serving() as listener:
        yield listener.port


@pytest.fixture
def dripping_port() -> Iterator[Listener]:
    """Answers a request with HTTP headers, then a byte of the body a second."""
    with Listener(_drip).serving() as listener:
        yield listener


@pytest.fixture
def endless_port() -> Iterator[Listener]:
    """Answers a request with a JSON array that never ends, as fast as it is read."""
    with Listener(_pour).serving() as listener:
        yield listener


@pytest.fixture
def counting_port() -> Iterator[Listener]:
    """Accepts a connection, counts it and closes it."""
    with Listener(lambda connection: None).serving() as listener:
        yield listener
