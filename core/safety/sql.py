"""Which PostgreSQL statements a sample may send: one, that reads, without the functions that do more than read.

This is the first of two layers. The second is the server's own: a READ ONLY transaction with the rights of the
credential. What only this layer stops: the functions of `core.safety.sql_functions`, the server's secrets, EXPLAIN
ANALYZE, and everything a superuser may do in spite of READ ONLY.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from sqlglot import exp
from sqlglot.errors import SqlglotError

from core.errors import QueryRefused
from core.safety.sql_calls import callable_names
from core.safety.sql_functions import DENIED_SCHEMAS, family
from core.safety.sql_secrets import hidden_setting, secret, shows_queries
from core.safety.sql_syntax import parse
from core.safety.sql_tokens import Kind, Malformed, Token, closing, opening, tokens

BYTES_MAX = 100_000
DEPTH_MAX = 30
"""Brackets inside each other; sqlglot's own limit, Python's recursion limit, lies at 36 and more (measured)."""
PART_MAX = 80
KEPT_LETTERS_MAX = 4000
"""Admitted statements up to this length are remembered."""
_OPENING = ("select", "with", "values", "table")
_CHANGING = ("insert", "update", "delete", "merge")
_LOCKS = (["for", "update"], ["for", "share"], ["for", "no", "key", "update"], ["for", "key", "share"])


@dataclass(frozen=True, slots=True)
class Analysed:
    """What PostgreSQL analyses of a statement: `sql` itself, or what an EXPLAIN would explain.

    `types` are its names, decoded, that may be a type's; `names` are all of them, where it has a value whose type is
    yet to be found.
    """

    sql: str
    names: frozenset[str]
    types: frozenset[str]


def check_statement(sql: str, *, strict: bool = False) -> None:
    """Refuses anything but one reading statement. Takes about 15 ms a kilobyte.

    `strict` is the rule for superusers, as far as the text alone can tell, and for whoever may read all settings: not
    all of them at once, for some hold secrets. Raises QueryRefused with the reason, the name of the `rule` and the
    offending `part`.
    """
    if len(sql) > KEPT_LETTERS_MAX:
        _judged(_one(sql), strict)
    else:
        _admitted(sql, strict)


@lru_cache(maxsize=256)
def _admitted(sql: str, strict: bool) -> None:
    """Of a statement that was admitted once nothing is asked again: a judgement depends on its text alone."""
    _judged(_one(sql), strict)


def check_where(expression: str) -> None:
    """The same for one condition. The caller puts it in parentheses, the closing one on a line of its own."""
    tree = _judged(_as_statement(expression), strict=False)
    where = tree.find(exp.Where) if tree else None
    if where is None or not isinstance(where.this, exp.Paren):  # a query or a list
        _refuse("unparsable", part=expression)


def analysed(sql: str) -> Analysed | None:
    """For the rest of the rule for superusers, which the server's own analysis tells; None for SHOW, which has none.

    Raises QueryRefused as a strict `check_statement` does.
    """
    check_statement(sql, strict=True)
    found = _one(sql)
    if found[0].is_word("show"):
        return None
    inner = _explained(found) if found[0].is_word("explain") else found
    untyped = any(token.kind in (Kind.STRING, Kind.PARAMETER) for token in inner)
    names = frozenset(token.value for token in inner if token.names and untyped)
    return Analysed(sql[inner[0].at :], names, frozenset(inner[at].value for at in _types(inner)))


def _types(found: Sequence[Token]) -> Iterator[int]:
    """Places of names that may be a type's: after `::` or AS, their schema before them, before a literal or `(`."""
    last = -1
    for at, token in enumerate(found):
        before, after = found[at - 1 : at], found[at + 1 : at + 2]
        named = before and (before[0].is_mark("::") or before[0].is_word("as"))
        qualified = before and before[0].is_mark(".") and last == at - 2
        called = after and (after[0].is_mark("(") or after[0].kind is Kind.STRING)
        if token.names and (named or qualified or called):
            last = at
            yield at


def _cut(sql: str) -> list[Token]:
    if len(sql.encode(errors="surrogatepass")) > BYTES_MAX:
        _refuse("too_long", part=sql)
    try:
        found = tokens(sql)
    except Malformed as err:
        _refuse("unparsable", part=str(err), cause=err)
    if all(token.is_mark(";") for token in found):
        _refuse("unparsable", part=sql)
    return found


def _one(sql: str) -> list[Token]:
    """The tokens of a statement, without the semicolon that may end it."""
    found = _cut(sql)
    while found[-1].is_mark(";"):
        found.pop()
    return found


def _as_statement(expression: str) -> list[Token]:
    found = _cut(expression)
    if closing([*tokens("("), *found, *tokens(")")], 0) != len(found) + 1:
        _refuse("unparsable", part=expression)
    return [*tokens("SELECT 1 FROM t WHERE ("), *found, *tokens(")")]


