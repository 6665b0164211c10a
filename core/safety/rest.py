"""Which paths of a REST service may be asked for: those below its base address, as every server would read them.

A path is judged in each of its readings: as written, percent-decoded again and again, with compatibility letters
folded, split at slashes and backslashes. `%2F` inside a segment, `@`, `:` and Persian letters are honest and stay.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from core.errors import QueryRefused
from core.models import FieldError, Message

DECODINGS_MAX = 4
"""Proxies decode once or twice; a path that still changes after this hides something."""

_PART_MAX = 80
_UNICODE_ESCAPE = re.compile(r"%u[0-9a-f]{4}", re.IGNORECASE)  # IIS decodes it; no standard does
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|/+[a-z][a-z0-9+.-]*:/", re.IGNORECASE)


def check_path(path: str, field: str = "path") -> None:
    """Raises QueryRefused naming the rule, the offending part and `params.<field>`."""
    for mark in "?#":
        if mark in path:
            raise _refused("rest_query", mark, field)
    for reading in _readings(path, field):
        _check_reading(reading, field)


def check_query(query: Mapping[str, Any], reserved: str | None, field: str = "query") -> None:
    """Raises QueryRefused for a parameter that would replace the one which says who asks."""
    for name in query:
        if reserved is not None and name.casefold() == reserved.casefold():
            raise _refused("rest_auth_parameter", name, field)


def _readings(path: str, field: str) -> Iterator[str]:
    for _ in range(DECODINGS_MAX):
        yield path
        if _UNICODE_ESCAPE.search(path):
            raise _refused("rest_encoding", path, field)
        try:
            decoded = unquote_to_bytes(path).decode()
        except UnicodeError:
            # Overlong forms of dots and slashes are no UTF-8.
            raise _refused("rest_encoding", path, field) from None
        if decoded == path:
            return
        path = decoded
    raise _refused("rest_encoding", path, field)


def _check_reading(path: str, field: str) -> None:
    letter = next((each for each in path if each == "\\" or unicodedata.category(each) == "Cc"), None)
    if letter is not None:
        raise _refused("rest_letter", "\\" if letter == "\\" else f"U+{ord(letter):04X}", field)
    folded = unicodedata.normalize("NFKC", path).replace("\\", "/")
    if folded.startswith("//") or _SCHEME.match(folded) or "@" in folded.split("/")[0]:
        raise _refused("rest_host", path, field)
    # Some servers cut a segment's parameters off first: `..;x` is a way up for them.
    if any(segment.split(";")[0].strip() == ".." for segment in folded.split("/")):
        raise _refused("rest_parent", "..", field)


def _refused(rule: str, part: str, field: str) -> QueryRefused:
    message = Message(f"error.query_refused.{rule}", {"rule": rule, "part": part[:_PART_MAX]})
    return QueryRefused(rule, fields=(FieldError(f"params.{field}", message),), rule=rule, part=part[:_PART_MAX])
