"""Words, names, literals and operators of a statement, cut exactly where PostgreSQL's own scanner cuts (scan.l).

A parser that reads a comment, a string or an escape differently from the server could be shown one statement while
the server runs another. The safety rules therefore look at these tokens, and give the parser a rendering of them in
which nothing is left to disagree about.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

_NAME_START = "[A-Za-z_\x80-\U0010ffff]"
_NAME = rf"{_NAME_START}[A-Za-z0-9_$\x80-\U0010ffff]*+"
_TOKEN = re.compile(
    rf"""
      (?P<space>[ \t\n\r\f\v]++ | --[^\n\r]*+)
    | (?P<comment>/\*)
    | (?P<escaped>[eE]') | (?P<unicode>[uU]&') | (?P<plain>[bBxXnN]?')
    | (?P<unicode_name>[uU]&") | (?P<name>")
    | (?P<dollar>\$(?:{_NAME_START}[A-Za-z0-9_\x80-\U0010ffff]*+)?\$)
    | (?P<parameter>\$[0-9]++)
    | (?P<word>{_NAME})
    | (?P<number>0[xX][0-9A-Fa-f_]++ | (?:[0-9][0-9_]*+(?:\.(?!\.)[0-9_]*+)?+ | \.[0-9]++)(?:[eE][+-]?[0-9]++)?+)
    | (?P<punctuation>:: | := | => (?![-+*/<>=~!@\#%^&|`?]) | \.\. | [()\[\],;:.])
    | (?P<operator>(?:(?!--|/\*)[-+*/<>=~!@\#%^&|`?])++)
    """,
    re.VERBOSE,
)
_PLAIN_BODY = re.compile(r"((?:[^']|'')*+)'", re.DOTALL)
_ESCAPED_BODY = re.compile(r"((?:[^'\\]|\\.|'')*+)'", re.DOTALL)
_NAME_BODY = re.compile(r'((?:[^"]|"")++)"', re.DOTALL)
_CONTINUED = re.compile(r"(?:[ \t\f\v]|--[^\n\r]*+)*+[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*+[\n\r])*+'")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_SPECIAL = frozenset("~!@#%^&|`?")


class Kind(Enum):
    WORD = "word"
    NAME = "name"
    STRING = "string"
    NUMBER = "number"
    PARAMETER = "parameter"
    PUNCTUATION = "punctuation"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is what the server understands: names decoded, words in lower case; strings keep their raw content.

    `at` is where it begins in the statement.
    """

    kind: Kind
    value: str
    text: str
    at: int = 0

    def is_word(self, *words: str) -> bool:
        return self.kind is Kind.WORD and self.value in words

    def is_mark(self, *marks: str) -> bool:
        return self.kind is Kind.PUNCTUATION and self.value in marks

    @property
    def names(self) -> bool:
        """Whether it can stand for a table, column or function."""
        return self.kind in (Kind.WORD, Kind.NAME)


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Malformed(ValueError):
    """The text ends inside something, or holds what PostgreSQL's scanner would not take. Its text is the place."""


def tokens(sql: str) -> list[Token]:
    """All tokens of `sql`, without space and comments. Raises Malformed."""
    return list(_with_custom_escapes(list(_scan(sql))))


def opening(found: Iterable[Token]) -> Token | None:
    """The first one that is no parenthesis: it says what kind of statement this is."""
    return next((token for token in found if not token.is_mark("(")), None)


def first(sql: str) -> Token | None:
    """The `opening` of a text of which the rest is not looked at. Raises Malformed."""
    return opening(_scan(sql))


def closing(found: Sequence[Token], opened: int) -> int:
    """Where the parenthesis opened at `opened` closes; the last token when it never does."""
    depth = 0
    for position in range(opened, len(found)):
        depth += found[position].is_mark("(") - found[position].is_mark(")")
        if depth == 0:
            return position
    return len(found) - 1


def _scan(sql: str) -> Iterator[Token]:
    if "\0" in sql:
        # The driver hands over what stands before it: the server would run another statement than is looked at here.
        raise Malformed("\\0")
    position = 0
    while position < len(sql):
        match = _TOKEN.match(sql, position)
        if match is None:
            raise Malformed(sql[position : position + 40])
        group = str(match.lastgroup)
        end = _end(sql, match, group)
        if group not in ("space", "comment"):
            yield _token(group, match, sql[position:end])
        position = end


def _end(sql: str, match: re.Match[str], group: str) -> int:
    if group == "comment":
        return _comment_end(sql, match)
    if group in ("plain", "unicode", "escaped"):
        return _string_end(sql, match, _ESCAPED_BODY if group == "escaped" else _PLAIN_BODY)
    if group in ("name", "unicode_name"):
        return _closed(sql, match, _NAME_BODY)
    if group == "dollar":
        closing = sql.find(match[0], match.end())
        if closing < 0:
            raise Malformed(match[0])
        return closing + len(match[0])
    if group == "operator":
        return match.start() + len(_operator(match[0]))
    return match.end()


def _operator(run: str) -> str:
    """A run of operator characters ends before a trailing sign, unless one of the special ones is in it: `a=-1`."""
    while len(run) > 1 and run[-1] in "+-" and _SPECIAL.isdisjoint(run[:-1]):
        run = run[:-1]
    return run


def _comment_end(sql: str, opened: re.Match[str]) -> int:
    depth, position = 1, opened.end()
    while depth:
        edge = _COMMENT_EDGE.search(sql, position)
        if edge is None:
            raise Malformed("/*")
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return position


def _string_end(sql: str, opened: re.Match[str], body: re.Pattern[str]) -> int:
    """Strings on lines of their own continue the one before, under its rules of escaping."""
    end = _closed(sql, opened, body)
    while following := _CONTINUED.match(sql, end):
        end = _closed(sql, following, body)
    return end


def _closed(sql: str, opened: re.Match[str], body: re.Pattern[str]) -> int:
    closed = body.match(sql, opened.end())
    if closed is None:
        raise Malformed(sql[opened.start() : opened.start() + 40])
    return closed.end()


def _token(group: str, match: re.Match[str], text: str) -> Token:
    at = match.start()
    if group == "word":
        return Token(Kind.WORD, _folded(text), text, at)
    if group == "name":
        return Token(Kind.NAME, text[1:-1].replace('""', '"'), text, at)
    if group == "unicode_name":
        return Token(Kind.NAME, text[3:-1].replace('""', '"'), text, at)
    if group in ("plain", "escaped", "unicode"):
        return Token(Kind.STRING, text[match.end() - at : -1], text, at)
    if group == "dollar":
        return Token(Kind.STRING, text[len(match[0]) : -len(match[0])], text, at)
    return Token(Kind(group), text, text, at)


def _folded(word: str) -> str:
    """PostgreSQL folds the ASCII letters of a name, and in UTF-8 databases only those."""
    return "".join(chr(ord(letter) + 32) if "A" <= letter <= "Z" else letter for letter in word)


def _with_custom_escapes(found: list[Token]) -> Iterator[Token]:
    """Decodes U&"…" names, with the character of a UESCAPE clause where one follows."""
    position = 0
    while position < len(found):
        token = found[position]
        clause = found[position + 1 : position + 3]
        if len(clause) == 2 and clause[0].is_word("uescape") and token.text[:2] in ("U&", "u&"):
            if clause[1].kind is not Kind.STRING or clause[1].text != f"'{clause[1].value}'":
                raise Malformed("UESCAPE")
            yield _decoded(token, clause[1].value)
            position += 3
        else:
            yield _decoded(token, "\\") if token.text[:2] in ("U&", "u&") else token
            position += 1


def _decoded(token: Token, escape: str) -> Token:
    if token.kind is not Kind.NAME:
        return token
    if len(escape) != 1:
        raise Malformed("UESCAPE")
    sign = re.escape(escape)
    pattern = re.compile(rf"{sign}(?:(?P<self>{sign})|(?P<four>[0-9A-Fa-f]{{4}})|\+(?P<six>[0-9A-Fa-f]{{6}}))|{sign}")
    return replace(token, value=pattern.sub(lambda match: _character(match, escape), token.value))


def _character(match: re.Match[str], escape: str) -> str:
    if match["self"]:
        return escape
    code = int(match["four"] or match["six"] or "110000", 16)
    if not 0 < code < 0x110000:
        raise Malformed(match[0])
    return chr(code)
