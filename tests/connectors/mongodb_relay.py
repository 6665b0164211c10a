"""`python -m tests.connectors.mongodb_relay PORT MARK`: a stalling relay in a process of its own.

In the tests' process its own sockets would be taken for some that a connector forgot. It says its port, and after
every line it reads how many requests it holds and how many connections it ever had.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.stalling import stalling

HOST = "127.0.0.1"


class Relay:
    """The other end of the process: `port` leads to the server, `held` is how many requests it keeps."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.port = int(self._line())

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()

    def _asked(self) -> tuple[int, int]:
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        held, accepted = map(int, self._line().split())
        return held, accepted

    @property
    def held(self) -> int:
        return self._asked()[0]


@contextmanager
def relay(port: int, mark: str) -> Iterator[Relay]:
    """Before the server at `port`; ended on the way out."""
    command = [sys.executable, "-m", __name__, str(port), mark]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            yield Relay(process)
        finally:
            process.kill()


async def main(port: int, mark: str) -> None:
    async with stalling(HOST, port, mark.encode()) as found:
        print(found.port, flush=True)  # noqa: T201 - how the parent process learns the port
        while await asyncio.to_thread(sys.stdin.readline):
            print(found.held, found.accepted, flush=True)  # noqa: T201 - the answer to what the parent asked


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
