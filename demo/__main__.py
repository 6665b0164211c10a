"""`python -m demo`: starts what the demo needs, seeds it, runs the dashboard, ends everything it started."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import structlog

from core.errors import StartupError
from demo.data import load
from demo.postgres import Credentials, postgres

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "data-demo"
DASHBOARD_END_S = 15
"""The dashboard lets running calls end (10 s) before it goes."""

log = structlog.get_logger()


def main() -> int:
    """The exit status: the dashboard's own, 0 after Ctrl-C, 2 where something refuses to start."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    os.environ |= {"CHESHMEH_DATA_DIR": str(HOME), "CHESHMEH_DEMO": "1"}
    try:
        return _run()
    except StartupError as err:
        from core.i18n import translator

        sys.stderr.write(f"{translator('en').message(err.message)}\n")
        return 2
    except KeyboardInterrupt:
        return 0


def _run() -> int:
    HOME.mkdir(mode=0o700, exist_ok=True)
    with _only_one(), postgres(HOME) as server:
        load(server)
        _seed_once(server)
        log.info("demo.ready", postgres_port=server.port)
        return _dashboard()


def _seed_once(server: Credentials) -> None:
    """Seeds an empty installation, and again when the server's port changed; else leaves alone what a person did."""
    seeded = HOME / "seeded"
    if (HOME / "cheshmeh.db").exists() and seeded.exists() and seeded.read_text() == str(server.port):
        return
    # Late: the dashboard's own process imports all of this anyway, a second start needs it once.
    from core import settings
    from core.bootstrap import opened
    from demo.seed import seed

    with opened(settings.load()) as runtime:
        runtime.run(seed(runtime, server))
    seeded.write_text(str(server.port))


def _dashboard() -> int:
    # In a process group of its own, a Ctrl-C at the terminal reaches it once: from here.
    child = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, process_group=0)
    try:
        return child.wait()
    finally:
        child.terminate()
        try:
            child.wait(DASHBOARD_END_S)
        except subprocess.TimeoutExpired:
            child.kill()


@contextmanager
def _only_one() -> Iterator[None]:
    with (HOME / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartupError("demo_running") from None
        yield


def _leave(number: int, _frame: FrameType | None) -> None:
    for ignored in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(ignored, signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
