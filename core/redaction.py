"""Takes secrets out of text that others wrote: drivers and servers repeat addresses, options and passwords."""

import re
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

from core.secret_search import LONGEST_FORM, SHORTEST_SECRET, SecretSearch, base64_forms, readings

MASK = "•••"

TEXT_MAX = 500
"""Characters kept of what somebody else says: a sentence or two, not a page of a proxy's HTML."""

WORD_MAX = 60
"""Characters kept of a name or a version."""

SCRUBBED_MAX = 4_000
"""Characters that are looked through for those: what a server repeats may be as long as a sample's request makes it."""

_WORD = re.compile(r"\S+")
_ASSIGNMENT = re.compile(
    r"(?P<name>(?:password|passwd|passphrase|pwd)[\"']?\s*[=:]\s*)"
    r"(?:'(?:[^'\\]|\\.)*(?:'|\Z)|\"(?:[^\"\\]|\\.)*(?:\"|\Z)|\S+)",
    re.IGNORECASE | re.DOTALL,
)

_LIKENESSES = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"(?P<name>-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?=-----END|\Z)",
        r"(?P<name>\bchsh_)[A-Za-z0-9_-]{8,}",
        r"(?P<name>(?i:\b(?:bearer|basic|digest)\s+))(?=[^\s\"']*[\d+/=_.-])[^\s\"',}]{8,}",
        r"(?P<name>(?i:\b(?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?))[^\s\"'][^\r\n\"'}]*",
        r"(?P<name>(?i:\b(?:set-)?cookie[\"']?\s*[:=]\s*[\"']?))[^\s\"'][^\r\n\"'}]*",
        r"(?P<name>\bcheshmeh_session=)[^\s;,\"']+",
        r"(?P<name>(?i:[?&](?:[\w.-]*(?:token|secret|signature|credential|api_?key)|code|state)=))[^\s&#\"'>]+",
        # From the beginning of a word alone, and no far end of its own: else a long word would take hours.
        r"(?P<name>(?i:(?:(?<![\w-])[\w-]*(?:secret|token|api[_-]?key)|\baws_\w*key\w{0,60})[\"']?\s*[:=]\s*[\"']?))[^\s\"',;&]{4,}",
        r"(?P<name>\b)(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        # 256 random bits as `secrets.token_urlsafe` writes them: sessions, invitations, sign-in links.
        r"(?P<name>(?<![A-Za-z0-9_-]))(?=[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])",
    )
)
"""What is a secret by its looks, whoever knows it. Only where nobody minds that a word too many is gone: in logs."""


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """At most 500 characters of `text`, with `•••` in the place of each secret (see `mask`).

    Only the beginning of a long text is searched. A secret that is cut off there is not to be known as one, so nothing
    is shown of as much as the longest takes in its longest form.
    """
    known = tuple(secrets)
    if len(text) <= SCRUBBED_MAX:
        return mask(text, known)[:TEXT_MAX]
    cut_off = LONGEST_FORM * max(map(len, known), default=0) + WORD_MAX
    masked = mask(text[: SCRUBBED_MAX + cut_off], known)
    return masked[: max(0, min(TEXT_MAX, len(masked) - cut_off))]


