"""P10: how much history of 1,000 sources weighs, checked every 30 s, and that it stops growing.

Stretches are written in the order of time, as they come: what a tree of pages makes of that is part of the weight.
"""

import asyncio
import random
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.measure import Contest, Goal, Measures, Workload
from core.metrics.histogram import Histogram
from core.storage.database import Database
from core.storage.history import KEPT_S, SPANS

SOURCES, EVERY_S = 1_000, 30
DAY = SPANS["1d"]
MEDIAN_MS, SPREAD = 50.0, 0.25
"""Latencies are log-normal: 95 of 100 lie between 30 and 82 ms."""
SHAPES = 500
"""Different stretches of a tier, drawn again and again."""
MORE_DAYS = 2
MIB = 2**20


def weights() -> Measures:
    """In MiB: the five-minute tier after a day, all tiers at their full length, and what two days more add."""
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "cheshmeh.db"
        asyncio.run(_migrated(path))
        connection = sqlite3.connect(path)
        # A power cut is no part of the measurement.
        connection.execute("PRAGMA synchronous=OFF")
        shapes = {tier: _shapes(span) for tier, span in SPANS.items()}
        write = partial(_write, connection, shapes)
        write("5m", 0, DAY)
        a_day = _weight(connection, "history_5m")
        write("5m", DAY, KEPT_S["5m"])
        for tier in ("1h", "1d"):
            write(tier, 0, KEPT_S[tier])
        whole = sum(_weight(connection, f"history_{tier}") for tier in SPANS)
        for day in range(MORE_DAYS):
            for tier in SPANS:
                start = KEPT_S[tier] + day * DAY
                write(tier, start, start + DAY)
                connection.execute(f"DELETE FROM history_{tier} WHERE ts < ?", (start + DAY - KEPT_S[tier],))
        later = sum(_weight(connection, f"history_{tier}") for tier in SPANS)
        connection.close()
    return {"a day": a_day, "whole": whole, "growth": later / whole}


async def _migrated(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    await database.upgrade()
    await database.close()


def _write(
    connection: sqlite3.Connection,
    shapes: Mapping[str, Sequence[tuple[int, int, bytes]]],
    tier: str,
    since: int,
    until: int,
) -> None:
    insert = f"INSERT INTO history_{tier} VALUES (?, ?, 1, ?, 0, 0, ?, ?)"
    for ts in range(since, until, SPANS[tier]):
        drawn = random.choices(shapes[tier], k=SOURCES)
        connection.executemany(insert, ((ts, key + 1, *shape) for key, shape in enumerate(drawn)))
    connection.commit()


def _shapes(span: int) -> list[tuple[int, int, bytes]]:
    """Calls, the sum of their latencies in µs, the packed histogram."""
    return [_shape(span // EVERY_S) for _ in range(SHAPES)]


def _shape(calls: int) -> tuple[int, int, bytes]:
    histogram, total = Histogram(), 0.0
    for _ in range(calls):
        latency = MEDIAN_MS * random.lognormvariate(0, SPREAD)
        histogram.add(latency)
        total += latency
    return calls, round(total * 1000), histogram.pack()


def _weight(connection: sqlite3.Connection, table: str) -> float:
    (size,) = connection.execute("SELECT sum(pgsize) FROM dbstat WHERE name = ?", (table,)).fetchone()
    return float(size) / MIB


@contextmanager
def growing() -> Iterator[tuple[Workload, None]]:
    yield weights, None


CONTESTS = (
    Contest(
        (
            Goal("P10", f"{SOURCES} sources every {EVERY_S} s, 5-minute tier, a day", "a day", 30, "alone", "MiB"),
            Goal("P10", f"{SOURCES} sources every {EVERY_S} s, all tiers at full length", "whole", 250, "alone", "MiB"),
            Goal("P10", f"the same {MORE_DAYS} days later, over before", "growth", 1.01, "alone", "×"),
        ),
        growing,
        rounds=1,
        warms_up=False,
    ),
)
