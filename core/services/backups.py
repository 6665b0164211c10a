"""Backups of the database while a dashboard writes, and putting one in its place. Never of the keys.

For SQLite alone: a PostgreSQL has pg_dump and pg_restore.
"""

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from core.errors import BackupError, Forbidden
from core.models import Actor
from core.services.audit import Audit
from core.services.keys import Keys
from core.settings import Settings
from core.storage.audit import AuditRepository
from core.storage.database import Database
from core.storage.keys import key_place, present_keys
from core.storage.links import shut
from core.storage.lock import DataDirLock
from core.storage.migrations import HEAD
from core.storage.sealed import SealedRepository
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
            async with _upgraded(database) as own:
                await Audit(AuditRepository(own)).note(actor, None, "db.backup", target.name)
        with fresh_copy(database, target) as fresh:
            made = Backup(
                str(target), fresh.stat().st_size, revision(fresh), tuple(sorted(sealing(fresh))), self._place
            )
            publish(fresh, target, force=force)
        return made

    async def restore(self, actor: Actor, source: Path) -> Restored:
        """Puts a backup in the place of the database, upgraded to this program; the keys stay as they are.

        Nobody is signed in afterwards, and no link that lets somebody in is open: it may have been used since.
        Raises StartupError `data_dir_locked` while a dashboard runs, `database_newer`; BackupError `missing`,
        `unreadable`, `damaged`, `foreign`, `keys` where a key is missing that the backup needs, `keys_other` where
        it is another one of the same id.
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
        keys = present_keys(self._settings)
        missing = sealing(fresh) - keys.keys()
        if missing:
            raise BackupError("keys", ids=", ".join(sorted(missing)), place=self._place)
        async with _upgraded(fresh) as database:
            audit = Audit(AuditRepository(database))
            await self._require_opened(actor, Keys(SealedRepository(database), audit, keys, None, self._place))
            await shut(database, datetime.now(UTC))
            await audit.note(actor, None, "db.restore", source.name)
        make_whole(fresh)
        return before

    async def _require_opened(self, actor: Actor, keys: Keys) -> None:
        """Two keys may have one id: people choose those of `CHESHMEH_KEKS`."""
        report = await keys.verify(actor)
        closed = Counter(row.key for row in report.unopened)
        other = sorted(key for key, rows in closed.items() if rows == report.rows[key])
        if other:
            raise BackupError("keys_other", ids=", ".join(other), place=self._place)

    def _database(self, actor: Actor) -> Path:
        if not actor.server_admin:
            raise Forbidden("server_admin")
        if not self._settings.on_sqlite:
            raise BackupError("postgresql")
        return Path(str(make_url(self._settings.database_url_text).database))


def _refuse_to_overwrite(target: Path, database: Path, *, force: bool) -> None:
    if _there(target, "unwritable") and (not force or target.is_dir() or target.resolve() == database.resolve()):
        raise BackupError("exists", path=str(target))


def _require_there(source: Path) -> None:
    if not _there(source, "unreadable"):
        raise BackupError("missing", path=str(source))


def _there(path: Path, otherwise: str) -> bool:
    try:
        return path.exists()
    except OSError as err:  # a folder that may not be searched, a name that is too long
        raise BackupError(otherwise, path=str(path)) from err


def _present(database: Path) -> bool:
    """Whether a line can be written into it: an older or a damaged one is left as it is."""
    try:
        return database.exists() and revision(database) == HEAD
    except sqlite3.Error:
        return False


@asynccontextmanager
async def _upgraded(path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{path}")
    try:
        await database.upgrade()
        yield database
    finally:
        await database.close()
