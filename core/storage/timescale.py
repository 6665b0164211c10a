"""TimescaleDB, where a PostgreSQL has it: tables that grow with time in pieces that are quick to drop.

Held against TimescaleDB's documented interface and a stand-in; not tried on a real TimescaleDB.
"""

from datetime import timedelta

import sqlalchemy as sa

# Without default indexes: they would be a difference between the tables and what the program expects.
_CREATE = sa.text(
    "SELECT create_hypertable(CAST(:table AS regclass), CAST(:time_column AS name), "
    "chunk_time_interval => :chunk, create_default_indexes => FALSE, if_not_exists => TRUE, migrate_data => TRUE)"
)


def make_hypertable(connection: sa.Connection, table: str, time_column: str, chunk: timedelta | int) -> bool:
    """Whether the table is a hypertable now; without TimescaleDB nothing happens.

    `chunk` is the time that one piece spans: a timedelta for a timestamp, for an integer column a number in its unit.
    The time column must be part of the primary key and of every unique constraint. For migrations.
    """
    if not has_timescale(connection):
        return False
    kind = sa.Interval() if isinstance(chunk, timedelta) else sa.BigInteger()
    statement = _CREATE.bindparams(sa.bindparam("chunk", type_=kind))
    connection.execute(statement, {"table": table, "time_column": time_column, "chunk": chunk})
    return True


def has_timescale(connection: sa.Connection) -> bool:
    """Whether this database is a PostgreSQL with the extension created in it."""
    if connection.dialect.name != "postgresql":
        return False
    found = connection.exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'")
    return found.scalar() is not None
