"""Entity tags of sources: which version a caller saw, and whether the answer is still the one that it has.

A tag is `"VERSION-ANSWER"`. A source's state changes while its version stays, so the second half is a digest of the
answer; only the first counts where a change is made conditional.
"""

import hashlib
import re

from pydantic import BaseModel
from starlette.requests import HTTPConnection

from core.errors import PreconditionFailed

_TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e]*)"\s*(?:,|$)', re.ASCII)
_VERSION = re.compile(r"([1-9]\d{0,8})(-[0-9a-f]+)?", re.ASCII)


def tag(version: int, answer: BaseModel) -> str:
    return f'"{version}-{hashlib.sha256(answer.model_dump_json().encode()).hexdigest()[:12]}"'


def wanted_versions(connection: HTTPConnection) -> frozenset[int] | None:
    """The versions that `If-Match` admits; None for any.

    Raises PreconditionFailed where it names none of ours: a weak tag never does (RFC 9110, 13.1.1).
    """
    header = _header(connection, "if-match")
    if header is None or header.strip() == "*":
        return None
    strong = (text for weak, text in _tags(header) if not weak)
    found = frozenset(int(match[1]) for match in map(_VERSION.fullmatch, strong) if match)
    if not found:
        raise PreconditionFailed("stale")
    return found


def is_known(connection: HTTPConnection, present: str) -> bool:
    """Whether `If-None-Match` names this tag, weak or not (RFC 9110, 13.1.2)."""
    header = _header(connection, "if-none-match")
    if header is None:
        return False
    return header.strip() == "*" or any(f'"{text}"' == present for _, text in _tags(header))


def _header(connection: HTTPConnection, name: str) -> str | None:
    lines = connection.headers.getlist(name)
    return ",".join(lines) if lines else None


def _tags(header: str) -> list[tuple[bool, str]]:
    """Nothing where something in it is no tag."""
    found, at = [], 0
    while at < len(header):
        match = _TAG.match(header, at)
        if match is None:
            return []
        found.append((bool(match[1]), match[2]))
        at = match.end()
    return found
