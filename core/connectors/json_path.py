"""JSONPath (RFC 9535) to the rows in an answer, evaluated within a limit of time.

The functions `match` and `search` are left out: their patterns may take for ever.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathNode, JSONPathQuery, Parser
from jsonpath_rfc9535.filter_expressions import (
    Expression,
    FilterContext,
    FilterExpression,
    FilterQuery,
    RelativeFilterQuery,
    RootFilterQuery,
)
from jsonpath_rfc9535.selectors import FilterSelector
from jsonpath_rfc9535.tokens import TokenStream

from core.errors import InvalidInput, LimitExceeded
from core.models import FieldError, Message

PATH_MAX = 200
"""Characters of a path; the library calls itself for each bracket in it."""

EVALUATION_S = 2.0
"""What a path may take: filters within filters would compare everything in an answer with everything else."""

FIELD = "params.records_path"


def is_path(path: str) -> bool:
    """Whether it is a JSONPath that can be evaluated."""
    return len(path) <= PATH_MAX and _compiled(path, EVALUATION_S) is not None


def check_path(path: str | None, field: str = FIELD) -> None:
    """Raises InvalidInput naming `field` for what is no JSONPath."""
    if path is not None and not is_path(path):
        raise InvalidInput(fields=(FieldError(field, Message("field.json_path")),))


def records_at(document: Any, path: str, limit_s: float = EVALUATION_S) -> list[Any]:
    """The elements of the list that a path leads to; where it leads to several places, what is found there.

    Raises InvalidInput for what is no JSONPath, LimitExceeded for one that takes longer than `limit_s` seconds.
    """
    found = values_at(document, path, limit_s)
    return found[0] if len(found) == 1 and isinstance(found[0], list) else found


def values_at(document: Any, path: str, limit_s: float = EVALUATION_S) -> list[Any]:
    """What stands at each place that a path leads to. Raises as `records_at` does."""
    check_path(path)
    query = _compiled(path, limit_s)
    try:
        found = [node.value for node in query.finditer(document)] if query else []
    except (TimeoutError, RecursionError, JSONPathError):
        found = None
    if found is None:
        message = Message("error.limit_exceeded.records_path", {"seconds": limit_s})
        raise LimitExceeded("records_path", fields=(FieldError(FIELD, message),), seconds=limit_s)
    return found


def _compiled(path: str, limit_s: float) -> JSONPathQuery | None:
    try:
        return _Timed(limit_s).compile(path)
    except (JSONPathError, RecursionError, ValueError):
        return None


class _Parser(Parser):
    """Gives the parts of a filter the clock too."""

    env: "_Timed"

    def parse_root_query(self, stream: TokenStream) -> Expression:
        return self._timed(super().parse_root_query(stream), RootFilterQuery)

    def parse_relative_query(self, stream: TokenStream) -> Expression:
        return self._timed(super().parse_relative_query(stream), RelativeFilterQuery)

    def _timed(self, found: Expression, of: type[FilterQuery]) -> Expression:
        return of(found.token, self.env.timed(found.query)) if isinstance(found, FilterQuery) else found

    def parse_filter_selector(self, stream: TokenStream) -> FilterSelector:
        found = super().parse_filter_selector(stream)
        found.expression = _Filter(found.expression, self.env.tick)
        return found


class _Timed(JSONPathEnvironment):
    """One evaluation: `tick` raises TimeoutError once it has taken `limit_s` seconds."""

    parser_class = _Parser
    max_recursion_depth = 250

    def __init__(self, limit_s: float) -> None:
        super().__init__()
        self._end = time.monotonic() + limit_s

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        del self.function_extensions["match"], self.function_extensions["search"]

    def tick(self) -> None:
        if time.monotonic() > self._end:
            raise TimeoutError

    def timed(self, query: JSONPathQuery) -> "_Query":
        return _Query(env=self, segments=query.segments)

    def compile(self, query: str) -> "_Query":
        return self.timed(super().compile(query))


class _Query(JSONPathQuery):
    env: _Timed

    def finditer(self, value: Any) -> Iterable[JSONPathNode]:
        nodes: Iterable[JSONPathNode] = [_Node(value, value, self.env.tick)]
        for segment in self.segments:
            nodes = segment.resolve(nodes)
        return nodes


class _Node(JSONPathNode):
    __slots__ = ("_tick",)

    def __init__(self, value: Any, root: Any, tick: Callable[[], None]) -> None:
        super().__init__(value=value, location=(), parent=None, root=root)
        self._tick = tick

    def new_child(self, value: Any, key: int | str, parent: JSONPathNode | None) -> "_Node":
        self._tick()
        return _Node(value, self.root, self._tick)


class _Filter(FilterExpression):
    def __init__(self, inner: FilterExpression, tick: Callable[[], None]) -> None:
        super().__init__(inner.token, inner.expression)
        self._tick = tick

    def evaluate(self, context: FilterContext) -> bool:
        self._tick()
        return super().evaluate(context)