def _judged(found: Sequence[Token], strict: bool) -> exp.Expr | None:
    """The tree of an admitted statement; None for SHOW, which has none."""
    for position, token in enumerate(found):
        if token.is_mark(";"):
            _refuse("multiple_statements", part=_text(found[position:]))
    if found[0].is_word("show"):
        _check_show(found, strict)
        return None
    query = _explained(found) if found[0].is_word("explain") else found
    _check_opening(query)
    _check_names(query, strict)
    _check_clauses(query)
    _check_depth(query)
    return _check_tree(query)


def _check_show(found: Sequence[Token], strict: bool) -> None:
    if not all(token.names or token.is_mark(".") for token in found):
        _refuse("not_a_select", part=_text(found))
    name = "".join(token.value for token in found[1:])
    # Names of settings are no names of the catalogue: the server takes them in letters of either size.
    if secret(name.lower()) or (strict and name == "all"):
        _refuse("secret_table", part=name)


def _explained(found: Sequence[Token]) -> Sequence[Token]:
    """What EXPLAIN would explain, without running it."""
    rest = found[1:]
    if len(rest) > 1 and rest[0].is_mark("(") and not rest[1].is_word(*_OPENING) and not rest[1].is_mark("("):
        end = closing(rest, 0) + 1
        options, rest = rest[:end], rest[end:]
    else:
        end = next((at for at, token in enumerate(rest) if not token.is_word("analyze", "analyse", "verbose")), 0)
        options, rest = rest[:end], rest[end:]
    if any(option.names and option.value in ("analyze", "analyse") for option in options):
        _refuse("explain_analyze", part=_text(found))
    return rest


def _check_opening(found: Sequence[Token]) -> None:
    first = opening(found)
    if first is None or not first.is_word(*_OPENING):
        _refuse("not_a_select", part=first.text if first else "")


def _check_names(found: Sequence[Token], strict: bool) -> None:
    for position in callable_names(found):
        schema = found[position - 2].value if position > 1 and found[position - 1].is_mark(".") else ""
        if kind := family(found[position].value) or DENIED_SCHEMAS.get(schema):
            _refuse("function", rule=f"function.{kind}", part=found[position].value)
        if hidden := hidden_setting(found, position):
            _refuse("secret_table", part=hidden)
    for token in found:
        if token.names and secret(token.value, strict=strict):
            _refuse("secret_table", part=token.value)


def _check_clauses(found: Sequence[Token]) -> None:
    """Again on the words themselves what `_check_tree` asks of the tree: neither relies on the other."""
    for position, token in enumerate(found):
        before = found[position - 1] if position else None
        words = [after.value if after.kind is Kind.WORD else "" for after in found[position : position + 4]]
        if any(words[: len(lock)] == lock for lock in _LOCKS):
            _refuse("locking", part=" ".join(words))
        if token.is_word("into") and before and not before.is_mark(".") and not before.is_word("as", *_CHANGING):
            _refuse("into", part=_text(found[position:]))


def _check_tree(found: Sequence[Token]) -> exp.Expr:
    tree = _tree(found)
    if not isinstance(tree, (exp.Query, exp.Values)):
        _refuse("not_a_select", part=tree.key)
    if changing := tree.find(exp.DML, exp.DDL, exp.Drop, exp.Alter):
        _refuse("modifying_cte", part=changing.key)
    if tree.find(exp.Lock):
        _refuse("locking", part="FOR")
    if into := tree.find(exp.Into):
        _refuse("into", part=into.sql("postgres"))
    if shows_queries(tree, frozenset(token.value for token in found if token.names)):
        _refuse("secret_table", part="pg_stat_activity.query")
    return tree


def _check_depth(found: Sequence[Token]) -> None:
    depth = 0
    for position, token in enumerate(found):
        depth += token.is_mark("(", "[") - token.is_mark(")", "]")
        if depth > DEPTH_MAX:
            _refuse("too_deep", part=_text(found[position:]))


def _tree(found: Sequence[Token]) -> exp.Expr:
    try:
        return parse(found)
    except SqlglotError as err:
        _refuse("unparsable", part=_place(err) or _text(found), cause=err)
    except RecursionError as err:
        _refuse("too_deep", part=_text(found), cause=err)


def _place(err: SqlglotError) -> str:
    places = getattr(err, "errors", ())
    return str(places[0].get("highlight") or "") if places else ""


def _text(found: Sequence[Token]) -> str:
    return " ".join(token.text for token in found[:PART_MAX])


def _refuse(reason: str, *, part: str, rule: str = "", cause: Exception | None = None) -> NoReturn:
    raise QueryRefused(reason, rule=rule or reason, part=part[:PART_MAX]) from cause
