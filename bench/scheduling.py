"""P14: sources checked every 30 s by two workers on one PostgreSQL and one Redis: none late, none twice, and the price.

`python -m bench.scheduling [SECONDS] [SOURCES]`: a table of its own, because one run takes minutes. In the middle a
worker is killed; after one interval more everything must be true again.
"""

import asyncio
import base64
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

from bench.pinging import ACTOR, ORG
from core.bootstrap import Process, opened
from core.models import SourceDraft
from core.runtime import Runtime
from core.settings import Settings
from tests.servers import postgres, programs, redis

GOAL = "P14"
DELAY_S, INTERVAL_S = 0.05, 30
SOURCES, SECONDS = 10_000, 300
WARM_S = 2 * INTERVAL_S
"""Until every source was checked once, and the workers share the batches evenly."""
TICKS_S = os.sysconf("SC_CLK_TCK")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Recorder(asyncio.Protocol):
    """Answers every request after 50 ms, and remembers when each source was asked."""

    seen: ClassVar[defaultdict[bytes, list[float]]] = defaultdict(list)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.seen[data.split(b" ", 2)[1]].append(time.monotonic())
        asyncio.get_running_loop().call_later(DELAY_S, self.answer)

    def answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(ANSWER)  # type: ignore[attr-defined]


@contextmanager
def recorder() -> Iterator[int]:
    """The port of a server in a thread of this process, which has nothing else to do."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(Recorder, "127.0.0.1", 0, backlog=5000))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def main(seconds: int, sources: int) -> int:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stack.enter_context(recorder())
        own = _environment(home) | _servers(stack)
        with opened(_settings(own, 0), Process.COMMAND) as runtime:
            runtime.run(_add(runtime, port, sources))
        _measured(seconds, own)
        single = _environment(home / "single")
        with opened(_settings(single, 0), Process.COMMAND) as runtime:
            runtime.run(_add(runtime, port, sources))
        _single(min(seconds, 60), single)
    return 0


def _measured(seconds: int, own: dict[str, str]) -> None:
    workers = [_worker(own) for _ in range(2)]
    try:
        time.sleep(WARM_S)
        _report("two workers", seconds // 2, workers)
        workers[0].send_signal(signal.SIGKILL)
        workers[0].wait()
        killed = time.monotonic()
        time.sleep(INTERVAL_S)
        _report("one worker left", seconds // 2, workers[1:])
        _over_the_kill(killed)
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
            worker.wait(30)


def _single(seconds: int, own: dict[str, str]) -> None:
    """The dashboard's own checks on SQLite, in one process."""
    process = subprocess.Popen([sys.executable, "-m", "bench.scheduling", "inline"], env=os.environ | own)
    try:
        time.sleep(WARM_S)
        _report("one process, SQLite", seconds, [process])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _report(name: str, seconds: int, processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    start, spent = time.monotonic(), sum(map(_cpu_s, processes))
    time.sleep(seconds)
    end, spent = time.monotonic(), sum(map(_cpu_s, processes)) - spent
    times = {path: [at for at in seen if start <= at <= end] for path, seen in list(Recorder.seen.items())}
    checks = sum(map(len, times.values()))
    gaps = sorted(b - a for seen in times.values() for a, b in pairwise(seen))
    if not gaps:
        print(f"{name:22} {checks} checks in {seconds} s")
        return
    late, twice = sum(gap > 2 * INTERVAL_S for gap in gaps), sum(gap < 0.9 * INTERVAL_S for gap in gaps)
    missed = sum(not seen for seen in times.values()) if seconds > 2 * INTERVAL_S else 0
    print(
        f"{name:22} {checks} checks in {seconds} s, {spent / max(1, checks) * 1000:.2f} ms of processor each; from one "
        f"to the next {gaps[0]:.1f} … {gaps[len(gaps) // 2]:.1f} … {gaps[-1]:.1f} s; late {late}, twice {twice}, "
        f"never {missed}",
        flush=True,
    )


def _over_the_kill(killed: float) -> None:
    """From the last check of each source before a worker was killed to the first one after."""
    times = list(Recorder.seen.values())
    gaps = [min(at for at in seen if at > killed) - max(at for at in seen if at <= killed) for seen in times]
    late = sum(gap > 2 * INTERVAL_S for gap in gaps)
    print(f"{'over the kill':22} at most {max(gaps):.1f} s from one check to the next; late {late}", flush=True)


def _cpu_s(process: "subprocess.Popen[bytes]") -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_S


def _worker(own: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "core", "worker"], env=os.environ | own)


def _environment(home: Path) -> dict[str, str]:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    own = {
        "DATA_DIR": str(home / "data"),
        "KEKS": f"k:{key}",
        "LOG_LEVEL": "error",
        "CHECK_INTERVAL_S": str(INTERVAL_S),
    }
    return {f"CHESHMEH_{name}": value for name, value in own.items()}


def _servers(stack: ExitStack) -> dict[str, str]:
    home = stack.enter_context(postgres.temporary_home())
    found, binary = programs.find(home), redis.redis_server()
    if found is None or binary is None:
        raise SystemExit("PostgreSQL and Redis are needed (make servers).")
    server, there = stack.enter_context(postgres.own_server(found, home)), stack.enter_context(redis.own_server(binary))
    url = f"postgresql+psycopg://{server.user}:{server.password}@{server.host}:{server.port}/{server.database}"
    return {"CHESHMEH_DATABASE_URL": url, "CHESHMEH_REDIS_URL": there.url}


def _settings(own: dict[str, str], interval_s: float) -> Settings:
    given = {name.removeprefix("CHESHMEH_").lower(): value for name, value in own.items()}
    return Settings(_env_file=None, **(given | {"check_interval_s": interval_s}))  # type: ignore[arg-type]  # as read


async def _add(runtime: Runtime, port: int, sources: int) -> None:
    await runtime.access.ensure_organisation(ORG, ORG)
    for number in range(sources):
        config = {"base_url": f"http://127.0.0.1:{port}/{number}", "health_path": "/"}
        await runtime.sources.create(ACTOR, ORG, SourceDraft("rest", f"source {number}", config))


def _inline() -> None:
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    with opened(Settings(_env_file=None)):
        over.wait()


if __name__ == "__main__":
    if sys.argv[1:] == ["inline"]:
        _inline()
    else:
        given = [int(value) for value in sys.argv[1:]]
        sys.exit(main(*(given + [SECONDS, SOURCES][len(given) :])))
