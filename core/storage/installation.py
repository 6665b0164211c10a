"""What the database says of itself."""

import sqlalchemy as sa

from core.storage.database import Database

VERSION = sa.table("alembic_version", sa.column("version_num"))


class InstallationRepository:
    """Reads which migration the tables stand at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def revision(self) -> str:
        """The newest migration that ran here."""
        async with self._database.read() as connection:
            return str((await connection.execute(sa.select(VERSION.c.version_num))).scalar_one())