def word(text: str, secrets: Iterable[str] = (), longest: int = WORD_MAX) -> str:
    """Something that a source says of itself, fit for a sentence: short, printable, and without its secrets."""
    return "".join(filter(str.isprintable, scrub(text, secrets)))[:longest].strip()


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with `•••` for each given secret, for `://user:password@` and for `password=…`.

    A secret is found in every form of `core.secret_search`. One of fewer than 4 characters is left to the patterns.
    """
    text = covered(text, SecretSearch(secrets))
    if "://" in text:
        text = _WORD.sub(_without_password, text)
    return _ASSIGNMENT.sub(rf"\g<name>{MASK}", text)


class Secrets:
    """Every secret that this process has met, for what leaves it to be read by its operator: logs and tracebacks.

    Not for what users read: whoever may write a text that comes back masked could find out other people's secrets by
    guessing. The oldest are let go of beyond `most`. May be used in any thread.
    """

    def __init__(self, known: Iterable[str] = (), most: int = 50_000) -> None:
        self._most, self._lock = most, Lock()
        self._texts: dict[str, None] = {}
        self._search = SecretSearch()
        self.know(*known)

    def know(self, *secrets: str) -> None:
        """Also what was known already: then it is young again."""
        with self._lock:
            for secret in secrets:
                if len(secret) >= SHORTEST_SECRET:
                    self._keep(secret)
            if len(self._texts) > self._most:
                self._forget()

    def masked(self, text: str) -> str:
        """`text` with `•••` for each of them, and for whatever looks like a secret (see `mask`): bearer tokens, headers
        with credentials, cookies, keys in PEM form, signed addresses."""
        text = mask(covered(text, self._search))
        for pattern in _LIKENESSES:
            text = pattern.sub(rf"\g<name>{MASK}", text)
        return text

    def _keep(self, secret: str) -> None:
        if secret not in self._texts:
            self._search.add(secret)
        self._texts.pop(secret, None)
        self._texts[secret] = None

    def _forget(self) -> None:
        """A tenth at once: the search is made anew."""
        kept = list(self._texts)[-(self._most * 9 // 10) :]
        self._texts, self._search = dict.fromkeys(kept), SecretSearch(kept)


class Masker:
    """Takes one source's secrets, of 4 characters or more, out of whatever it answers."""

    def __init__(self, secrets: Iterable[str]) -> None:
        found = sorted((secret for secret in secrets if len(secret) >= SHORTEST_SECRET), key=len, reverse=True)
        encoded = [form for secret in found for form in base64_forms(secret)]
        plain = [*(_pattern(secret).pattern for secret in found), *map(re.escape, encoded)]
        self._search = SecretSearch(found)
        self._text = re.compile("|".join(plain)) if found else None
        raw = (re.escape(text.encode("utf-8", "surrogatepass")) for text in (*found, *encoded))
        self._bytes = re.compile(b"|".join(raw)) if found else None

    def __call__(self, value: Any) -> Any:
        """`value` itself when no secret is in it, else a copy with `•••` in their place, names of members included.

        Documents are searched down to 200 levels.
        """
        return value if self._text is None else self._masked(value, 200)

    def finds(self, texts: Iterable[str]) -> bool:
        """Whether a secret is in one of the texts."""
        if self._text is None:
            return False
        search = self._text.search
        for text in texts:
            # The pattern knows no escapes: where such may be, they are undone for it.
            if search(text) is not None or (("\\" in text or "%" in text) and any(map(search, readings(text)))):
                return True
        return False

    def _masked(self, value: Any, levels: int) -> Any:
        match value:
            case str():
                return self._masked_text(value)
            case bytes() | bytearray() | memoryview():
                return _replaced(self._bytes, MASK.encode(), bytes(value))
            case Mapping() if levels:
                members = {self._masked(name, 0): self._masked(each, levels - 1) for name, each in value.items()}
                return value if all(members.get(name, self) is each for name, each in value.items()) else members
            case list() | tuple() if levels:
                parts = [self._masked(each, levels - 1) for each in value]
                return value if all(one is other for one, other in zip(parts, value, strict=True)) else parts
        return value

    def _masked_text(self, text: str) -> str:
        # Only the search knows how far what was found extends.
        if self._text is None or not self.finds((text,)):
            return text
        return self._text.sub(MASK, covered(text, self._search))


def _without_password(word: re.Match[str]) -> str:
    """Of `scheme://user:password@host`. By hand: as a pattern it would try every beginning with every end.

    The password runs to the last `@` of the word: people paste unescaped ones that hold `@` and `/` themselves.
    """
    scheme, _, rest = word[0].partition("://")
    user, _, behind = rest.partition(":")
    password, _, host = behind.rpartition("@")
    return f"{scheme}://{user}:{MASK}@{host}" if password else word[0]


def covered(text: str, search: SecretSearch) -> str:
    """`text` with `•••` in the place of whatever the search finds in it."""
    pieces, last = list[str](), 0
    for start, end in search.spans(text):
        pieces += text[last:start], MASK
        last = end
    return "".join((*pieces, text[last:])) if pieces else text


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
