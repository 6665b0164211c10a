"""One dashboard a data directory. The lock is the system's own, so a dead process never leaves it behind."""

import fcntl
import os
from pathlib import Path

from core.errors import StartupError


class DataDirLock:
    """`flock` on DATA_DIR/lock."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises StartupError when another dashboard holds it, or the directory cannot be written."""
        prepare(self._data_dir)
        try:
            self._descriptor = _locked(self._data_dir / "lock")
        except BlockingIOError as err:
            raise StartupError("data_dir_locked", path=str(self._data_dir)) from err
        except OSError as err:
            raise StartupError("data_dir", path=str(self._data_dir)) from err

    def release(self) -> None:
        """Idempotent."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.geteuid() == 0:  # the service, which is somebody else, is to open it too
            owner = path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def prepare(data_dir: Path) -> None:
    """Makes the data directory, for its owner alone. Raises StartupError when it cannot be written."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as err:
        raise StartupError("data_dir", path=str(data_dir)) from err
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise StartupError("data_dir", path=str(data_dir))
