"""Where the key-encryption keys come from: the environment, or a key file made at the first start."""

from core.errors import StartupError
from core.redaction import Secrets
from core.settings import Settings
from core.storage.database import Database
from core.storage.encryption import Keyring, create_key_file, parse_keys, read_key_file
from core.storage.sources import sealing_keys


async def open_keyring(settings: Settings, database: Database, secrets: Secrets | None = None) -> Keyring:
    """The keys of this installation; a key file is made where there is none and nothing was sealed yet.

    `secrets` is told them.

    Raises StartupError when keys are malformed (`keks`, `key_file_corrupt`), or one is missing that something was
    sealed with (`key_missing`).
    """
    needed = await sealing_keys(database)
    keyring = _from_environment(settings) or _from_file(settings, first_start=not needed)
    if not all(map(keyring.knows, needed)):
        raise StartupError("key_missing", path=_place(settings))
    if secrets is not None:
        secrets.know(*keyring.encoded())
    return keyring


def _from_environment(settings: Settings) -> Keyring | None:
    if settings.keks is None:
        return None
    try:
        return Keyring(parse_keys(settings.keks.get_secret_value()))
    except ValueError:
        raise StartupError("keks") from None


def _from_file(settings: Settings, *, first_start: bool) -> Keyring:
    path = settings.key_path
    if not path.exists():
        if not first_start:
            raise StartupError("key_missing", path=str(path))
        create_key_file(path)
    return Keyring(read_key_file(path), path)


def _place(settings: Settings) -> str:
    return str(settings.key_path) if settings.keks is None else "CHESHMEH_KEKS"
