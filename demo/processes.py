"""The parent's side of the demo's server processes: started in parallel, ended by their own id."""

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from demo.child import READY

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT_S = 30.0
END_LIMIT_S = 10.0


class ServerProcess:
    """`python -m module`, in a process group of its own, so that a Ctrl-C at the terminal reaches only the parent.

    Its standard input stays open for as long as we live: the child ends itself when that closes, after a `kill -9` too.
    """

    def __init__(self, name: str, module: str, log: Path) -> None:
        self.name, self.log = name, log
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, accepting: socket.socket, options: Mapping[str, Any]) -> None:
        """Hands over the listening socket, which is closed here, and the options, secrets among them."""
        with accepting, self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a module of this package
                [sys.executable, "-m", self._module],
                cwd=ROOT,
                pass_fds=[accepting.fileno()],
                process_group=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
            )
            told = json.dumps(dict(options) | {"listener": accepting.fileno()})
        with suppress(BrokenPipeError):  # it died at once: ready() says so
            _pipe(self._process.stdin).write(f"{told}\n".encode())

    def ready(self, limit_s: float = START_LIMIT_S) -> bool:
        """Waits until it serves; False when it ended instead, or took longer than the limit."""
        process, end, said = self._running(), time.monotonic() + limit_s, b""
        says = _pipe(process.stdout)
        while not said.endswith(b"\n"):
            readable, _, _ = select.select([says], [], [], max(0.0, end - time.monotonic()))
            block = says.read(len(READY)) if readable else b""
            if not block:
                return False
            said += block
        return said == READY

    def ended(self) -> bool:
        return self._running().poll() is not None

    @property
    def pid(self) -> int:
        return self._running().pid

    def ask_to_end(self) -> None:
        """Asks without waiting, so that several end at the same time."""
        if self._process is not None:
            self._process.terminate()

    def stop(self) -> None:
        """Ends it, whatever state it is in; does nothing where it never started."""
        self.ask_to_end()
        if self._process is None:
            return
        with self._process as process:  # closes the pipes
            try:
                process.wait(END_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("started without a pipe")
    return stream
