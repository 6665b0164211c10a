"""P12: what a start costs until /healthz answers, against a bare Streamlit application with one route."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.measure import Contest, Goal, Measures, Workload

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, LIMIT_S = 5, 120
BARE = """
import sys
import streamlit as st
from starlette.responses import JSONResponse
from starlette.routing import Route

async def healthz(request):
    return JSONResponse({"status": "ok"})

app = st.App("page.py", routes=[Route("/healthz", healthz)])
if __name__ == "__main__":
    app.run(config={"server.address": "127.0.0.1", "server.port": int(sys.argv[1])})
"""


@dataclass(frozen=True, slots=True)
class Served:
    port: int
    process: "subprocess.Popen[bytes]"


@contextmanager
def product_and_bare() -> Iterator[tuple[Workload, Workload]]:
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare"
        bare_application(bare, "import streamlit as st\nst.title('page')\n")
        yield (lambda: _product(bare / "data")), (lambda: _start(bare, {}))


def bare_application(folder: Path, page: str) -> None:
    """One page and one route, configured like ours."""
    folder.mkdir()
    (folder / "app.py").write_text(BARE)
    (folder / "page.py").write_text(page)
    (folder / ".streamlit").symlink_to(ROOT / ".streamlit")


def _product(data_dir: Path) -> Measures:
    """On a data directory that is there from the second start on."""
    return _start(ROOT, {"CHESHMEH_DATA_DIR": str(data_dir)})


def _start(folder: Path, own: dict[str, str]) -> Measures:
    started = time.perf_counter()
    with served(folder, own) as found:
        return {"wall": (time.perf_counter() - started) * 1000, "cpu": cpu_s(found.process.pid) * 1000}


@contextmanager
def served(folder: Path, own: dict[str, str]) -> Iterator[Served]:
    """The application in a folder, from its first answer on."""
    port = _free_port()
    command, quiet = [sys.executable, "app.py", str(port)], subprocess.DEVNULL
    environ = os.environ | own | {"CHESHMEH_PORT": str(port)}
    if folder != ROOT:
        environ = {name: value for name, value in environ.items() if not re.match("CHESHMEH_", name)}
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=quiet, stderr=quiet) as process:  # noqa: S603 - our own
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", process)
            yield Served(port, process)
        finally:
            process.terminate()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        assert process.poll() is None, "it ended instead of starting"
        try:
            if requests.get(url, timeout=LIMIT_S).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.02)
    raise AssertionError("it did not start")


def cpu_s(pid: int) -> float:
    """Processor time of a running process, in seconds: user and system, fields 14 and 15 of proc(5)'s stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


CONTESTS = (
    Contest(
        (Goal("P12", "start to /healthz 200, CPU, over a bare application", "cpu", 2.5, unit="ms"),),
        product_and_bare,
        ROUNDS,
    ),
)
