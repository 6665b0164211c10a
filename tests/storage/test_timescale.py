"""Hypertables: asked for where TimescaleDB says it is there, and nothing where it is not.

No TimescaleDB runs in these tests. A function of the name and the parameters that its manual gives stands in for it.
"""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.storage.database import Database
from core.storage.timescale import make_hypertable
from tests.storage.conftest import ON_POSTGRES

pytestmark = pytest.mark.anyio

STAND_IN = (
    "CREATE SCHEMA stand_in",
    "CREATE VIEW stand_in.pg_extension AS SELECT 'timescaledb'::name AS extname",
    "CREATE TABLE stand_in.asked (relation regclass, time_column name, chunk text, defaults boolean)",
    """CREATE FUNCTION stand_in.create_hypertable(
        relation regclass, time_column_name name, partitioning_column name DEFAULT NULL,
        number_partitions integer DEFAULT NULL, associated_schema_name name DEFAULT NULL,
        associated_table_prefix name DEFAULT NULL, chunk_time_interval anyelement DEFAULT NULL::bigint,
        create_default_indexes boolean DEFAULT TRUE, if_not_exists boolean DEFAULT FALSE,
        partitioning_func regproc DEFAULT NULL, migrate_data boolean DEFAULT FALSE
    ) RETURNS integer LANGUAGE sql AS $$
        INSERT INTO stand_in.asked VALUES ($1, $2, $7::text, $8) RETURNING 1
    $$""",
    # Named first, it hides the real catalogue.
    "SET LOCAL search_path = stand_in, pg_catalog, public",
)


async def test_without_timescale_nothing_happens(database: Database) -> None:
    async with database.write() as connection:
        assert not await connection.run_sync(lambda sync: make_hypertable(sync, "events", "ts", timedelta(days=7)))
    assert await database.check() == []


@ON_POSTGRES
@pytest.mark.parametrize(("chunk", "asked"), [(timedelta(days=7), "7 days"), (604_800, "604800")])
async def test_with_it_a_hypertable_without_indexes_of_its_own_is_asked_for(
    database: Database, chunk: timedelta | int, asked: str
) -> None:
    async with database.write() as connection:
        for statement in STAND_IN:
            await connection.exec_driver_sql(statement)
        assert await connection.run_sync(lambda sync: make_hypertable(sync, "events", "ts", chunk))
        rows = (
            await connection.execute(sa.text("SELECT relation::text, time_column, chunk, defaults FROM asked"))
        ).all()
    assert [tuple(row) for row in rows] == [("events", "ts", asked, False)]
