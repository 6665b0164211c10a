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

from core import settings
from core.bootstrap import opened
from core.errors import StartupError
from core.i18n import translator
from demo.data import load
from demo.postgres import postgres
from demo.seed import seed

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
        sys.stderr.write(f"{translator('en').message(err.message)}\n")
        return 2
    except KeyboardInterrupt:
        return 0


def _run() -> int:
    HOME.mkdir(mode=0o700, exist_ok=True)
    with _only_one(), postgres(HOME) as server:
        load(server)
        with opened(settings.load()) as runtime:
            runtime.run(seed(runtime, server))
        log.info("demo.ready", postgres_port=server.port)
        return _dashboard()


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
