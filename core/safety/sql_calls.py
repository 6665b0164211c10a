"""Which names of a statement may be called as functions, and which can only be relations."""

from collections.abc import Iterator, Sequence

from core.safety.sql_tokens import Token

_QUERIES = ("select", "with", "table")
"""Reserved words, so that no argument begins with one; VALUES is none: a column may be called so."""


def callable_names(found: Sequence[Token]) -> list[int]:
    """Places of names that may be called: `f(x)`, and `(x).f`, which PostgreSQL takes for the same."""
    relations = frozenset(_relations(found))
    return [
        position
        for position, token in enumerate(found)
        if token.names
        and position not in relations
        and (
            (position + 1 < len(found) and found[position + 1].is_mark("("))
            or (position > 0 and found[position - 1].is_mark("."))
        )
    ]


def _relations(found: Sequence[Token]) -> Iterator[int]:
    """Places of the parts of `a.b` directly behind FROM, JOIN, ONLY and TABLE, where it is not called.

    The FROM of `extract(a from b.c)`, of its like and of IS DISTINCT FROM begins no clause: an expression follows.
    """
    queries = [True]
    for at, token in enumerate(found):
        if token.is_mark("(", "["):
            queries.append(token.is_mark("(") and at + 1 < len(found) and found[at + 1].is_word(*_QUERIES))
        elif token.is_mark(")", "]"):
            queries = queries[:-1] or [False]
        elif token.is_word("from"):
            if queries[-1] and not found[at - 1].is_word("distinct"):
                yield from _uncalled(found, at + 1)
        elif token.is_word("join", "only", "table"):
            yield from _uncalled(found, at + 1)


def _uncalled(found: Sequence[Token], start: int) -> Sequence[int]:
    end = start
    while end < len(found) and found[end].names:
        end += 1
        if end == len(found) or not found[end].is_mark("."):
            break
        end += 1
    return () if end < len(found) and found[end].is_mark("(") else range(start, end)
