"""P1, P2 and P3: ping all over REST sources that answer after 50 ms, cold, through the whole pipeline."""

import asyncio
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from bench.measure import Contest, Goal, Measures, Workload
from core.bootstrap import opened
from core.models import Actor, Role, SourceDraft
from core.runtime import Runtime
from core.settings import Settings

DELAY_S = 0.05
SOURCES, FEW, MANY = 1_000, 100, 5_000
ROUNDS = 5
ORG = "bench"
ACTOR = Actor("bench", {ORG: Role.ADMIN})


@contextmanager
def slow_server(module: str = "bench.slow_server", delay_s: float = DELAY_S) -> Iterator[int]:
    """The port of a server in a process of its own, which waits so long before it answers."""
    command = [sys.executable, "-m", module, str(delay_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.communicate()


@contextmanager
def seeded(port: int, sources: int) -> Iterator[Path]:
    """A data directory with so many sources that were never called."""
    with tempfile.TemporaryDirectory() as home:
        with opened(_settings(Path(home) / "seeded")) as runtime:
            runtime.run(runtime.access.ensure_organisation(ORG, ORG))
            runtime.run(_add(runtime, port, sources))
        yield Path(home) / "seeded"


async def _add(runtime: Runtime, port: int, sources: int) -> None:
    for number in range(sources):
        config = {"base_url": f"http://127.0.0.1:{port}/{number}", "health_path": "/"}
        await runtime.sources.create(ACTOR, ORG, SourceDraft("rest", f"source {number}", config))


def _settings(data_dir: Path) -> Settings:
    return Settings(_env_file=None, data_dir=data_dir, port=1, log_level="error", check_interval_s=0)


def ping_all(data_dir: Path) -> Measures:
    """One cold round on a copy: from the service's call until every answer is stored."""
    with tempfile.TemporaryDirectory() as home:
        copy = shutil.copytree(data_dir, Path(home) / "copy")
        with opened(_settings(copy)) as runtime:
            return runtime.run(_timed(runtime))


async def _timed(runtime: Runtime) -> Measures:
    wall, cpu = time.perf_counter(), time.process_time()
    view = await (await runtime.sources.ping_all(ACTOR, ORG)).wait()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert view.ok == view.total
    reported = statistics.median(row.latency_ms for row in view.rows if row.latency_ms is not None)
    return {"wall": wall * 1000, "cpu": cpu * 1000, "cpu each": cpu * 1e6 / view.total, "p50": reported}


async def bare(port: int, sources: int) -> Measures:
    """As fast as the client goes: everything at once, a connection each."""
    wall, cpu = time.perf_counter(), time.process_time()
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(_get(session, f"http://127.0.0.1:{port}/{number}/") for number in range(sources)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall * 1000, "cpu": cpu * 1000, "p50": DELAY_S * 1000}


async def _get(session: aiohttp.ClientSession, url: str) -> None:
    async with session.get(url) as answer:
        await answer.read()


@contextmanager
def against_bare_aiohttp() -> Iterator[tuple[Workload, Workload]]:
    with slow_server() as port, seeded(port, SOURCES) as data_dir:
        yield (lambda: ping_all(data_dir)), (lambda: asyncio.run(bare(port, SOURCES)))


@contextmanager
def many_against_few() -> Iterator[tuple[Workload, Workload]]:
    with slow_server() as port, seeded(port, MANY) as many, seeded(port, FEW) as few:
        yield (lambda: ping_all(many)), (lambda: ping_all(few))


CONTESTS = (
    Contest(
        (
            Goal("P1", f"ping all, {SOURCES} sources of 50 ms, wall, over bare aiohttp", "wall", 1.5, unit="ms"),
            Goal("P1", f"ping all, {SOURCES} sources of 50 ms, CPU, over bare aiohttp", "cpu", 2, unit="ms"),
            Goal("P3", "ping all, p50 as reported over the true 50 ms", "p50", 1.3, unit="ms"),
        ),
        against_bare_aiohttp,
        ROUNDS,
    ),
    Contest(
        (Goal("P2", f"ping all, CPU a ping at {MANY} sources over {FEW}", "cpu each", 1.5, unit="µs"),),
        many_against_few,
        ROUNDS,
    ),
)
