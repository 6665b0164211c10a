"""The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), as MongoDB carries it in `saslStart` and `saslContinue`."""

import hashlib
import hmac
import os
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64

ITERATIONS = 15_000
"""MongoDB's default for SCRAM-SHA-256."""

SALT_BYTES = 28
NO_CHANNEL_BINDING = "biws"


class LoginRefused(Exception):
    """Wrong user, wrong password or a broken exchange: which of them is not said."""


class Account:
    """One user; the password itself is not kept."""

    def __init__(self, user: str, password: str) -> None:
        self.user, self.salt = user, os.urandom(SALT_BYTES)
        # Passwords of the demo are ASCII: preparing them (SASLprep) would change nothing.
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), self.salt, ITERATIONS)
        self.stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
        self.server_key = hmac.digest(salted, b"Server Key", "sha256")


class Exchange:
    """One login: the client's first message, then its proof."""

    def __init__(self, account: Account, client_first: bytes) -> None:
        header, _, bare = client_first.decode(errors="replace").partition(",,")
        fields = _fields(bare)
        if header != "n" or not {"n", "r"} <= fields.keys():
            raise LoginRefused
        self._account = account
        self._known = fields["n"].replace("=2C", ",").replace("=3D", "=") == account.user
        self._nonce = fields["r"] + secrets.token_urlsafe(18)
        salt = b64encode(account.salt).decode()
        self.server_first = f"r={self._nonce},s={salt},i={ITERATIONS}"
        self._first_messages = f"{bare},{self.server_first}"

    def finish(self, client_final: bytes) -> bytes:
        """The server's signature for a right proof. Raises LoginRefused."""
        unproven, _, proof = client_final.decode(errors="replace").rpartition(",p=")
        signed = f"{self._first_messages},{unproven}".encode()
        fields = _fields(unproven)
        if not self._known or fields != {"c": NO_CHANNEL_BINDING, "r": self._nonce} or not self._proves(signed, proof):
            raise LoginRefused
        return b"v=" + b64encode(hmac.digest(self._account.server_key, signed, "sha256"))

    def _proves(self, signed: bytes, proof: str) -> bool:
        try:
            given = b64decode(proof, validate=True)
        except NotBase64:
            return False
        mask = hmac.digest(self._account.stored_key, signed, "sha256")
        client_key = bytes(left ^ right for left, right in zip(given, mask, strict=False))
        return hmac.compare_digest(hashlib.sha256(client_key).digest(), self._account.stored_key)


def _fields(message: str) -> dict[str, str]:
    return {name: value for name, equals, value in (part.partition("=") for part in message.split(",")) if equals}
