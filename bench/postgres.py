"""P4: ping all over PostgreSQL sources whose connections are held, against bare psycopg on held connections."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.measure import Contest, Goal, Measures, Workload
from bench.past import ACTOR, ORG, settings_of
from core.bootstrap import opened
from core.models import SourceDraft
from core.runtime import Runtime
from tests.servers import programs
from tests.servers.postgres import PostgresServer, own_server, temporary_home

SOURCES = 200
PING = "SELECT version()"


@contextmanager
def roomy_server() -> Iterator[PostgresServer]:
    """A real server that takes a connection of each source, from both sides."""
    with temporary_home() as home:
        found = programs.find(home)
        assert found is not None, programs.MISSING
        with own_server(found, home) as server:
            server.execute(f"ALTER SYSTEM SET max_connections = {2 * SOURCES + 20}")
            server.stop()
            server.start()
            yield server


@contextmanager
def service_and_bare() -> Iterator[tuple[Workload, Workload]]:
    with (
        roomy_server() as server,
        tempfile.TemporaryDirectory() as folder,
        opened(settings_of(Path(folder) / "data")) as runtime,
    ):
        runtime.run(runtime.access.ensure_organisation(ORG, ORG))
        runtime.run(_add(runtime, server))
        held = runtime.run(_connected(server))
        try:
            yield (lambda: runtime.run(_ping_all(runtime))), (lambda: runtime.run(_bare(held)))
        finally:
            runtime.run(_closed(held))


async def _add(runtime: Runtime, server: PostgresServer) -> None:
    config = {"host": server.host, "port": server.port, "database": server.database, "user": server.user}
    for number in range(SOURCES):
        draft = SourceDraft("postgres", f"source {number}", config | {"password": server.password})
        await runtime.sources.create(ACTOR, ORG, draft)


async def _ping_all(runtime: Runtime) -> Measures:
    wall, cpu = time.perf_counter(), time.process_time()
    view = await (await runtime.sources.ping_all(ACTOR, ORG)).wait()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert view.ok == view.total == SOURCES, [row.message for row in view.rows if not row.ok][:1]
    return {"wall": wall * 1000, "cpu": cpu * 1000}


async def _bare(held: list[psycopg.AsyncConnection[tuple[object, ...]]]) -> Measures:
    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(_ping(connection) for connection in held))
    return {"wall": (time.perf_counter() - wall) * 1000, "cpu": (time.process_time() - cpu) * 1000}


async def _ping(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
    await (await connection.execute(PING)).fetchone()


async def _connected(server: PostgresServer) -> list[psycopg.AsyncConnection[tuple[object, ...]]]:
    login = {"host": server.host, "port": server.port, "dbname": server.database, "user": server.user}
    return [
        await psycopg.AsyncConnection.connect(**login, password=server.password, autocommit=True)  # type: ignore[arg-type]  # a plain dict
        for _ in range(SOURCES)
    ]


async def _closed(held: list[psycopg.AsyncConnection[tuple[object, ...]]]) -> None:
    await asyncio.gather(*(connection.close() for connection in held))


CONTESTS = (
    Contest(
        (
            Goal("P4", f"ping all, {SOURCES} PostgreSQL sources held, wall, over bare psycopg", "wall", 2.5, unit="ms"),
            Goal("P4", f"ping all, {SOURCES} PostgreSQL sources held, CPU, over bare psycopg", "cpu", 2.5, unit="ms"),
        ),
        service_and_bare,
    ),
)
