"""Whether SQL only reads: the first of two layers (the second is the server's own READ ONLY transaction).

An allow-list on the statement as sqlglot parses it, and a deny list on every name as PostgreSQL itself would read it.
A refusal names the rule and the offending part. What cannot be parsed is refused as such.
"""

import re

import sqlglot
from sqlglot import exp

from core.errors import QueryRefused
from core.safety.sql_lexer import Token, tokens
from core.safety.sql_names import denied_function, denied_relation

LENGTH_MAX = 100_000
DEPTH_MAX = 50
"""Brackets within brackets, and CASEs within CASEs: more than people write, less than a parser's stack."""
RUN_MAX = 5000
"""Tokens between two commas or brackets: the parser may descend once for each operator of a long chain."""

_WRITING = (
    exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Alter, exp.Copy, exp.Set, exp.Command,
    exp.TruncateTable, exp.Transaction, exp.Commit, exp.Rollback, exp.Use, exp.Grant, exp.Execute, exp.LoadData,
)  # fmt: skip
_READING = (exp.Select, exp.SetOperation, exp.Values, exp.Subquery)
_STARTS = frozenset({"select", "values", "table", "with", "("})
_SHOW = re.compile(
    r'\s*show\s+(?:all|time\s+zone|transaction\s+isolation\s+level|session\s+authorization|[\w."]+)\s*;?\s*',
    re.IGNORECASE,
)
_EXPLAIN = re.compile(r"\s*explain\s*(?:\((?P<options>[\w\s,]*)\)|(?P<verbose>verbose\b))?\s*", re.IGNORECASE)
_ANALYSING = frozenset({"analyze", "analyse", "serialize"})


def check_statement(sql: str) -> None:
    """Raises QueryRefused unless `sql` is one statement that reads: SELECT, VALUES, TABLE, SHOW, EXPLAIN of these."""
    found = _lexed(sql)
    first = found[0].text.lower() if found else ""
    if first == "show":
        return _check_show(sql)
    if first == "explain":
        return _check_explain(sql)
    if first not in _STARTS:
        raise _refused("not_a_select", first or sql)
    return _check_tree(_parsed(_readable(sql)))


def check_where(expression: str) -> None:
    """Raises QueryRefused unless `expression` is one that only reads and cannot leave the brackets it is put in."""
    _lexed(expression)
    alone = _parsed(f"SELECT 1 WHERE\n{_readable(expression)}\n")
    bracketed = _parsed(f"SELECT 1 WHERE (\n{_readable(expression)}\n)")
    for tree in (alone, bracketed):
        if not isinstance(tree, exp.Select) or set(_given(tree)) - {"expressions", "where"}:
            raise _refused("not_an_expression", expression)
    if not isinstance(bracketed.args["where"].this, exp.Paren):
        raise _refused("not_an_expression", expression)
    _check_tree(bracketed)


def is_plain_select(sql: str) -> bool:
    """Whether a checked statement can be read through a cursor; SHOW and EXPLAIN cannot."""
    return next(iter(tokens(sql))).text.lower() in _STARTS


def _given(tree: exp.Expression) -> list[str]:
    return [name for name, value in tree.args.items() if value]


def _lexed(sql: str) -> list[Token]:
    if len(sql) > LENGTH_MAX:
        raise _refused("too_long", sql)
    found = list(tokens(sql))
    _check_one_statement(found)
    _check_nesting(found)
    _check_names(found)
    return found


def _check_one_statement(found: list[Token]) -> None:
    ended = False
    for token in found:
        if ended and token.text != ";":
            raise _refused("multiple_statements", token.text)
        ended = ended or token.text == ";"


def _check_nesting(found: list[Token]) -> None:
    depth = run = 0
    for token in found:
        depth += (
            (token.text in ("(", "[")) + (token.name == "case") - (token.text in (")", "]")) - (token.name == "end")
        )
        run = 0 if token.text in (",", "(", ")") else run + 1
        if depth > DEPTH_MAX or run > RUN_MAX:
            raise _refused("nesting", token.text)


def _check_names(found: list[Token]) -> None:
    for before, token, after in zip(["", *found], found, [*found[1:], ""], strict=False):
        if token.kind not in ("word", "quoted"):
            continue
        if token.name == "uescape":
            raise _refused("not_parsed", token.text)
        # `(value).function` calls it too: PostgreSQL manual, 8.16.5.
        called = (isinstance(after, Token) and after.text == "(") or (isinstance(before, Token) and before.text == ".")
        if called and denied_function(token.name):
            raise _refused("function", token.name)
        if denied_relation(token.name):
            raise _refused("server_secret", token.name)


def _readable(sql: str) -> str:
    """The statement with `U&"…"` spelt plainly: the parser would take the `U` for a column."""
    if not re.search(r'u&"', sql, re.IGNORECASE):
        return sql
    return " ".join(_quoted(token) if token.kind == "quoted" else token.text for token in tokens(sql))


def _quoted(token: Token) -> str:
    return '"' + token.name.replace('"', '""') + '"'


def _parsed(sql: str) -> exp.Expression:
    try:
        found = sqlglot.parse(sql, read="postgres")
    except sqlglot.errors.SqlglotError as err:
        raise _refused("not_parsed", _place(err)) from err
    except RecursionError as err:
        raise _refused("nesting", sql) from err
    trees = [tree for tree in found if tree is not None and not isinstance(tree, exp.Semicolon)]
    if len(trees) != 1:
        raise _refused("multiple_statements" if trees else "not_parsed", sql)
    return trees[0]  # type: ignore[return-value]  # sqlglot types its trees more loosely than it builds them


def _place(err: sqlglot.errors.SqlglotError) -> str:
    found = getattr(err, "errors", None) or [{}]
    return str(found[0].get("highlight") or "")


def _check_tree(tree: exp.Expression) -> None:
    if not isinstance(tree, _READING):
        raise _refused("not_a_select", tree.key)
    for node in tree.walk():
        if isinstance(node, _WRITING):
            raise _refused("not_a_select", node.key)
        if isinstance(node, exp.Into):
            raise _refused("into", node.sql(dialect="postgres"))
        if isinstance(node, exp.Lock):
            raise _refused("locking", node.sql(dialect="postgres"))


def _check_show(sql: str) -> None:
    if not _SHOW.fullmatch(sql):
        raise _refused("not_parsed", sql)


def _check_explain(sql: str) -> None:
    head = _EXPLAIN.match(sql)
    if head is None:
        raise _refused("not_parsed", sql)
    options = re.findall(r"\w+", (head["options"] or "").lower())
    if found := _ANALYSING & {*options, *(token.name for token in list(tokens(sql))[1:3])}:
        raise _refused("explain_analyze", min(found))
    rest = sql[head.end() :]
    first = next(iter(tokens(rest)), None)
    if first is None or first.text.lower() not in _STARTS:
        raise _refused("not_a_select", first.text if first else sql)
    _check_tree(_parsed(_readable(rest)))


def _refused(rule: str, part: str) -> QueryRefused:
    shown = " ".join(part.split())
    return QueryRefused(rule, rule=rule, part=shown if len(shown) <= 60 else shown[:59] + "…")
