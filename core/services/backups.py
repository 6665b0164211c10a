"""Backups of the database while a dashboard writes, and putting one in its place. Never of the keys.

For SQLite alone: a PostgreSQL has pg_dump and pg_restore.
"""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from core.errors import BackupError, Forbidden
from core.models import Actor
from core.services.audit import Audit
from core.settings import Settings
from core.storage.audit import AuditRepository
from core.storage.database import Database
from core.storage.keys import key_place, present_keys
from core.storage.lock import DataDirLock
from core.storage.migrations import HEAD
from core.storage.sqlite_file import fresh_copy, make_whole, publish, revision, sealing, take_place


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made. `keys` are the ids of the keys that it is of no use without; they lie in `place`."""

    path: str
    bytes: int
    revision: str | None
    keys: tuple[str, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that is the database now. `upgraded_from` is its older migration, `kept` where the database that was
    there is now; both may be None."""

    path: str
    revision: str
    upgraded_from: str | None
    kept: str | None


class Backups:
    """For server administrators: every method raises Forbidden for anybody else, BackupError `postgresql` on one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def make(self, actor: Actor, target: Path, *, force: bool = False) -> Backup:
        """A file for its owner alone; with `force` in the place of one that is there. Raises BackupError."""
        database = self._database(actor)
        _refuse_to_overwrite(target, database, force=force)
        if _present(database):
            # Before it is made: who took the data away stays known, in the backup too.
            await _note(database, actor, "db.backup", target.name)
        with fresh_copy(database, target) as fresh:
            made = Backup(
                str(target), fresh.stat().st_size, revision(fresh), tuple(sorted(sealing(fresh))), self._place
            )
            publish(fresh, target, force=force)
        return made

    async def restore(self, actor: Actor, source: Path) -> Restored:
        """Puts a backup in the place of the database, upgraded to this program; the keys stay as they are.

        Raises StartupError `data_dir_locked` while a dashboard runs, `database_newer`; BackupError `missing`,
        `unreadable`, `damaged`, `foreign`, `keys` where a key is missing that the backup needs.
        """
        database, lock = self._database(actor), DataDirLock(self._settings.data_dir)
        _require_there(source)
        lock.acquire()
        try:
            like = database if database.exists() else database.parent
            with fresh_copy(source, database, like=like) as fresh:
                before = await self._prepared(fresh, actor, source)
                kept = database.with_name(f"{database.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}")
                there = take_place(fresh, database, kept)
        finally:
            lock.release()
        return Restored(str(source), HEAD, before if before != HEAD else None, str(kept) if there else None)

    @property
    def _place(self) -> str:
        return key_place(self._settings)

    async def _prepared(self, fresh: Path, actor: Actor, source: Path) -> str:
        """Everything that can refuse, on the copy; its migration as it was."""
        before = revision(fresh)
        if before is None:
            raise BackupError("foreign", path=str(source))
        missing = sealing(fresh) - present_keys(self._settings).keys()
        if missing:
            raise BackupError("keys", ids=", ".join(sorted(missing)), place=self._place)
        await _note(fresh, actor, "db.restore", source.name)
        make_whole(fresh)
        return before

    def _database(self, actor: Actor) -> Path:
        if not actor.server_admin:
            raise Forbidden("server_admin")
        if not self._settings.on_sqlite:
            raise BackupError("postgresql")
        return Path(str(make_url(self._settings.database_url_text).database))


def _refuse_to_overwrite(target: Path, database: Path, *, force: bool) -> None:
    if target.exists() and (not force or target.resolve() == database.resolve()):
        raise BackupError("exists", path=str(target))


def _require_there(source: Path) -> None:
    if not source.exists():
        raise BackupError("missing", path=str(source))


def _present(database: Path) -> bool:
    """Whether a line can be written into it: an older or a damaged one is left as it is."""
    try:
        return database.exists() and revision(database) == HEAD
    except sqlite3.Error:
        return False


async def _note(path: Path, actor: Actor, action: str, target: str) -> None:
    """Writes a line into a database, which is upgraded for it."""
    database = Database(f"sqlite:///{path}")
    try:
        await database.upgrade()
        await Audit(AuditRepository(database)).note(actor, None, action, target)
    finally:
        await database.close()
