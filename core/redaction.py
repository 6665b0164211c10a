"""Takes secrets out of text that others wrote: drivers and servers repeat addresses, options and passwords."""

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "•••"

SHORTEST_SECRET = 4
"""Shorter values would blot out ordinary words; no service issues such secrets."""

# The password runs to the last `@` before the path: people paste unescaped ones that hold an `@` themselves.
_USERINFO = re.compile(r"(?<=://)([^\s:/@]*):([^\s/]+)(?=@)")
_ASSIGNMENT = re.compile(
    r"(?P<name>\b(?:password|passwd|pwd|sslpassword)\s*[=:]\s*)"
    r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s&;,'\"]+)",
    re.IGNORECASE,
)


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with `•••` for each given secret, for `://user:password@` and for `password=…`.

    Secrets of fewer than 4 characters are left to the patterns; the URL-encoded forms of the others go too.
    """
    for form in sorted(_forms(secrets), key=len, reverse=True):
        text = text.replace(form, MASK)
    text = _USERINFO.sub(rf"\1:{MASK}", text)
    return _ASSIGNMENT.sub(rf"\g<name>{MASK}", text)


def _forms(secrets: Iterable[str]) -> set[str]:
    long = [secret for secret in secrets if len(secret) >= SHORTEST_SECRET]
    return {form for secret in long for form in (secret, *_encoded(secret))}


def _encoded(secret: str) -> tuple[str, ...]:
    raw = secret.encode("utf-8", "surrogatepass")
    return quote(raw), quote(raw, safe=""), quote_plus(raw)
