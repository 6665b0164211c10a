"""Envelope encryption of configurations: AES-256-GCM under a data key for each, wrapped by a key that lives elsewhere.

Both layers bind the organisation, the source and the version of its configuration as associated data, so that a row
cannot be put in another's place.
"""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import InternalError, StartupError

KEY_BYTES = 32
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """A configuration as it is stored."""

    kek_id: str
    wrapped_key: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


class SealBroken(InternalError):
    """A sealed configuration that does not open: `key_unknown`, or `seal_broken` (another row, or changed bytes)."""


class KeyEncryption(Protocol):
    """Wraps and unwraps data keys; a key management service can stand here."""

    def wrap(self, data_key: bytes, bound_to: bytes) -> tuple[str, bytes]:
        """The id of the wrapping key and the wrapped data key."""

    def unwrap(self, kek_id: str, wrapped: bytes, bound_to: bytes) -> bytes:
        """The data key. Raises SealBroken."""


class Keyring:
    """Key-encryption keys by id; the first one writes, all of them read.

    `path`, when given, is read again once when an unknown id is met: another process may have rotated the keys.
    """

    def __init__(self, keys: Mapping[str, bytes], path: Path | None = None) -> None:
        self._keys, self._path = dict(keys), path

    def wrap(self, data_key: bytes, bound_to: bytes) -> tuple[str, bytes]:
        kek_id, key = next(iter(self._keys.items()))
        return kek_id, _encrypt(key, data_key, bound_to)

    def unwrap(self, kek_id: str, wrapped: bytes, bound_to: bytes) -> bytes:
        if kek_id not in self._keys and self._path is not None:
            self._reload(self._path)
        if kek_id not in self._keys:
            raise SealBroken("key_unknown", id=kek_id)
        return _decrypt(self._keys[kek_id], wrapped, bound_to)

    def encoded(self) -> tuple[str, ...]:
        """The keys as they are written, for who has to recognise one."""
        return tuple(base64.b64encode(key).decode() for key in self._keys.values())

    def knows(self, kek_id: str) -> bool:
        return kek_id in self._keys

    def _reload(self, path: Path) -> None:
        # A file that is gone or half written must not take away the keys that this process already has.
        with suppress(StartupError):
            self._keys = read_key_file(path)


class Vault:
    """Seals and opens configurations."""

    def __init__(self, keys: KeyEncryption) -> None:
        self._keys = keys

    def seal(self, plain: Mapping[str, Any], *, org_id: int, source_uid: UUID, config_version: int) -> Sealed:
        """`plain` holds JSON values. A data key of its own for every seal."""
        bound_to = _binding(org_id, source_uid, config_version)
        data_key = secrets.token_bytes(KEY_BYTES)
        kek_id, wrapped = self._keys.wrap(data_key, bound_to)
        return Sealed(kek_id, wrapped, _encrypt(data_key, json.dumps(dict(plain), allow_nan=False).encode(), bound_to))

    def open(self, sealed: Sealed, *, org_id: int, source_uid: UUID, config_version: int) -> dict[str, Any]:
        """The configuration. Raises SealBroken."""
        bound_to = _binding(org_id, source_uid, config_version)
        data_key = self._keys.unwrap(sealed.kek_id, sealed.wrapped_key, bound_to)
        opened: dict[str, Any] = json.loads(_decrypt(data_key, sealed.ciphertext, bound_to))
        return opened


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
    line = f"k{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        # A link fails where a rename would replace a key that somebody else made meanwhile.
        with suppress(FileExistsError):
            os.link(fresh, path)
        _sync_folder(path.parent)
    except OSError as err:
        raise StartupError("key_file_unwritable", path=str(path)) from err
    finally:
        fresh.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Until then a power cut may take the new name away, and with it all that was sealed under the key."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _binding(org_id: int, source_uid: UUID, config_version: int) -> bytes:
    return f"cheshmeh:config:{org_id}:{source_uid}:{config_version}".encode()


def _encrypt(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise SealBroken("seal_broken") from None
