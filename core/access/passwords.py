"""Passwords: Argon2id, in a thread of its own, with the library's own parameters (RFC 9106, low-memory profile)."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import InvalidInput
from core.models import FieldError, Message

LENGTH_MIN, LENGTH_MAX = 10, 1024


class Passwords:
    """Hashes and verifies."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._decoy = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        """Raises InvalidInput for one that is too short or too long."""
        if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
            message = Message("field.password_length", {"min": LENGTH_MIN, "max": LENGTH_MAX})
            raise InvalidInput(fields=(FieldError("password", message),))
        return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Without a hash the same work is done, so that the time tells nothing about which names exist."""
        return await asyncio.to_thread(self._verify, password_hash or self._decoy, password) and bool(password_hash)

    def _verify(self, password_hash: str, password: str) -> bool:
        if len(password) > LENGTH_MAX:
            return False
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
