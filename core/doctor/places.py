"""The data directory, its lock, the key file, and what the system lets this process have."""

import fcntl
import os
import resource
import shutil
from pathlib import Path

from core.diagnosis.ladder import Found
from core.doctor.findings import broken, left, warning, well
from core.errors import StartupError
from core.presence import find
from core.settings import Settings
from core.storage.keys import present_keys

FREE_MIN, FREE_LOW = 100 * 2**20, 2**30
"""Bytes: below the first a day of history may no longer fit, below the second it is time to look."""
FILES_LOW = 4096
REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "afs", "glusterfs", "fuse.sshfs", "fuse.glusterfs"})
"""File systems over a network: SQLite's write-ahead log needs memory that all its processes share."""
MOUNTS = Path("/proc/self/mountinfo")


def data_directory(settings: Settings) -> Found:
    folder = settings.data_dir
    if not folder.exists():
        return left("data_dir.none", path=str(folder))
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise StartupError("data_dir", path=str(folder))
    free, kind = shutil.disk_usage(folder).free, file_system(folder, MOUNTS)
    if free < FREE_MIN:
        return broken("data_dir.full", path=str(folder), megabytes=free // 2**20)
    if settings.on_sqlite and kind in REMOTE:
        return warning("data_dir.remote", path=str(folder), kind_of=kind)
    return _owned(folder) or _roomy(folder, free)


def lock(settings: Settings) -> Found:
    running, path = find(settings.data_dir), settings.data_dir / "lock"
    if running is not None:
        return well("lock.held", pid=running.pid)
    if not path.exists() or _free(path):
        return well("lock.free")
    return warning("lock.unknown", path=str(path))


def key_file(settings: Settings) -> Found:
    """What the keys look like; whether they open what is stored is a rung of its own."""
    keys, path = present_keys(settings), settings.key_path
    names = ", ".join(keys)
    if settings.keks is not None:
        return well("keys.environment", ids=names)
    if not keys:
        return left("keys.none", path=str(path))
    if path.stat().st_mode & 0o077:
        return warning("keys.readable", path=str(path))
    if len(keys) > 1:
        return warning("keys.several", path=str(path), ids=names)
    return well("keys.file", path=str(path), ids=names)


def open_files() -> Found:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < FILES_LOW:
        return warning("open_files.few", files=hard)
    return well("open_files.enough")


def file_system(folder: Path, mounts: Path) -> str:
    """The kind of file system a folder is on; empty where the system does not say."""
    try:
        lines = [line.split() for line in mounts.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return ""
    real = folder.resolve()
    # Of the mounts above the folder the longest counts, and of several on one place the last.
    above = [(len(line[4]), line[line.index("-") + 1]) for line in lines if real.is_relative_to(_unescaped(line[4]))]
    return max(reversed(above), key=lambda found: found[0], default=(0, ""))[1]


def _unescaped(place: str) -> str:
    return place.replace("\\040", " ")


def _owned(folder: Path) -> Found | None:
    facts = folder.stat()
    if facts.st_uid != os.geteuid():
        return warning("data_dir.owner", path=str(folder), owner_id=facts.st_uid, own_id=os.geteuid())
    if facts.st_mode & 0o077:
        return warning("data_dir.readable", path=str(folder))
    return None


def _roomy(folder: Path, free: int) -> Found:
    if free < FREE_LOW:
        return warning("data_dir.low", path=str(folder), megabytes=free // 2**20)
    return well("data_dir.ok", path=str(folder), gigabytes=free // 2**30)


def _free(path: Path) -> bool:
    """Whether nobody holds the lock; a shared one is taken for a moment, which a start in that moment may meet."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
