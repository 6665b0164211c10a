"""A real Toxiproxy: stands between a connector and its server and spoils the connection."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.servers.processes import HOST, folder, program, reserved_port, running

VERSION = "v2.5.0"
MISSING = "no Toxiproxy: `make servers` builds it"


@dataclass(frozen=True)
class Proxy:
    """Listens on host and port and passes everything on, but for the toxics it has at the moment."""

    host: str
    port: int
    url: str

    @contextmanager
    def toxic(self, type: str, stream: str = "downstream", toxicity: float = 1.0, **attributes: int) -> Iterator[None]:  # noqa: A002 - the API's own name
        """One of latency, bandwidth, slow_close, timeout, reset_peer, limit_data, slicer, with its attributes.

        `stream` is `downstream` (from the server to the client) or `upstream`; times are in milliseconds.
        """
        name = secrets.token_hex(4)
        wanted = {"name": name, "type": type, "stream": stream, "toxicity": toxicity, "attributes": attributes}
        _answer("POST", f"{self.url}/toxics", wanted)
        try:
            yield
        finally:
            _answer("DELETE", f"{self.url}/toxics/{name}")

    @contextmanager
    def down(self) -> Iterator[None]:
        """Meanwhile it refuses connections, and those it had are closed."""
        _answer("POST", self.url, {"enabled": False})
        try:
            yield
        finally:
            _answer("POST", self.url, {"enabled": True})


@dataclass(frozen=True)
class Toxiproxy:
    """Its HTTP interface, without a trailing slash."""

    url: str

    @contextmanager
    def proxy(self, upstream_host: str, upstream_port: int) -> Iterator[Proxy]:
        """A proxy in front of that server, on a port of its own."""
        name = f"cheshmeh-{secrets.token_hex(4)}"
        wanted = {"name": name, "listen": f"{HOST}:0", "upstream": f"{upstream_host}:{upstream_port}"}
        made = _answer("POST", f"{self.url}/proxies", wanted).json()
        host, _, port = made["listen"].rpartition(":")
        try:
            yield Proxy(host, int(port), f"{self.url}/proxies/{name}")
        finally:
            _answer("DELETE", f"{self.url}/proxies/{name}")

    @property
    def version(self) -> str:
        return _answer("GET", f"{self.url}/version").text


def toxiproxy_server() -> Path | None:
    return program("toxiproxy-server", VERSION)


def given_server(url: str) -> Toxiproxy:
    """Somebody's server, on this machine."""
    return Toxiproxy(url.rstrip("/"))


@contextmanager
def own_server(binary: Path) -> Iterator[Toxiproxy]:
    """A server that these tests started, without proxies."""
    with folder() as home, reserved_port() as port:
        server = Toxiproxy(f"http://{HOST}:{port}")
        command: list[str | Path] = [binary, "-host", HOST, "-port", str(port)]
        with running(command, [port], home, lambda: _answer("GET", f"{server.url}/proxies").json()):
            yield server


def _answer(method: str, url: str, body: Mapping[str, object] | None = None) -> requests.Response:
    """Raises requests.HTTPError when it is refused. Proxies of this machine's environment are left aside."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, url, json=body, timeout=10)
    answer.raise_for_status()
    return answer
