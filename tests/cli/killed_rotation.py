"""`python -m tests.cli.killed_rotation EVENTS SEED TIMES`: `keys rotate` again and again, killed with SIGKILL inside.

Each run is a process of its own, forked from one that has imported everything. It counts the calls that the rotation
makes, in the key file, in the database and in the thread that speaks to SQLite, and at one drawn by lot it kills
itself; the first run is left alone where it is asked for 0 times, and prints how many there are.
"""

import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from core.cli import main
from core.services.keys import Keys
from core.storage.key_file import read_key_file

WATCHED = ("/core/storage/", "/core/services/keys.py", "/sqlalchemy/engine/default.py")
FILE = "/core/storage/key_file.py"
BEGIN: CodeType = Keys.rotate.__code__


class Fuse:
    """Counts calls from the start of the rotation on; burns down at one of those that concern the key file, or any."""

    def __init__(self, at: int, *, in_file: bool) -> None:
        self._at, self._in_file = at, in_file
        self._begun = False
        self.seen = 0

    def __call__(self, frame: FrameType, event: str, _what: Any) -> None:
        self._begun = self._begun or frame.f_code is BEGIN
        name = frame.f_code.co_filename
        if self._begun and (FILE in name if self._in_file else any(part in name for part in WATCHED)):
            self.seen += 1
            if self.seen == self._at:
                os.kill(os.getpid(), signal.SIGKILL)


def forked(work: Callable[[], None]) -> int:
    """The status of a child that does it."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return os.waitpid(child, 0)[1]


def rotate(fuse: Fuse) -> None:
    sys.argv = ["core", "keys", "rotate", "--json"]
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process
    threading.setprofile(fuse)
    sys.setprofile(fuse)
    try:
        main()
    except SystemExit as end:
        sys.setprofile(None)
        if end.code:
            os._exit(int(end.code))


def measure(*, in_file: bool) -> int:
    """How many calls a whole rotation makes."""
    reader, writer = os.pipe()

    def work() -> None:
        fuse = Fuse(0, in_file=in_file)
        rotate(fuse)
        os.write(writer, str(fuse.seen).encode())

    assert forked(work) == 0
    return int(os.read(reader, 20))


def kill(lot: random.Random, events: tuple[int, int], key_file: Path) -> str | None:
    """One run with a point drawn by lot; what was left, None when the run came to its end before."""
    in_file = lot.random() < 0.5
    fuse = Fuse(lot.randrange(1, events[in_file]), in_file=in_file)
    status = forked(lambda: rotate(fuse))
    assert status in (0, signal.SIGKILL), status
    keys = len(read_key_file(key_file))
    return f"{fuse._at} {'file' if in_file else 'any'} {keys}" if status else None


def run(key_file: Path, seed: int, times: int) -> None:
    lot, events = random.Random(seed), (measure(in_file=False), measure(in_file=True))  # noqa: S311 - drawn by lot
    sys.stderr.write(f"events {events}\n")
    done = 0
    while done < times:
        left = kill(lot, events, key_file)
        if left:
            done += 1
            sys.stderr.write(f"{left}\n")


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
