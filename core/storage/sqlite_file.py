"""SQLite databases as files: copied while others write, looked at, and put in each other's place."""

import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from core.errors import BackupError
from core.storage.key_file import sync_folder
from core.storage.sealed import VERSIONS

PATIENCE_S = 10.0
BESIDE = ("-wal", "-shm", "-journal")


@contextmanager
def fresh_copy(source: Path, target: Path, *, like: Path | None = None) -> Iterator[Path]:
    """A whole, sound copy beside `target`, for its owner alone, gone after the block unless it was moved.

    It is of one moment, whoever writes meanwhile. `like` is a file or folder whose owner it gets, when root makes it.
    Raises BackupError: `unreadable`, `locked`, `damaged`, `unwritable`.
    """
    fresh = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    _create(fresh, like)
    try:
        _copy(source, fresh)
        make_whole(fresh)
        yield fresh
    finally:
        for name in ("", *BESIDE):
            fresh.with_name(fresh.name + name).unlink(missing_ok=True)


def publish(fresh: Path, target: Path, *, force: bool) -> None:
    """Gives a copy its name. Raises BackupError `exists`, and `unwritable`."""
    try:
        if force:
            fresh.replace(target)
        else:
            os.link(fresh, target)
        sync_folder(target.parent)
    except FileExistsError:
        raise BackupError("exists", path=str(target)) from None
    except OSError as err:
        raise BackupError("unwritable", path=str(target)) from err


def require_sound(path: Path) -> None:
    """Looks through every page, and changes nothing. Raises BackupError `damaged`."""
    try:
        with closing(_connect(path, "ro")) as connection:
            if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise BackupError("damaged", path=str(path))
    except sqlite3.DatabaseError as err:
        raise BackupError("damaged", path=str(path)) from err


def make_whole(path: Path) -> None:
    """All of it in the one file and on the disk. Raises BackupError `damaged` when SQLite finds it so."""
    try:
        with closing(_connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
            if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise BackupError("damaged", path=str(path))
    except sqlite3.DatabaseError as err:
        raise BackupError("damaged", path=str(path)) from err
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def revision(path: Path) -> str | None:
    """The migration that a sound file stands at; None for a database that is not ours."""
    with closing(_connect(path)) as connection:
        if not {"alembic_version", "organisations"} <= _tables(connection):
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def sealing(path: Path) -> frozenset[str]:
    """Ids of the key-encryption keys that a sound file of ours needs, whatever its migration."""
    with closing(_connect(path)) as connection:
        present = sorted(VERSIONS.keys() & _tables(connection))
        found = (connection.execute(f'SELECT DISTINCT kek_id FROM "{name}"') for name in present)  # noqa: S608 - ours
        return frozenset(row[0] for rows in found for row in rows)


def take_place(fresh: Path, database: Path, kept: Path) -> bool:
    """Puts what is in `fresh` in the place of the database, which is kept as `kept`; false when there was none.

    A database that can be read gets it as one transaction, so that whoever has it open sees the change; of one that
    cannot, the files are put aside.
    """
    there = database.exists()
    if not there:
        publish(fresh, database, force=False)
    elif not _kept(database, kept):
        _swap(fresh, database, kept)
    else:
        _copy(fresh, database)
    return there


def _kept(database: Path, kept: Path) -> bool:
    try:
        with fresh_copy(database, kept, like=database) as copy:
            publish(copy, kept, force=False)
    except BackupError as err:
        if err.reason not in ("damaged", "unreadable"):
            raise
        return False
    return True


def _swap(fresh: Path, database: Path, kept: Path) -> None:
    """The name of the database is never missing: a start in between would make an empty one."""
    for name in BESIDE:
        with suppress(FileNotFoundError):
            database.with_name(database.name + name).rename(kept.with_name(kept.name + name))
    os.link(database, kept)
    publish(fresh, database, force=True)


def _copy(source: Path, target: Path) -> None:
    end = time.monotonic() + PATIENCE_S

    def patience(status: int, _left: int, _total: int) -> None:
        # Python tries again for ever while somebody holds a lock.
        if status & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > end:
            raise BackupError("locked", path=str(target))

    try:
        with closing(_connect(source, "ro")) as reading, closing(_connect(target)) as writing:
            # All at once: in steps it would begin anew whenever somebody writes.
            reading.backup(writing, progress=patience)
    except sqlite3.Error as err:
        damaged = getattr(err, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CORRUPT
        raise BackupError("damaged" if damaged else "unreadable", path=str(source)) from err


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """To a file that is there: SQLite would make it. With `ro` a damaged one is not made worse by what lies beside."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", PATIENCE_S, uri=True)


def _create(fresh: Path, like: Path | None) -> None:
    try:
        os.close(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        if like is not None and os.geteuid() == 0:
            owner = like.stat()
            os.chown(fresh, owner.st_uid, owner.st_gid)
    except OSError as err:
        with suppress(OSError):
            fresh.unlink()  # it may have been made, and not given to its owner
        raise BackupError("unwritable", path=str(fresh.parent)) from err
