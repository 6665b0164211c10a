"""Web servers for the tests, each a process: httpbin under gunicorn, our little apps under uvicorn."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import requests

from tests.servers.processes import HOST, folder, reserved_port, running

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class WebServer:
    """`url` is without a trailing slash."""

    url: str


@dataclass(frozen=True)
class App:
    """What is served: its package, the arguments of `python -m`, how the port is given, a path that answers."""

    package: str
    arguments: Sequence[str]
    address: str
    path: str

    @property
    def version(self) -> str:
        return version(self.package)

    @property
    def missing(self) -> str | None:
        """Why it cannot be served here; None when it can."""
        wanted = self.arguments[0], self.package.partition("-")[0]
        absent = [name for name in wanted if find_spec(name) is None]
        return f"no {' and no '.join(absent)}: install requirements-dev.txt" if absent else None


def _uvicorn(name: str, package: str, path: str) -> App:
    arguments = ("uvicorn", f"tests.servers.apps.{name}:app", "--timeout-graceful-shutdown", "1")
    return App(package, (*arguments, "--log-level", "warning", "--host", HOST), "--port={port}", path)


HTTPBIN = App(
    "httpbin",
    ("gunicorn", "tests.servers.apps.httpbin_app:app", "-w", "1", "--threads", "32"),
    f"-b={HOST}:{{port}}",
    "/get",
)
RECORDS = _uvicorn("records", "starlette", "/object")
PETS = _uvicorn("pets", "fastapi", "/openapi.json")
STRAWBERRY = _uvicorn("strawberry_app", "strawberry-graphql", "/busy")
ARIADNE = _uvicorn("ariadne_app", "ariadne", "/busy")


@contextmanager
def serving(app: App) -> Iterator[WebServer]:
    """The app, answering, on a port of its own."""
    with folder() as home, reserved_port() as port:
        server = WebServer(f"http://{HOST}:{port}")
        command = [sys.executable, "-m", *app.arguments, app.address.format(port=port)]
        with running(command, [port], home, lambda: _answers(server.url + app.path), {"PYTHONPATH": str(ROOT)}):
            yield server


def _answers(url: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.get(url, timeout=10).raise_for_status()
