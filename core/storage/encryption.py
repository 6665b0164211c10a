"""Envelope encryption of configurations: AES-256-GCM under a data key for each, wrapped by a key that lives elsewhere.

Both layers bind the organisation, the source and the version of its configuration as associated data, so that a row
cannot be put in another's place.
"""

import base64
import json
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
from core.redaction import Secrets
from core.storage.key_file import KEY_BYTES, read_key_file

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

    `path`, when given, is read again before each key is wrapped and when an unknown id is met: another process may
    have rotated the keys. What this process knew it goes on reading with: rows that it read before may need it.
    `met`, when given, is told every key as it is written in a file, so that no log repeats one.
    """

    def __init__(self, keys: Mapping[str, bytes], path: Path | None = None, met: Secrets | None = None) -> None:
        self._keys, self._path, self._met = dict(keys), path, met
        self._tell()

    def wrap(self, data_key: bytes, bound_to: bytes) -> tuple[str, bytes]:
        if self._path is not None:
            self._reload(self._path)
        kek_id, key = next(iter(self._keys.items()))
        return kek_id, _encrypt(key, data_key, bound_to)

    def unwrap(self, kek_id: str, wrapped: bytes, bound_to: bytes) -> bytes:
        if kek_id not in self._keys and self._path is not None:
            self._reload(self._path)
        if kek_id not in self._keys:
            raise SealBroken("key_unknown", id=kek_id)
        return _decrypt(self._keys[kek_id], wrapped, bound_to)

    def knows(self, kek_id: str) -> bool:
        return kek_id in self._keys

    def _reload(self, path: Path) -> None:
        # A file that is gone or half written must not take away the keys that this process already has.
        with suppress(StartupError):
            present = read_key_file(path)
            self._keys = present | {kek_id: key for kek_id, key in self._keys.items() if kek_id not in present}
            self._tell()

    def _tell(self) -> None:
        if self._met is not None:
            self._met.know(*(base64.b64encode(key).decode() for key in self._keys.values()))


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

    def rewrap(self, sealed: Sealed, *, org_id: int, source_uid: UUID, config_version: int) -> Sealed:
        """The same ciphertext, its data key wrapped by the key that writes now. Raises SealBroken."""
        bound_to = _binding(org_id, source_uid, config_version)
        data_key = self._keys.unwrap(sealed.kek_id, sealed.wrapped_key, bound_to)
        return Sealed(*self._keys.wrap(data_key, bound_to), sealed.ciphertext)


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
