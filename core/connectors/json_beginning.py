"""The beginning of a JSON document, read as far as it goes."""

import json
import re
from decimal import Decimal
from typing import Any, Final

LEVELS_MAX = 6
"""Containers within containers that are looked into where they broke off: each is read once more."""

_SPACE = re.compile(r"[ \t\n\r]*")
_MORE_OF_A_NUMBER = re.compile(r"(?:-|\.?(?:[eE][-+]?)?)\Z")
_WORDS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_ESCAPE_MAX = 6
_NOTHING: Final = object()


def broke_off(err: json.JSONDecodeError) -> bool:
    """Whether a decoder stopped because the text ended, not because of what was in it."""
    rest = err.doc[err.pos : err.pos + 10].rstrip()
    if err.msg.startswith("Unterminated") or any(word.startswith(rest) for word in _WORDS):
        return True
    if err.msg.startswith("Invalid \\"):
        return len(err.doc) - err.pos < _ESCAPE_MAX
    return _MORE_OF_A_NUMBER.match(err.doc, err.pos) is not None


class Beginning:
    """A text that may be cut anywhere. `whole` tells, after `read`, whether the document was all there."""

    def __init__(self, text: str, decoder: json.JSONDecoder) -> None:
        self._text, self._decode = text, decoder.raw_decode
        self.whole = True

    def read(self) -> Any:
        """The document; None where too little of it came. Raises json.JSONDecodeError for what begins none."""
        value, at = self._value(self._next(0), LEVELS_MAX)
        if self._next(at) < len(self._text):
            raise json.JSONDecodeError("Extra data", self._text, at)
        return None if value is _NOTHING else value

    def _value(self, at: int, levels: int) -> tuple[Any, int]:
        """A value and where it ends; `_NOTHING` for one of which too little came."""
        try:
            value, end = self._decode(self._text, at)
        except json.JSONDecodeError as err:
            if not broke_off(err):
                raise
            value, end = self._begun(at, levels), len(self._text)
        else:
            if not isinstance(value, int | float | Decimal) or not _MORE_OF_A_NUMBER.match(self._text, end):
                return value, end
            # The next digit might have been lost.
            value, end = _NOTHING, len(self._text)
        self.whole = False
        return value, end

    def _begun(self, at: int, levels: int) -> Any:
        first = self._text[at : at + 1] if levels else ""
        if first == "[":
            return self._list(at + 1, levels - 1)
        return self._object(at + 1, levels - 1) if first == "{" else _NOTHING

    def _list(self, at: int, levels: int) -> list[Any]:
        items: list[Any] = []
        while (at := self._next(at)) < len(self._text):
            # A first element is looked into although it broke off: without it there would be nothing to show.
            value, at = self._value(at, 0 if items else levels)
            if value is not _NOTHING and (self.whole or value):
                items.append(value)
            at = self._after(at)
        return items

    def _object(self, at: int, levels: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while (at := self._next(at)) < len(self._text):
            name, at = self._value(at, 0)
            value, at = self._value(self._after(at), levels)
            if value is not _NOTHING:
                members[name] = value
            at = self._after(at)
        return members

    def _after(self, at: int) -> int:
        """Behind the comma or colon that comes next: which of them, the decoder has seen already."""
        return self._next(min(self._next(at) + 1, len(self._text)))

    def _next(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at
