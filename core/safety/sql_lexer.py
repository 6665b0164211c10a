"""PostgreSQL's own lexical rules, for what a parser of many dialects cannot be trusted with.

A name hidden by quotes, comments, dollar quotes or `U&"…"` is found here as the server would read it
(PostgreSQL manual, 4.1 Lexical Structure; `standard_conforming_strings` is set to on by the connector).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from core.errors import QueryRefused

Kind = Literal["word", "quoted", "string", "number", "parameter", "sign"]

_TOKENS = re.compile(
    r"""
      (?P<space>\s+|--[^\r\n]*)
    | (?P<comment>/\*)
    | (?P<unicode>[uU]&"(?:[^"]|"")*")
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<escape>[eE]'(?:[^'\\]|''|\\.)*')
    | (?P<string>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')
    | (?P<dollar>\$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*)?)\$.*?\$(?P=tag)\$)
    | (?P<parameter>\$\d+)
    | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<sign>[^'"])
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS: dict[str, Kind] = {
    "unicode": "quoted", "quoted": "quoted", "escape": "string", "string": "string", "dollar": "string",
    "parameter": "parameter", "word": "word", "number": "number", "sign": "sign",
}  # fmt: skip
_ESCAPED = re.compile(r"\\(?:\\|([0-9A-Fa-f]{4})|\+([0-9A-Fa-f]{6})|(.?))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is what stands there; `name` is what the server calls it: decoded, and lower case unless quoted."""

    kind: Kind
    text: str
    name: str = ""


def tokens(sql: str) -> Iterator[Token]:
    """The tokens of `sql` without blanks and comments. Raises QueryRefused for text that ends inside one."""
    at = 0
    while at < len(sql):
        found = _TOKENS.match(sql, at)
        if found is None or "\x00" in found[0]:
            raise QueryRefused("not_parsed", rule="not_parsed", part=sql[at : at + 40])
        at = found.end() if found.lastgroup != "comment" else _end_of_comment(sql, at)
        if found.lastgroup not in ("space", "comment"):
            yield _token(_group(found), found[0])


def _group(found: re.Match[str]) -> str:
    return "dollar" if found["dollar"] is not None else str(found.lastgroup)


def _token(group: str, text: str) -> Token:
    if group == "word":
        return Token("word", text, text.lower())
    if group == "quoted":
        return Token("quoted", text, text[1:-1].replace('""', '"'))
    if group == "unicode":
        return Token("quoted", text, _ESCAPED.sub(_decoded, text[3:-1].replace('""', '"')))
    return Token(_KINDS[group], text)


def _decoded(found: re.Match[str]) -> str:
    if found[3] is not None:
        raise QueryRefused("not_parsed", rule="not_parsed", part=found[0])
    digits = found[1] or found[2]
    return chr(min(int(digits, 16), 0x10FFFF)) if digits else "\\"


def _end_of_comment(sql: str, start: int) -> int:
    """Comments nest in PostgreSQL, unlike in most languages."""
    depth, at = 1, start + 2
    while depth:
        edge = re.compile(r"/\*|\*/").search(sql, at)
        if edge is None:
            raise QueryRefused("not_parsed", rule="not_parsed", part=sql[start : start + 40])
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return at
