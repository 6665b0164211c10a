"""What is shown once: a session's, a token's, a link's secret. Stored is its digest alone."""

import hashlib
import secrets

TOKEN_PREFIX = "chsh_"  # noqa: S105 - a prefix that scanners for leaked secrets can recognise
SECRET_BYTES = 32


def new_secret(prefix: str = "") -> str:
    """256 random bits."""
    return prefix + secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> str:
    # A fast hash suffices: what is hashed here has 256 random bits, unlike a password.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
