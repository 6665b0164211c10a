"""Requests written byte by byte, for what no client library would send."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.api.conftest import LIMIT_S, Served


@contextmanager
def wire(served: Served, receive_buffer: int | None = None) -> Iterator[socket.socket]:
    with socket.socket(proto=socket.IPPROTO_TCP) as client:
        if receive_buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(LIMIT_S)
        parts = urlsplit(served.url)
        client.connect((parts.hostname, parts.port))
        yield client


def head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def everything(client: socket.socket) -> str:
    """Until the other end closes."""
    received = b""
    while chunk := client.recv(65536):
        received += chunk
    return received.decode("utf-8", "replace")


def status(client: socket.socket) -> int:
    """Of the answer that comes next."""
    received = b""
    while b"\r\n" not in received:
        chunk = client.recv(65536)
        assert chunk, "closed without an answer"
        received += chunk
    return int(received.split()[1])
