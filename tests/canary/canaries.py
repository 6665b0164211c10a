"""Secrets that can be told wherever they are seen, and the search for them in any spelling."""

import base64
import itertools
import re
from collections.abc import Iterable
from urllib.parse import quote

MARK = "cnryQ7xZw"
"""In every canary that we choose ourselves."""

TAIL = "/+%\"\\'x"
"""What each kind of encoding writes otherwise."""

DIGITS = 4


class Canaries:
    """Every secret of a run, by what it is."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._made: dict[str, str] = {}
        self._watched: dict[str, str] = {}

    def new(self, what: str, tail: str = TAIL) -> str:
        """A secret of its own."""
        number = f"{next(self._numbers):0{DIGITS}}"
        self._made[number] = what
        return f"{MARK}{number}{tail}"

    def watch(self, what: str, secret: str) -> None:
        """One that the program made."""
        assert len(secret) > 2 * DIGITS
        self._watched[what] = secret

    def __len__(self) -> int:
        return len(self._made) + len(self._watched)

    def found(self, text: str | bytes, but: Iterable[str] = ()) -> set[str]:
        """What of them is in a text: in clear, percent-encoded, as JSON or in base64. `but` may be there."""
        raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        seen = {what for what, secret in self._watched.items() if any(form in raw for form in spellings(secret))}
        return (seen | self._marked(raw)) - set(but)

    def _marked(self, raw: bytes) -> set[str]:
        if not any(form in raw for form in spellings(MARK)):
            return set()
        numbers = re.findall(rb"%s(\d{%d})" % (MARK.encode(), DIGITS), raw)
        return {self._made.get(number.decode(), "unknown") for number in numbers} or {"one in another spelling"}


def spellings(secret: str) -> set[bytes]:
    """Of its letters; what stands around them is encoded or not, and does not matter."""
    everything = "".join(f"%{byte:02x}" for byte in secret.encode())
    plain = {secret, quote(secret, safe=""), everything, everything.upper().replace("%", "%")}
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in secret)
    return {form.encode() for form in (*plain, escaped, *_base64(secret.encode()))}


def _base64(raw: bytes) -> set[str]:
    """At each of the three places that a secret can have among what is encoded with it, without its edges."""
    cores = {base64.b64encode(bytes(before) + raw).decode()[4 if before else 0 : -4] for before in range(3)}
    return cores | {core.replace("+", "-").replace("/", "_") for core in cores}
