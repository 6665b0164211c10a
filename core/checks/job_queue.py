"""The queue that workers share: Procrastinate's tables, in a schema of their own in the application's PostgreSQL.

Nothing in it is worth keeping: every job says only that a batch of sources wants to be looked at.
"""

from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.schema import SchemaManager
from sqlalchemy.engine import make_url

from core.storage.postgresql import MIGRATION_LOCK, OPTIONS

SCHEMA = "cheshmeh_queue"
"""Apart from our own tables, which a migration compares with what it expects."""
WORKERS, JOBS = f"{SCHEMA}.procrastinate_workers", f"{SCHEMA}.procrastinate_jobs"
CONNECTIONS = 4

_ALIVE = """
    SELECT count(*) AS workers FROM procrastinate_workers
    WHERE last_heartbeat > now() - make_interval(secs => %(seconds)s)
"""


async def job_queue(url: str) -> App:
    """The queue in the database of `url`, with its tables made if they are missing. Not open yet.

    Raises psycopg.Error.
    """
    conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    await _make_tables(conninfo)
    return App(connector=PsycopgConnector(conninfo=conninfo, kwargs=_options(), min_size=1, max_size=CONNECTIONS))


async def alive(queue: App, seconds: float) -> int:
    """How many workers gave a sign of life within `seconds`."""
    row: dict[str, Any] = await queue.connector.execute_query_one_async(_ALIVE, seconds=seconds)
    return int(row["workers"])


async def _make_tables(conninfo: str) -> None:
    """One process at a time, and never while another one migrates."""
    async with await psycopg.AsyncConnection.connect(conninfo, **_options()) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        found = await connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.procrastinate_jobs"])
        if await found.fetchone() == (None,):
            await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            await connection.execute(SchemaManager.get_schema())


def _options() -> dict[str, Any]:
    return dict(OPTIONS) | {"options": f"{OPTIONS['options']} -c search_path={SCHEMA}"}
