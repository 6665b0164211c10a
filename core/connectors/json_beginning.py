"""The beginning of a JSON document, read as far as it goes."""

import json
import re
import sys
from decimal import Decimal
from typing import Any, Final

LEVELS_MAX = 6
"""Containers within containers that are looked into where they broke off: each is read once more."""

_SPACE = re.compile(r"[ \t\n\r]*")
_MORE_OF_A_NUMBER = re.compile(r"(?:-|\.?(?:[eE][-+]?)?)\Z")
_WORDS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_ESCAPE_MAX = 6
_PLAIN = r'(?:-?\d[\d.eE+-]*+|"[^"\\\\]*+"|true|false|null)'
_RUN = re.compile(rf"(?:[ \t\n\r]*+{_PLAIN}[ \t\n\r]*+,){{2,1000}}+")
"""Plain values one behind the other, each with its comma: read at once, for one by one millions take minutes."""
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
    """A text that may be cut anywhere, and of whose lists no more than `keep` elements are wanted.

    The outermost list, and the lists that are members of the outermost object, are read element by element: what is
    not kept takes no memory. `whole` tells, after `read`, whether the text did not break off.
    """

    def __init__(self, text: str, decoder: json.JSONDecoder, keep: int = sys.maxsize) -> None:
        self._text, self._decode, self._keep = text, decoder.raw_decode, keep
        self.whole = True

    def read(self) -> Any:
        """The document; None where too little of it came. Raises json.JSONDecodeError for what begins none."""
        value: Any
        at = self._next(0)
        if self._text.startswith("[", at):
            value, at = self._list(at + 1, LEVELS_MAX, last=True)
        elif self._text.startswith("{", at):
            value, at = self._object(at + 1, LEVELS_MAX, outermost=True)
        else:
            value, at = self._value(at, 0, alone=True)
        if self._next(at) < len(self._text):
            raise json.JSONDecodeError("Extra data", self._text, at)
        return None if value is _NOTHING else value

    def _value(self, at: int, levels: int, alone: bool = False) -> tuple[Any, int]:
        """A value and where it ends; `_NOTHING` for one of which too little came."""
        try:
            value, end = self._decode(self._text, at)
        except json.JSONDecodeError as err:
            if not broke_off(err):
                raise
            value, end = self._begun(at, levels), len(self._text)
        else:
            number = isinstance(value, int | float | Decimal) and not alone
            if not number or not _MORE_OF_A_NUMBER.match(self._text, end):
                return value, end
            # The next digit might have been lost.
            value, end = _NOTHING, len(self._text)
        self.whole = False
        return value, end

    def _begun(self, at: int, levels: int) -> Any:
        first = self._text[at : at + 1] if levels else ""
        if first == "[":
            return self._list(at + 1, levels - 1)[0]
        return self._object(at + 1, levels - 1)[0] if first == "{" else _NOTHING

    def _list(self, at: int, levels: int, last: bool = False) -> tuple[list[Any], int]:
        """`last`: nothing behind this list is wanted once it has enough elements."""
        items: list[Any] = []
        at, mark = self._opened(at, "]")
        while mark == ",":
            at = self._run(at, items)
            # A first element is looked into although it broke off: without it there would be nothing to show.
            value, at = self._value(at, 0 if items else levels)
            if len(items) < self._keep and value is not _NOTHING and (self.whole or value):
                items.append(value)
            if last and len(items) == self._keep:
                return items, len(self._text)
            at, mark = self._mark(at, ",]")
        return items, at

    def _run(self, at: int, items: list[Any]) -> int:
        """Takes plain elements as long as there are many and all are wanted; the last before the cut is never one."""
        while len(items) < self._keep and (found := _RUN.match(self._text, at)):
            try:
                plain, _ = self._decode(f"[{found[0][:-1]}]", 0)
            except json.JSONDecodeError:
                break
            if len(items) + len(plain) > self._keep:
                break
            items += plain
            at = self._next(found.end())
        return at

    def _object(self, at: int, levels: int, outermost: bool = False) -> tuple[dict[str, Any], int]:
        members: dict[str, Any] = {}
        at, mark = self._opened(at, "}")
        while mark == ",":
            name, at = self._value(at, 0)
            at, _ = self._mark(at, ":" if name is _NOTHING or isinstance(name, str) else "")
            listed = outermost and self._text.startswith("[", at)
            value, at = self._list(at + 1, levels - 1) if listed else self._value(at, levels)
            if value is not _NOTHING:
                members[name] = value
            at, mark = self._mark(at, ",}")
        return members, at

    def _opened(self, at: int, closing: str) -> tuple[int, str]:
        at = self._next(at)
        return (at + 1, closing) if self._text.startswith(closing, at) else (at, ",")

    def _mark(self, at: int, marks: str) -> tuple[int, str]:
        """Behind the mark that comes next, and which it was; none where the text ends."""
        at = self._next(at)
        found = self._text[at : at + 1]
        if found and found not in marks:
            raise json.JSONDecodeError("Unexpected character", self._text, at)
        self.whole = self.whole and bool(found)
        return self._next(at + len(found)), found

    def _next(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at
