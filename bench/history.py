"""P9: the health summary of 1,000 sources and a day of one source, against the bare SQL that reads the same rows."""

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import past
from bench.measure import Contest, Goal, Measures, Workload
from core.bootstrap import opened
from core.runtime import Runtime

SOURCES, TIMES = 1_000, 5
SUMMARY = """
    SELECT s.uid, s.name, s.kind, s.tags, s.ciphertext, t.state, t.evidence, t.evidence_ts, t.message, t.diagnosis,
           t.avg_latency_ms, t.histogram, t.last_ok_ts, t.last_err_ts
    FROM sources s JOIN organisations o ON o.id = s.org_id LEFT JOIN source_status t ON t.source_id = s.id
    WHERE o.slug = ? ORDER BY s.id
"""
DAY = """
    SELECT ts, calls, errors, rejected, latency_us, histogram FROM history_5m
    WHERE source_id = ? AND ts IN (SELECT value FROM json_each(?)) ORDER BY ts
"""
"""One look-up a stretch: the table is in the order of time."""


@contextmanager
def filled() -> Iterator[tuple[Path, Runtime, int]]:
    """The data directory, what runs on it, and the moment up to which it has history."""
    with tempfile.TemporaryDirectory() as home:
        data_dir, now = Path(home) / "data", int(time.time())
        past.fill(data_dir, SOURCES, now)
        with opened(past.settings_of(data_dir)) as runtime:
            yield data_dir / "cheshmeh.db", runtime, now


@contextmanager
def summary() -> Iterator[tuple[Workload, Workload]]:
    with filled() as (file, runtime, _), sqlite3.connect(file) as database:
        ours = _timed(runtime, lambda: runtime.sources.health(past.ACTOR, past.ORG))
        yield ours, lambda: _best(lambda: database.execute(SUMMARY, (past.ORG,)).fetchall())


@contextmanager
def day() -> Iterator[tuple[Workload, Workload]]:
    with filled() as (file, runtime, now), sqlite3.connect(file) as database:
        source = runtime.run(runtime.sources.health(past.ACTOR, past.ORG)).sources[0].id
        key = database.execute("SELECT id FROM sources WHERE uid = ?", (source.hex,)).fetchone()[0]
        stretches = json.dumps(list(range(now // 300 * 300 - 86_100, now, 300)))
        ours = _timed(runtime, lambda: runtime.history.of_source(past.ACTOR, past.ORG, source))
        yield ours, lambda: _best(lambda: database.execute(DAY, (key, stretches)).fetchall())


def _timed(runtime: Runtime, call: Callable[[], Coroutine[Any, Any, object]]) -> Workload:
    async def best() -> Measures:
        taken = []
        for _ in range(TIMES):
            started = time.perf_counter()
            await call()
            taken.append(time.perf_counter() - started)
        return {"wall": min(taken) * 1000}

    return lambda: runtime.run(best())


def _best(query: Callable[[], object]) -> Measures:
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        query()
        taken.append(time.perf_counter() - started)
    return {"wall": min(taken) * 1000}


CONTESTS = (
    Contest(
        (
            Goal("P9", f"health summary of {SOURCES} sources, over bare SQL", "wall", 3, unit="ms"),
            Goal("P9", f"health summary of {SOURCES} sources", "wall", 10, "alone", "ms"),
        ),
        summary,
    ),
    Contest(
        (
            Goal("P9", "24 h of one source in 288 stretches, over bare SQL", "wall", 3, unit="ms"),
            Goal("P9", "24 h of one source in 288 stretches", "wall", 5, "alone", "ms"),
        ),
        day,
    ),
)
