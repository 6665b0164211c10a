"""Takes secrets out of text that others wrote: drivers and servers repeat addresses, options and passwords."""

import re
from collections.abc import Iterable

MASK = "•••"

SHORTEST_SECRET = 4
"""Shorter values would blot out ordinary words; no service issues such secrets."""

TEXT_MAX = 500
"""Characters kept of what somebody else says: a sentence or two, not a page of a proxy's HTML."""

# The password runs to the last `@` of the word: people paste unescaped ones that hold `@` and `/` themselves.
_USERINFO = re.compile(r"(?<=://)([^\s:]*):\S+(?=@)")
_ASSIGNMENT = re.compile(
    r"(?P<name>(?:password|passwd|passphrase|pwd)[\"']?\s*[=:]\s*)"
    r"(?:'(?:[^'\\]|\\.)*(?:'|\Z)|\"(?:[^\"\\]|\\.)*(?:\"|\Z)|\S+)",
    re.IGNORECASE | re.DOTALL,
)


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """At most 500 characters of `text`, with `•••` in the place of each secret (see `mask`)."""
    return mask(text, secrets)[:TEXT_MAX]


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with `•••` for each given secret, for `://user:password@` and for `password=…`.

    A secret is found in clear, percent-encoded in whole or in part, and with its quotes escaped. Secrets of fewer than
    4 characters are left to the patterns.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = _pattern(secret).sub(MASK, text)
    text = _USERINFO.sub(rf"\1:{MASK}", text)
    return _ASSIGNMENT.sub(rf"\g<name>{MASK}", text)


def _pattern(secret: str) -> re.Pattern[str]:
    escaped = (re.sub(rf"([{quote}\\])", r"\\\1", secret) for quote in "'\"")
    return re.compile("|".join(["".join(map(_letter, secret)), *map(re.escape, escaped)]))


def _letter(letter: str) -> str:
    encoded = "".join(f"%{byte:02x}" for byte in letter.encode("utf-8", "surrogatepass"))
    # The encoded form first: of `%25`, a plain `%` would leave the rest behind.
    return rf"(?:(?i:{encoded})|{re.escape(letter)}{'|[+]' if letter == ' ' else ''})"
