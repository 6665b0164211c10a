"""P7 and P8: the first rows of large objects, through the service, on a bucket that answers each range after 20 ms."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

import aiohttp
import requests

from bench.measure import Contest, Goal, Measures, Workload
from bench.past import ACTOR, ORG, settings_of
from bench.pinging import slow_server
from core.bootstrap import opened
from core.models import SourceDraft
from core.runtime import Runtime

DELAY_S = 0.02
ROWS = 100
FIRST = 64 * 1024
CSV, PARQUET = "head.csv", "groups.parquet"


@contextmanager
def preview(key: str, rows: int) -> Iterator[tuple[Workload, Workload]]:
    """A preview of an object, and one ranged get of its first 64 KiB on a connection that is kept."""
    with (
        slow_server("bench.s3_server", DELAY_S) as port,
        tempfile.TemporaryDirectory() as folder,
        opened(settings_of(Path(folder) / "data")) as runtime,
    ):
        runtime.run(runtime.access.ensure_organisation(ORG, ORG))
        source = runtime.run(_added(runtime, port))
        url, held = f"http://127.0.0.1:{port}", list[aiohttp.ClientSession]()
        ours = partial(_previewed, runtime, source, url, key, rows)
        try:
            yield ours, lambda: runtime.run(_got(f"{url}/bucket/{CSV}", held))
        finally:
            for session in held:
                runtime.run(session.close())


async def _added(runtime: Runtime, port: int) -> UUID:
    config = {"endpoint_url": f"http://127.0.0.1:{port}", "bucket": "bucket"}
    return (await runtime.sources.create(ACTOR, ORG, SourceDraft("s3", "bucket", config))).id


def _previewed(runtime: Runtime, source: UUID, url: str, key: str, rows: int) -> Measures:
    requests.get(f"{url}/count", timeout=10)
    started = time.perf_counter()
    found = runtime.run(runtime.sources.sample(ACTOR, ORG, source, {"key": key, "limit": ROWS}))
    wall = (time.perf_counter() - started) * 1000
    assert len(found.sample.rows) == rows
    asked, sent = map(int, requests.get(f"{url}/count", timeout=10).text.split())
    return {"wall": wall, "requests": asked, "KiB": sent / 1024, "MB": sent / 1_000_000}


async def _got(url: str, held: list[aiohttp.ClientSession]) -> Measures:
    if not held:
        held.append(aiohttp.ClientSession())
    started = time.perf_counter()
    async with held[0].get(url, headers={"Range": f"bytes=0-{FIRST - 1}"}) as answer:
        assert len(await answer.read()) == FIRST
    return {"wall": (time.perf_counter() - started) * 1000, "requests": 1, "KiB": FIRST / 1024, "MB": FIRST / 1_000_000}


HEAD = f"S3, first {ROWS} rows of a CSV of 141 MB, 20 ms a request"
GROUPS = "S3, first row group of a Parquet file of 72 MB with 65,536 of them, 20 ms a request"
CONTESTS = (
    Contest(
        (
            Goal("P7", f"{HEAD}, over one ranged get", "wall", 1.5, unit="ms"),
            Goal("P7", f"{HEAD}, what is read", "KiB", 64, "alone", "KiB"),
        ),
        partial(preview, CSV, ROWS),
    ),
    Contest(
        (
            Goal("P8", GROUPS, "requests", 3, "alone", "requests"),
            Goal("P8", f"{GROUPS}, what is read", "MB", 6, "alone", "MB"),
        ),
        partial(preview, PARQUET, 1),
    ),
)
