"""Where an answer's records may be, as paths to propose: lists of objects that the default rule does not show."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from core.models import Message
from core.redaction import mask

PROPOSED_MAX = 3
LEVELS_MAX = 5
MEMBERS_MAX = 1000
"""Members that are looked at: records lie near the top, or nowhere."""

PATH_MAX = 200
_PLAIN = re.compile(r"[^\W\d]\w{0,60}")
_LONGEST = 60


def proposal(document: Any, shown: Any, secrets: Sequence[str] = ()) -> tuple[Message, ...]:
    """A note with up to three JSONPaths to lists of objects, nearest first; none where `shown` is such a list.

    A path in which the source's own secrets stand is not proposed.
    """
    if any(records is shown for _, records in islice(_lists(document), 1)):
        return ()
    paths = (path for path, _ in _lists(document) if len(path) <= PATH_MAX and mask(path, secrets) == path)
    found = list(islice(paths, PROPOSED_MAX))
    return (Message("note.records_path", {"paths": " · ".join(found)}),) if found else ()


def _lists(document: Any) -> Iterator[tuple[str, list[Any]]]:
    level = [("$", document)]
    looked_at = 0
    for _ in range(LEVELS_MAX):
        below: list[tuple[str, Any]] = []
        for path, value in level:
            for name, member in value.items() if isinstance(value, dict) else ():
                looked_at += 1
                if looked_at > MEMBERS_MAX:
                    return
                if _holds_objects(member):
                    yield path + _step(name), member
                elif isinstance(member, dict) and len(name) <= _LONGEST:
                    below.append((path + _step(name), member))
        level = below


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _step(name: str) -> str:
    """As RFC 9535 writes a member: the short form for plain names alone."""
    if _PLAIN.fullmatch(name):
        return f".{name}"
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"
