"""Passwords: Argon2id, in a thread of its own, with the library's own parameters (RFC 9106, low-memory profile)."""

import asyncio
import unicodedata
from functools import cached_property
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.access.password_rules import LENGTH_MAX, check_password

CONCURRENT = 2


class Hasher(Protocol):
    """What of `argon2.PasswordHasher` is used."""

    def hash(self, password: str | bytes) -> str: ...

    def verify(self, hash: str | bytes, password: str | bytes) -> bool: ...  # noqa: A002 - the library's name


class Passwords:
    """Hashes and verifies."""

    def __init__(self, hasher: Hasher | None = None) -> None:
        self._hasher: Hasher = hasher or PasswordHasher()
        # Each hash takes 64 MiB and a thread of the pool that also resolves host names for every ping.
        self._turns = asyncio.Semaphore(CONCURRENT)

    @cached_property
    def _decoy(self) -> str:
        return self._hasher.hash("nobody's password")

    async def hash(self, password: str, username: str = "") -> str:
        """Raises InvalidInput for one that the rules refuse."""
        check_password(password, username)
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, _plain(password))

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Without a hash the same work is done, so that the time tells nothing about which names exist."""
        async with self._turns:
            return await asyncio.to_thread(self._verify, password_hash, password[: LENGTH_MAX + 1])

    def _verify(self, password_hash: str | None, password: str) -> bool:
        decoy = self._decoy  # made here for known and unknown names alike: the first one asked pays for it
        try:
            return self._hasher.verify(password_hash or decoy, _plain(password)) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def _plain(password: str) -> bytes:
    """One spelling of composed and decomposed letters (RFC 8265), as keyboards differ; any text at all has one."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
