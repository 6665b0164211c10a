"""The parsed form of a statement: sqlglot's tree of a rendering that every parser must read alike."""

import re
from collections.abc import Iterator, Sequence

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError
from sqlglot.parsers.postgres import PostgresParser

from core.safety.sql_tokens import Kind, Token, closing, word_set

STEPS_PER_TOKEN = 20
"""How far beyond the statement's length the parser may go; what people write takes up to 4 (measured)."""
_PLAIN_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_UNTOLD = re.compile(r"[^A-Za-z0-9 :.,+\-/{}\[\]()]")
_KNOWN_OPERATORS = word_set("+ - * / % = <> != < > <= >= || -> ->> #> #>> @> <@ && ~ ~* !~ !~* ? & | << >> ^")
# A word before a sign that leaves the sign without a left operand.
_BEFORE_PREFIX = word_set(
    "select distinct all where and or not on when then else case by having limit offset between in like ilike is from "
    "using return returning values any some array as filter over range rows groups passing"
)
_BEFORE_LITERAL = _BEFORE_PREFIX | {"interval", "both", "leading", "trailing"}


class _BoundedParser(PostgresParser):
    """Counts its steps: arrays, types or limits inside each other are tried in 2ⁿ ways for n levels."""

    steps_left = 0

    def _advance(self, times: int = 1) -> None:
        self.steps_left -= 1
        if self.steps_left < 0:
            raise RecursionError
        super()._advance(times)


def parse(found: Sequence[Token]) -> exp.Expr:
    """The tree of one statement. Raises SqlglotError for what the parser cannot read, RecursionError for depth."""
    sql = rendered(found)
    parser = _BoundedParser(dialect="postgres")
    cut = Postgres().tokenize(sql)
    parser.steps_left = STEPS_PER_TOKEN * (len(cut) + 100)
    trees = parser.parse(cut, sql)
    if len(trees) != 1 or trees[0] is None or trees[0].find(exp.Command):
        raise SqlglotError("not one statement that the parser knows")
    return trees[0]


def rendered(found: Sequence[Token]) -> str:
    """The same statement without comments, escapes, odd letters and rare operators: its shape, not its contents."""
    return " ".join(_pieces(found))


def _pieces(found: Sequence[Token]) -> Iterator[str]:
    position = 0
    while position < len(found):
        token = found[position]
        before = found[position - 1] if position else None
        if token.is_word("operator") and _next_is(found, position, "("):
            position = closing(found, position + 1)
            yield "||"
        elif _names_literal(found, position):
            pass  # box '(0,0),(1,1)': sqlglot knows few of the types
        elif token.is_word("table") and not (before and (before.is_word("as") or before.is_mark("."))):
            yield "SELECT * FROM"  # TABLE is reserved everywhere else, and sqlglot does not know it as a statement
        else:
            yield _piece(token, before)
        position += 1


def _piece(token: Token, before: Token | None) -> str:
    if token.kind is Kind.WORD:
        return token.value if _PLAIN_WORD.fullmatch(token.value) else _quoted(token.value)
    if token.kind is Kind.NAME:
        return _quoted(token.value)
    if token.kind is Kind.STRING:
        return "'" + _UNTOLD.sub("x", token.value) + "'"
    if token.kind is Kind.PARAMETER:
        return "1"  # sqlglot takes `$1 … ''` for the beginning of a string
    if token.kind is Kind.OPERATOR and token.value not in _KNOWN_OPERATORS:
        return "" if _starts_operand(before) else "||"
    return token.text


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _starts_operand(before: Token | None) -> bool:
    if before is None or before.kind is Kind.OPERATOR:
        return True
    if before.kind is Kind.PUNCTUATION:
        return before.value not in (")", "]")
    return before.kind is Kind.WORD and before.value in _BEFORE_PREFIX


def _names_literal(found: Sequence[Token], position: int) -> bool:
    """Whether this word is the type of the literal that follows."""
    token, after = found[position], found[position + 1 : position + 2]
    if not (token.names and after and after[0].kind is Kind.STRING):
        return False
    return token.value not in _BEFORE_LITERAL and _starts_operand(found[position - 1] if position else None)


def _next_is(found: Sequence[Token], position: int, mark: str) -> bool:
    return position + 1 < len(found) and found[position + 1].is_mark(mark)
