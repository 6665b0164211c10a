"""What the database says of itself and of who uses it."""

import sqlalchemy as sa

from core.storage.database import VERSION, Database
from core.storage.sealed import sealing_keys

WORKERS = "cheshmeh_queue.procrastinate_workers"
"""Where workers give their signs of life: tables of the queue's own, made by the first worker that starts."""


class InstallationRepository:
    """Reads which migration the tables stand at, which keys seal what is in them, and who works on them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def revision(self) -> str:
        """The newest migration that ran here."""
        async with self._database.read() as connection:
            return str((await connection.execute(sa.select(VERSION.c.version_num))).scalar_one())

    async def keys(self) -> tuple[str, ...]:
        """Ids of the key-encryption keys that something stored is sealed with."""
        return tuple(sorted(await sealing_keys(self._database)))

    async def workers(self, within_s: float) -> int:
        """How many workers gave a sign of life within so many seconds. Only asked of PostgreSQL."""
        alive = f"SELECT count(*) FROM {WORKERS} WHERE last_heartbeat > now() - make_interval(secs => :within)"  # noqa: S608 - a constant
        async with self._database.read() as connection:
            there = await connection.execute(sa.text("SELECT to_regclass(:name)"), {"name": WORKERS})
            if there.scalar_one() is None:
                return 0
            return int((await connection.execute(sa.text(alive), {"within": within_s})).scalar_one())
