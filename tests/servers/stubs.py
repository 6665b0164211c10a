"""A server that gives one answer to everything, over TLS when a certificate is given."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.servers.authority import Certificate


@contextmanager
def stub_server(status: int, body: bytes, headers: Mapping[str, str], tls: Certificate | None = None) -> Iterator[str]:
    """Its URL on loopback."""

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_POST = do_GET  # noqa: N815 - the names that the standard library looks for

        def log_message(self, *_args: Any) -> None:
            """Nothing: the tests say what happened."""

    with _Server(("127.0.0.1", 0), Answer) as server:
        scheme = "http"
        if tls is not None:
            scheme, server.socket = "https", tls.server_context().wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"{scheme}://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    block_on_close = False  # a client under test may keep its connection

    def handle_error(self, *_args: Any) -> None:
        """Clients that refuse the certificate leave in the middle."""
