"""P6: a warm sample of 100 rows of PostgreSQL through the service, against psycopg that makes dicts of them."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.rows import DictRow, dict_row

from bench.measure import Contest, Goal, Measures, Workload
from bench.past import ACTOR, ORG, settings_of
from core.bootstrap import opened
from core.models import SourceDraft
from core.runtime import Runtime
from tests.servers import programs
from tests.servers.postgres import PostgresServer, own_server, temporary_home

ROWS = 100
TIMES = 20
"""Samples in one round."""
TABLE = """CREATE TABLE orders AS SELECT id, gen_random_uuid() AS code, 'مشتری ' || id AS customer,
 (id * 1.25)::numeric(12, 2) AS amount, random() AS weight, id % 2 = 0 AS paid,
 timestamptz '2026-01-01 00:00+03:30' + id * interval '1 minute' AS placed_at,
 jsonb_build_object('city', 'یزد', 'items', jsonb_build_array(id, id + 1)) AS doc
FROM generate_series(1, 10000) AS id"""
QUERY = f"SELECT * FROM orders LIMIT {ROWS}"


@contextmanager
def service_and_bare() -> Iterator[tuple[Workload, Workload]]:
    with (
        temporary_home() as home,
        tempfile.TemporaryDirectory() as folder,
        _server(home) as server,
        opened(settings_of(Path(folder) / "data")) as runtime,
    ):
        server.execute(TABLE)
        server.execute("GRANT SELECT ON orders TO PUBLIC")
        runtime.run(runtime.access.ensure_organisation(ORG, ORG))
        source = runtime.run(_added(runtime, server))
        held = runtime.run(_connected(server))
        try:
            yield (lambda: runtime.run(_sampled(runtime, source))), (lambda: runtime.run(_bare(held)))
        finally:
            runtime.run(held.close())


@contextmanager
def _server(home: Path) -> Iterator[PostgresServer]:
    found = programs.find(home)
    assert found is not None, programs.MISSING
    with own_server(found, home) as server:
        yield server


async def _added(runtime: Runtime, server: PostgresServer) -> UUID:
    config = {"host": server.host, "port": server.port, "database": server.database, "user": server.user}
    draft = SourceDraft("postgres", "orders", config | {"password": server.password})
    return (await runtime.sources.create(ACTOR, ORG, draft)).id


async def _sampled(runtime: Runtime, source: UUID) -> Measures:
    started = time.perf_counter()
    for _ in range(TIMES):
        found = await runtime.sources.sample(ACTOR, ORG, source, {"table": "orders", "limit": ROWS})
        assert len(found.sample.rows) == ROWS
    return {"wall": (time.perf_counter() - started) * 1000 / TIMES}


async def _bare(held: psycopg.AsyncConnection[DictRow]) -> Measures:
    started = time.perf_counter()
    for _ in range(TIMES):
        assert len(await (await held.execute(QUERY)).fetchall()) == ROWS
    return {"wall": (time.perf_counter() - started) * 1000 / TIMES}


async def _connected(server: PostgresServer) -> psycopg.AsyncConnection[DictRow]:
    login = {"host": server.host, "port": server.port, "dbname": server.database, "user": server.user}
    return await psycopg.AsyncConnection.connect(**login, password=server.password, row_factory=dict_row)  # type: ignore[arg-type]  # a plain dict


CONTESTS = (
    Contest(
        (Goal("P6", f"sample of {ROWS} rows, PostgreSQL, warm, over psycopg to dicts", "wall", 2, unit="ms"),),
        service_and_bare,
    ),
)
