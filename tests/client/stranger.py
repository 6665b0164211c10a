"""A server that says what a test writes, byte by byte, and hangs up; and what it heard before."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import BinaryIO

Say = Callable[[BinaryIO], object]


@dataclass
class Stranger:
    """`asked` holds the first line of each request, `heard` its headers."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    heard: list[Message] = field(default_factory=list)


class _Server(socketserver.ThreadingTCPServer):
    block_on_close = False


@contextmanager
def stranger(say: Say | bytes) -> Iterator[Stranger]:
    """Listens on a port of the kernel's."""
    found = Stranger()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked, lines = self.rfile.readline(), []
            while (line := self.rfile.readline()).strip():
                lines.append(line)
            headers = message_from_bytes(b"".join(lines))
            self.rfile.read(int(headers.get("Content-Length", 0)))
            found.asked.append(asked.decode().strip())
            found.heard.append(headers)
            if isinstance(say, bytes):
                self.wfile.write(say)
            else:
                say(self.wfile)

    with _Server(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


def answer(status: str, body: str = "", **headers: str) -> bytes:
    """A whole answer; `content_type="…"` is a header `content-type`."""
    said = {"content-length": str(len(body.encode())), "connection": "close"} | headers
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in said.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n{body}".encode()


def chunk(line: str) -> bytes:
    """One line as one chunk."""
    data = f"{line}\n".encode()
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


LINES = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
"""How an answer in lines begins."""
