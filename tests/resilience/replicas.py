"""Eight processes and the source that they share, seen from the test."""

import json
import select
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.resilience.conftest import PATIENT_S
from tests.servers.ports import Listener

ROOT = Path(__file__).resolve().parents[2]
COUNT = 8
LIMIT_S = 60
"""Only so that a test that would wait for ever ends."""


class Source:
    """A listener that closes a connection, says `ok`, or waits to be told which."""

    def __init__(self) -> None:
        self._listener = Listener(self._talk)
        self._answer: bool | None = True
        self._changed = threading.Condition()
        self.port = self._listener.port

    @property
    def reached(self) -> int:
        return self._listener.accepted

    def will(self, *, answer: bool | None) -> None:
        """None: those who connect wait."""
        with self._changed:
            self._answer = answer
            self._changed.notify_all()

    @contextmanager
    def listening(self) -> Iterator["Source"]:
        with self._listener.serving():
            try:
                yield self
            finally:
                self.will(answer=False)

    def _talk(self, connection: socket.socket) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._answer is not None, LIMIT_S)
            if self._answer:
                connection.sendall(b"ok\n")


class Replica:
    """A process of `tests.resilience.replica`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.resilience.replica"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )

    def tell(self, do: str, **arguments: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], LIMIT_S)
        assert ready, "a process does not answer"
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        self.tell(do, **arguments)
        return self.answer()

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.process.terminate()
        self.process.wait()


class Replicas:
    """All processes, each with a source of the name `source` at the listener."""

    def __init__(self) -> None:
        self.all = [Replica() for _ in range(COUNT)]
        self.source = ""
        self._met: dict[str, Any] = {}

    def meet(self, redis: str, port: int, *, open_s: float = 300.0, attempt_s: float = 60.0, **more: Any) -> None:
        """A source that nobody knows yet."""
        self.source = uuid4().hex
        self._met = {"redis": redis, "source": self.source, "port": port, "open_s": open_s, "attempt_s": attempt_s}
        self._met |= {"patience_s": PATIENT_S} | more
        self.every("new", **self._met)

    def restart(self, number: int) -> Replica:
        """In the place of one that ended."""
        self.all[number].kill()
        self.all[number].end()
        self.all[number] = Replica()
        self.all[number].ask("new", **self._met)
        return self.all[number]

    def every(self, do: str, **arguments: Any) -> list[dict[str, Any]]:
        """At the same time."""
        for replica in self.all:
            replica.tell(do, **arguments)
        return [replica.answer() for replica in self.all]

    def sum(self, do: str, **arguments: Any) -> "Counter[str]":
        """What all answered together."""
        total: Counter[str] = Counter()
        for answer in self.every(do, **arguments):
            total.update(answer)
        return total

    def states(self) -> set[str]:
        return {str(answer["state"]) for answer in self.every("look")}

    def until(self, *states: str) -> None:
        wait_until(lambda: self.states() == set(states))

    def end(self) -> None:
        for replica in self.all:
            replica.end()


def wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_S
    while not done():
        assert time.monotonic() < end, "what was waited for did not happen"
        time.sleep(0.02)
