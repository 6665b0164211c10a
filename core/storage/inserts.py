"""An INSERT in the words of a database, which may say what happens on a conflict."""

from typing import TYPE_CHECKING, Union

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert

Insert = Union[SqliteInsert, "PostgresqlInsert"]
"""Both have `on_conflict_do_update(index_elements=…, set_=…)`, `on_conflict_do_nothing` and `excluded`."""


def insert_for(dialect: str, table: sa.Table) -> Insert:
    """`dialect` is `sqlite` or `postgresql`, as a connection's `dialect.name` has it."""
    if dialect == "sqlite":
        return SqliteInsert(table)
    # Imported here: most installations have a file and no server.
    from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert

    return PostgresqlInsert(table)
