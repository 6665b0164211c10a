"""A GraphQL server that says what a test has it say, and keeps what it was asked."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"
JSON = "application/json"


@dataclass
class Stub:
    """`body` is sent as JSON unless it is bytes. `asked` are the payloads that came, `sent` their headers."""

    url: str = ""
    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": JSON})
    asked: list[Any] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)

    def answers(self, body: Any, status: int = 200, **headers: str) -> None:
        self.body, self.status = body, status
        self.headers = {"Content-Type": JSON} | {name.replace("_", "-"): value for name, value in headers.items()}

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@contextmanager
def stub_server() -> Iterator[Stub]:
    stub = Stub()

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            stub.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            stub.sent.append(dict(self.headers) | {":path": self.path})
            self.send_response(stub.status)
            for name, value in {"Content-Length": str(len(stub.content)), **stub.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(stub.content)

        def log_message(self, *_args: Any) -> None:
            """Nothing: the tests say what happened."""

    with _Server((HOST, 0), Answer) as server:
        stub.url = f"http://{HOST}:{server.server_address[1]}/graphql"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stub
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: Any) -> None:
        """A client may leave in the middle of a long answer."""
