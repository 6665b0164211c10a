"""A data directory with a past: sources and their history in every tier, as checks would have left it."""

import json
import math
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.bootstrap import opened
from core.metrics.figures import Call, FiguresState, Fold
from core.metrics.histogram import Histogram, index_of
from core.models import Actor, BreakerState, Role, SourceDraft
from core.runtime import Runtime
from core.services.calls import SAMPLE_WORKED
from core.services.evidence import message_to_json
from core.settings import Settings
from core.storage.history import SPANS

ORG = "bench"
ACTOR = Actor("bench", {ORG: Role.ADMIN})
CALLS_IN_5M = 10
DAYS = {"5m": 1, "1h": 2, "1d": 2}
"""How far back each tier is filled: as far as what is measured looks."""
CHECKED_WITHIN_S = 300
ROW = "(source_id, ts, writer, calls, errors, rejected, latency_us, histogram)"


def settings_of(data_dir: Path) -> Settings:
    """Without scheduled checks: they have benchmarks of their own, and would begin in the middle of a round."""
    return Settings(_env_file=None, data_dir=data_dir, port=1, log_level="error", check_interval_s=0)


def fill(data_dir: Path, sources: int, now: int, org: str = ORG) -> None:
    """So many sources of kind REST, each with a state, and history up to `now`, in seconds since 1970."""
    with opened(settings_of(data_dir)) as runtime:
        runtime.run(runtime.access.ensure_organisation(org, org))
        runtime.run(_add(runtime, org, sources))
    with sqlite3.connect(data_dir / "cheshmeh.db") as database:
        write_history(database, now)
        _write_states(database, now)


def _write_states(database: sqlite3.Connection, now: int) -> None:
    """Of every source there is what the checks of the last minutes left: most are well, one in ten is not."""
    keys = [row[0] for row in database.execute("SELECT id FROM sources ORDER BY id")]
    states = [_state(key, now) for key in keys]
    names = ", ".join(states[0])
    marks = ", ".join(f":{name}" for name in states[0])
    database.executemany(f"INSERT INTO source_status ({names}) VALUES ({marks})", states)


def write_history(database: sqlite3.Connection, now: int, but: str = "") -> None:
    """Of every source there is but for one, with marks as a roll-up that has just run would set them."""
    keys = [row[0] for row in database.execute("SELECT id FROM sources WHERE name <> ? ORDER BY id", (but,))]
    hour, day = (now // SPANS[tier] * SPANS[tier] for tier in ("1h", "1d"))
    ends = {"5m": now, "1h": hour, "1d": day}
    for tier, end in ends.items():
        insert = f"INSERT OR REPLACE INTO history_{tier} {ROW} VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        database.executemany(insert, (row for key in keys for row in _rows(key, tier, end)))
    marks = [("1h", hour, 0), ("1d", day, 0)]
    database.executemany("INSERT OR REPLACE INTO history_marks (tier, until, late) VALUES (?, ?, ?)", marks)


async def _add(runtime: Runtime, org: str, sources: int) -> None:
    actor = Actor("bench", {org: Role.ADMIN})
    for number in range(sources):
        config = {"base_url": f"http://127.0.0.1:9/{number}"}
        await runtime.sources.create(actor, org, SourceDraft("rest", f"source {number}", config))


def _rows(key: int, tier: str, end: int) -> Iterator[tuple[int | bytes, ...]]:
    span, chance = SPANS[tier], random.Random(key)
    begin = (end - DAYS[tier] * 86_400) // span * span
    usual_ms = 5 * 10 ** chance.uniform(0, 2)
    for ts in range(begin, end, span):
        calls = CALLS_IN_5M * span // SPANS["5m"]
        slowness = 1 + 0.4 * math.sin(ts / 86_400 * 2 * math.pi) + chance.random() * 0.3
        errors = calls // 3 if chance.random() < (0.02 if key % 7 else 0.1) else 0
        mean = usual_ms * slowness
        yield key, ts, 1, calls, errors, 0, round(mean * 1000) * calls, _histogram(calls, mean)


def _state(key: int, now: int) -> dict[str, Any]:
    chance, well = random.Random(key), key % 10 != 0
    checked = datetime.fromtimestamp(now - chance.random() * CHECKED_WITHIN_S, UTC)
    fold, latency_ms = Fold(FiguresState()), 5 * 10 ** chance.uniform(0, 2)
    for minute in reversed(range(5)):
        ts = checked - timedelta(minutes=minute)
        fold.apply(Call(ts, latency_ms, not well and not minute, True, index_of(latency_ms)))
    proven = dict.fromkeys(("evidence_ts", "state_since", "updated_at"), checked)
    message = json.dumps(message_to_json(SAMPLE_WORKED))
    evidence = {"evidence": "healthy" if well else "error", "evidence_by": "scheduled", "message": message}
    state = asdict(fold.dump()) | proven | evidence
    state |= {"source_id": key, "seq": 1, "writer": 1, "state": BreakerState.CLOSED.value, "streak": 5 if well else -1}
    # As the product writes moments: SQLite keeps no zone.
    return {name: _written(value) if isinstance(value, datetime) else value for name, value in state.items()}


def _written(when: datetime) -> str:
    return when.replace(tzinfo=None).isoformat(" ", "microseconds")


def _histogram(calls: int, mean: float) -> bytes:
    """Most calls near the mean, a few far above it."""
    made, middle = Histogram(), index_of(mean)
    for distance, share in ((-4, 0.2), (0, 0.4), (5, 0.3), (16, 0.07), (32, 0.03)):
        made.counts[middle + distance] += max(1, round(calls * share))
    made.total = made.counts.total()
    return made.pack()
