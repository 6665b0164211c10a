"""The file of key-encryption keys: `id:base64(32 bytes)`, one a line, the first writes.

Whatever happens, a reader finds the whole old file or the whole new one.
"""

import base64
import binascii
import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import Conflict, StartupError

KEY_BYTES = 32


def parse_keys(text: str) -> dict[str, bytes]:
    """Keys `id:base64(32 bytes)`, separated by commas or lines. Raises ValueError without repeating any of it."""
    keys: dict[str, bytes] = {}
    for entry in text.replace(",", "\n").split():
        kek_id, _, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("not base64") from None
        if not kek_id or not kek_id.isascii() or kek_id in keys or len(key) != KEY_BYTES:
            raise ValueError("a key needs an id of its own and 32 bytes")
        keys[kek_id] = key
    if not keys:
        raise ValueError("no key")
    return keys


def fresh_key() -> tuple[str, bytes]:
    """The id and the bytes of a key that nobody had before."""
    return f"k{secrets.token_hex(4)}", secrets.token_bytes(KEY_BYTES)


def read_key_file(path: Path) -> dict[str, bytes]:
    """Raises StartupError for a file that cannot be read or holds anything but keys."""
    try:
        return parse_keys(path.read_text("ascii"))
    except (OSError, ValueError):
        raise StartupError("key_file_corrupt", path=str(path)) from None


def create_key_file(path: Path) -> None:
    """A fresh key, readable by its owner alone, complete or not there at all. Never overwrites.

    Raises StartupError where it cannot be written. A key that another process made meanwhile is left in its place.
    """
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        _write(fresh, dict([fresh_key()]))
        # A link fails where a rename would replace a key that somebody else made meanwhile.
        with suppress(FileExistsError):
            os.link(fresh, path)
        sync_folder(path.parent)
    except OSError as err:
        raise StartupError("key_file_unwritable", path=str(path)) from err
    finally:
        fresh.unlink(missing_ok=True)


def replace_key_file(path: Path, keys: Mapping[str, bytes]) -> None:
    """Other keys in the place of those that are there, for the same owner. Only inside `held`.

    Raises StartupError where it cannot be written; then the file is as it was.
    """
    path = path.resolve()  # a link stays one
    # One name for all attempts: what a killed one left goes with the next.
    fresh = path.with_name(f"{path.name}.new")
    try:
        owner = path.stat()
        fresh.unlink(missing_ok=True)
        _write(fresh, keys)
        if owner.st_uid != os.geteuid():
            os.chown(fresh, owner.st_uid, owner.st_gid)
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as err:
        raise StartupError("key_file_unwritable", path=str(path)) from err
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def replaceable(path: Path) -> bool:
    """Whether this process may put other keys in the file: not where it is mounted or kept for reading only."""
    path = path.resolve()
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK) and not os.path.ismount(path)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """One rotation at a time. The lock is the system's own, so a dead process never leaves it behind.

    Raises Conflict while another process rotates the keys of this file.
    """
    descriptor = os.open(path.resolve().parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Conflict("keys_rotate") from None
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Until then a power cut may take a new name away, and with it all that was sealed under the key."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, keys: Mapping[str, bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{kek_id}:{base64.b64encode(key).decode()}\n" for kek_id, key in keys.items())
        file.flush()
        os.fsync(file.fileno())
