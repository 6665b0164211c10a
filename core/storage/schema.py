"""Alembic, driven from code. Imported only where there is something to migrate: it costs as much as all else here."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.errors import StartupError

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(connection: sa.Connection, revision: str) -> None:
    """Brings the tables up to a revision, in the connection's transaction. Raises StartupError for a newer database."""
    _refuse_newer(connection)
    command.upgrade(_config(connection), revision)


def drift(connection: sa.Connection, expected: sa.MetaData) -> list[str]:
    """Each difference between the tables as they are and as `expected`. Raises StartupError for a newer database."""
    _refuse_newer(connection)
    return [str(difference) for difference in compare_metadata(MigrationContext.configure(connection), expected)]


def newest() -> str:
    """The revision of the last migration."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    assert head is not None  # noqa: S101 - there is always a first migration
    return head


def _refuse_newer(connection: sa.Connection) -> None:
    known = {step.revision for step in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    unknown = set(MigrationContext.configure(connection).get_current_heads()) - known
    if unknown:
        raise StartupError("database_newer", revision=", ".join(sorted(unknown)))


def _config(connection: sa.Connection) -> Config:
    config = Config()
    # A per cent sign in the path would otherwise start an interpolation.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
