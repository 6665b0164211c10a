"""Where known secrets stand in a text, in whatever form somebody wrote them.

Found are a secret in clear, percent-encoded in whole or in part, with backslashes as JSON, Python and libpq write them,
one inside the other, and in base64 at any place of what was encoded, a user and a password for instance.
"""

import base64
import re
from collections.abc import Callable, Iterable, Iterator

SHORTEST_SECRET = 4
"""Shorter values would blot out ordinary words; no service issues such secrets."""

LONGEST_FORM = 36
"""Characters that one may become: a letter of four bytes, percent-encoded, the signs of that as `\\u0025`."""

ROUNDS = 3
"""How often one writing inside another is undone: a log line in JSON may hold a JSON text that holds a URL."""

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_BACKSLASH = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+|(?:\\u[0-9A-Fa-f]{4})+|\\U[0-9A-Fa-f]{8}|\\(?s:.)")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "0": "\0"}
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")

Span = tuple[int, int]
View = tuple[str, list[Span]]
Undoing = Callable[[str], Iterable[tuple[str, int]]]


class SecretSearch:
    """Finds any of thousands of secrets in one pass over a text: its cost does not grow with their number."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._by_start: dict[str, dict[str, bool]] = {}
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Those of fewer than 4 characters are left out."""
        if len(secret) < SHORTEST_SECRET:
            return
        for form, encoded in ((secret, False), *((core, True) for core in base64_forms(secret))):
            # A new dictionary each time: whoever searches in another thread goes on with the old one.
            known = self._by_start.get(form[:SHORTEST_SECRET], {})
            self._by_start[form[:SHORTEST_SECRET]] = {form: encoded, **known}

    def spans(self, text: str) -> list[Span]:
        """Where to write the mask: in order, apart from each other. Of base64 the whole word is meant."""
        if not self._by_start:
            return []
        found = list(self._hits(text))
        for letters, places in _views(text):
            found += ((places[start][0], places[end - 1][1]) for start, end in self._hits(letters))
        return _merged(found)

    def _hits(self, letters: str) -> Iterator[Span]:
        starts, size = self._by_start, SHORTEST_SECRET
        for at in [at for at in range(len(letters) - size + 1) if letters[at : at + size] in starts]:
            for form, encoded in starts[letters[at : at + size]].items():
                if letters.startswith(form, at):
                    yield _word(letters, at, at + len(form)) if encoded else (at, at + len(form))


def base64_forms(secret: str) -> Iterator[str]:
    """What is left of a secret in base64 whatever stands before and behind it, in both alphabets."""
    raw = secret.encode("utf-8", "surrogatepass")
    for before in range(3):
        bits = before * 8
        start, end = -(-bits // 6), (bits + len(raw) * 8) // 6
        core = base64.b64encode(bytes(before) + raw).decode()[start:end]
        yield from dict.fromkeys((core, core.replace("+", "-").replace("/", "_")))


def _word(letters: str, start: int, end: int) -> Span:
    while start and letters[start - 1] in _BASE64:
        start -= 1
    while end < len(letters) and letters[end] in _BASE64:
        end += 1
    return start, end


def _views(text: str) -> Iterator[View]:
    """The text with its writings undone in every order, each letter with its place in the text itself."""
    if not any(sign in text for sign in "%\\+"):
        return
    seen, waiting = {text}, [(text, [(at, at + 1) for at in range(len(text))])]
    for _ in range(ROUNDS):
        waiting = [view for before in waiting for view in _once(*before) if view[0] not in seen]
        seen.update(letters for letters, _ in waiting)
        yield from waiting


def readings(text: str) -> Iterator[str]:
    """The text with its escapes undone in every order, without the places: a small part of what `_views` costs."""
    seen, waiting = {text}, [text]
    for _ in range(ROUNDS):
        undone = dict.fromkeys(after for before in waiting for after in _read(before))
        waiting = [letters for letters in undone if letters not in seen]
        seen.update(waiting)
        yield from waiting


def _read(letters: str) -> Iterator[str]:
    for sign, pattern, undone in _WRITINGS:
        if sign in letters:
            yield _said(letters, pattern, undone)


def _said(letters: str, pattern: re.Pattern[str], undone: Undoing) -> str:
    return pattern.sub(lambda match: "".join(letter for letter, _ in undone(match[0])), letters)


def _once(letters: str, places: list[Span]) -> Iterator[View]:
    if "+" in letters:
        yield letters.replace("+", " "), places
    for sign, pattern, undone in _WRITINGS:
        if sign in letters:
            yield _undone(letters, places, pattern, undone)


def _undone(letters: str, places: list[Span], pattern: re.Pattern[str], undone: Undoing) -> View:
    """`undone` gives each letter of an escaped piece and how many signs it took there."""
    text, spans, last = list[str](), list[Span](), 0
    for match in pattern.finditer(letters):
        text.append(letters[last : match.start()])
        spans += places[last : match.start()]
        at = match.start()
        for letter, signs in undone(match[0]):
            text.append(letter)
            spans.append((places[at][0], places[at + signs - 1][1]))
            at += signs
        last = match.end()
    return "".join((*text, letters[last:])), spans + places[last:]


def _percent(piece: str) -> Iterator[tuple[str, int]]:
    return _of_bytes(bytes.fromhex(piece.replace("%", "")), signs=3)


def _backslash(piece: str) -> Iterator[tuple[str, int]]:
    if len(piece) == len("\\n"):
        yield _CONTROLS.get(piece[1], piece[1]), len(piece)
    elif piece.startswith("\\x"):
        yield from _of_bytes(bytes.fromhex(piece.replace("\\x", "")), signs=4)
    elif piece.startswith("\\u"):
        units = bytes.fromhex(piece.replace("\\u", ""))
        for letter in units.decode("utf-16-be", "surrogatepass"):
            yield letter, 12 if ord(letter) > 0xFFFF else 6
    else:
        number = int.from_bytes(bytes.fromhex(piece.removeprefix("\\U")), "big")
        yield chr(number) if number <= 0x10FFFF else "\ufffd", len(piece)


def _of_bytes(raw: bytes, signs: int) -> Iterator[tuple[str, int]]:
    """As UTF-8, and byte by byte where it is none."""
    at = 0
    while at < len(raw):
        size = next((n for n in (1, 2, 3, 4) if _letter(raw[at : at + n])), 1)
        yield _letter(raw[at : at + size]) or chr(raw[at]), size * signs
        at += size


def _letter(raw: bytes) -> str:
    try:
        letter = raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return ""
    return letter if len(letter) == 1 else ""


_WRITINGS: tuple[tuple[str, re.Pattern[str], Undoing], ...] = (
    ("%", _PERCENT, _percent),
    ("\\", _BACKSLASH, _backslash),
)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged = list[Span]()
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
