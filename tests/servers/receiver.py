"""Whoever is told of incidents: takes what is POSTed, answers as a script says, and checks signatures by itself."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Message:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        return json.loads(self.body)

    @property
    def delivery(self) -> str:
        return self.headers["X-Cheshmeh-Delivery"]

    def signed_by(self, secret: str) -> bool:
        """As somebody who knows nothing but the documents would check it."""
        parts = dict(part.split("=", 1) for part in self.headers["X-Cheshmeh-Signature"].split(","))
        wanted = hmac.new(secret.encode(), parts["t"].encode() + b"." + self.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted, parts["v1"])


@dataclass
class Receiver:
    """`answers` are the statuses of the next answers, the last one for ever; `status` is of what is read with GET.

    `read` are the paths of those, over so many `connections`, which stay open.
    """

    url: str
    answers: list[int]
    headers: dict[str, str] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    status: int = 200
    read: list[str] = field(default_factory=list)
    connections: int = 0

    def take(self, message: Message) -> int:
        self.messages.append(message)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def receiver(*answers: int, **headers: str) -> Iterator[Receiver]:
    """Listens on a port of the kernel's; 204 to everything unless told otherwise."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            found.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(found.take(Message(self.path, dict(self.headers), body)))
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()

        def do_GET(self) -> None:
            found.read.append(self.path)
            self.send_response(found.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_args: Any) -> None:
            """Nothing: the tests say what happened."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Receiver(f"http://127.0.0.1:{server.server_address[1]}", list(answers) or [204], headers)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
