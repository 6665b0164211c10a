"""Takes secrets out of text that others wrote: drivers and servers repeat addresses, options and passwords."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "•••"

SHORTEST_SECRET = 4
"""Shorter values would blot out ordinary words; no service issues such secrets."""

TEXT_MAX = 500
"""Characters kept of what somebody else says: a sentence or two, not a page of a proxy's HTML."""

WORD_MAX = 60
"""Characters kept of a name or a version."""

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


def word(text: str, secrets: Iterable[str] = (), longest: int = WORD_MAX) -> str:
    """Something that a source says of itself, fit for a sentence: short, printable, and without its secrets."""
    return "".join(filter(str.isprintable, scrub(text, secrets)))[:longest].strip()


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


class Masker:
    """Takes one source's secrets, of 4 characters or more, out of whatever it answers."""

    def __init__(self, secrets: Iterable[str]) -> None:
        found = sorted((secret for secret in secrets if len(secret) >= SHORTEST_SECRET), key=len, reverse=True)
        self._text = re.compile("|".join(_pattern(secret).pattern for secret in found)) if found else None
        raw = (re.escape(secret.encode("utf-8", "surrogatepass")) for secret in found)
        self._bytes = re.compile(b"|".join(raw)) if found else None

    def __call__(self, value: Any) -> Any:
        """`value` itself when no secret is in it, else a copy with `•••` in their place, names of members included.

        Documents are searched down to 200 levels.
        """
        return value if self._text is None else self._masked(value, 200)

    def _masked(self, value: Any, levels: int) -> Any:
        match value:
            case str():
                return _replaced(self._text, MASK, value)
            case bytes() | bytearray() | memoryview():
                return _replaced(self._bytes, MASK.encode(), bytes(value))
            case Mapping() if levels:
                members = {self._masked(name, 0): self._masked(each, levels - 1) for name, each in value.items()}
                return value if all(members.get(name, self) is each for name, each in value.items()) else members
            case list() | tuple() if levels:
                parts = [self._masked(each, levels - 1) for each in value]
                return value if all(one is other for one, other in zip(parts, value, strict=True)) else parts
        return value


def _replaced(pattern: re.Pattern[Any] | None, mask: Any, value: Any) -> Any:
    """`value` itself where the pattern is not in it."""
    assert pattern is not None  # noqa: S101 - without secrets nothing is searched
    replaced, times = pattern.subn(mask, value)
    return replaced if times else value


def _pattern(secret: str) -> re.Pattern[str]:
    escaped = (re.sub(rf"([{quote}\\])", r"\\\1", secret) for quote in "'\"")
    # The longer forms first: of an escaped backslash the plain form would leave one behind.
    return re.compile("|".join([*map(re.escape, escaped), "".join(map(_letter, secret))]))


def _letter(letter: str) -> str:
    encoded = "".join(f"%{byte:02x}" for byte in letter.encode("utf-8", "surrogatepass"))
    # The encoded form first: of `%25`, a plain `%` would leave the rest behind.
    return rf"(?:(?i:{encoded})|{re.escape(letter)}{'|[+]' if letter == ' ' else ''})"
