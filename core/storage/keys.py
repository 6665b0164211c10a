"""Where the key-encryption keys come from: the environment, or a key file made at the first start."""

from pathlib import Path

from core.errors import StartupError
from core.redaction import Secrets
from core.settings import Settings
from core.storage.database import Database
from core.storage.encryption import Keyring
from core.storage.key_file import create_key_file, parse_keys, read_key_file
from core.storage.sealed import sealing_keys


async def open_keyring(settings: Settings, database: Database, secrets: Secrets | None = None) -> Keyring:
    """The keys of this installation; a key file is made where there is none and nothing was sealed yet.

    `secrets` is told them.

    Raises StartupError when keys are malformed (`keks`, `key_file_corrupt`), or one is missing that something was
    sealed with (`key_absent`, with the whole file `key_missing`, of the environment `keks_missing`).
    """
    path = None if settings.keks else settings.key_path
    for _ in range(2):  # a rotation beside us may have ended between the two looks
        needed = await sealing_keys(database)
        keyring = Keyring(_made_or_present(settings, first_start=not needed), path, secrets)
        missing = [kek_id for kek_id in sorted(needed) if not keyring.knows(kek_id)]
        if not missing:
            return keyring
    ids = ", ".join(missing)
    raise StartupError("key_absent", path=str(path), ids=ids) if path else StartupError("keks_missing", ids=ids)


def present_keys(settings: Settings) -> dict[str, bytes]:
    """The keys by id, the one that writes first; none where there is no key file yet.

    Raises StartupError (`keks`, `key_file_corrupt`, `key_file_unreadable`).
    """
    if settings.keks is None:
        return read_key_file(settings.key_path) if _is_there(settings.key_path) else {}
    try:
        return parse_keys(settings.keks.get_secret_value())
    except ValueError:
        raise StartupError("keks") from None


def key_place(settings: Settings) -> str:
    """Where a person finds the keys."""
    return str(settings.key_path) if settings.keks is None else "CHESHMEH_KEKS"


def _made_or_present(settings: Settings, *, first_start: bool) -> dict[str, bytes]:
    if settings.keks is None and not _is_there(settings.key_path):
        if not first_start:
            raise StartupError("key_missing", path=str(settings.key_path))
        create_key_file(settings.key_path)
    return present_keys(settings)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as err:  # a folder that may not be searched, a name that is too long
        raise StartupError("key_file_unreadable", path=str(path)) from err
