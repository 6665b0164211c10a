"""Where the key-encryption keys come from: the environment, or a key file made at the first start."""

from core.errors import StartupError
from core.settings import Settings
from core.storage.database import Database
from core.storage.encryption import Keyring, Vault, create_key_file, parse_keys, read_key_file
from core.storage.sources import SourceRepository


async def open_keyring(settings: Settings, database: Database) -> Keyring:
    """Raises StartupError when keys are malformed, or missing although there is something to open with them."""
    if settings.keks is not None:
        try:
            return Keyring(parse_keys(settings.keks.get_secret_value()))
        except ValueError:
            raise StartupError("keks") from None
    path = settings.key_path
    if not path.exists():
        if await SourceRepository(database, Vault(Keyring({}))).any_sealed():
            raise StartupError("key_missing", path=str(path))
        create_key_file(path)
    return Keyring(read_key_file(path), path)
