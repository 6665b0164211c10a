"""Which GraphQL documents a sample may send: queries only, of bounded size once fragments are spread out.

This is the first of two layers. The second is the transport: it sends one operation at a time, only a query, as a POST
to exactly the endpoint of the source. What only this layer stops: documents that are costly to answer, and answers in
parts (`@defer`, `@stream`, `@live`). What no layer can see is a query whose resolver changes something on the server.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, NoReturn

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Source,
    parse,
)
from graphql.language import Lexer, TokenKind

from core.errors import QueryRefused
from core.models import FieldError, Message

BYTES_MAX = 100_000
TOKENS_MAX = 10_000
NESTING_MAX = 50
"""Brackets of any kind inside each other: graphql-core's parser runs out of Python's stack at about 250."""
DEPTH_MAX = 12
FIELDS_MAX = 500
ALIASES_MAX = 50
PART_MAX = 80

IN_PARTS = frozenset({"defer", "stream", "live"})
"""Directives by which a server answers more than once."""

_OPENING = frozenset({TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L})
_CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R})


@dataclass(frozen=True, slots=True)
class _Size:
    """Of a selection once its fragments are spread out: levels of fields, fields, aliases."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0

    def beside(self, other: "_Size") -> "_Size":
        return _Size(max(self.depth, other.depth), self.fields + other.fields, self.aliases + other.aliases)


def check_document(query: str, operation_name: str | None = None) -> DocumentNode:
    """The document, when it only reads and stays within its limits.

    Raises QueryRefused with the reason, the name of the `rule` and the offending `part`.
    """
    document = _parsed(query)
    operations = list(_queries(document))
    _check_directives(document)
    sizes = _fragment_sizes(document)
    for operation in operations:
        _check_size(_size(operation.selection_set, sizes), operation)
    _check_choice(operations, operation_name)
    return document


def check_variables(variables: Mapping[str, Any]) -> None:
    """Values that JSON can hold, of bounded size. Raises QueryRefused."""
    try:
        length = len(json.dumps(variables, allow_nan=False))
    except RecursionError:
        _refuse("too_deep", part="", field="params.variables")
    except (TypeError, ValueError) as err:
        _refuse("graphql_variables", part="", field="params.variables", cause=err)
    if length > BYTES_MAX:
        _refuse("too_long", part="", field="params.variables")


def _parsed(query: str) -> DocumentNode:
    if len(query.encode(errors="surrogatepass")) > BYTES_MAX:
        _refuse("too_long", part=query)
    try:
        _check_tokens(query)
        return parse(query, no_location=True)
    except GraphQLSyntaxError as err:
        _refuse("graphql_syntax", part=_near(query, err), cause=err)


def _check_tokens(query: str) -> None:
    """Before anything recursive reads the text. Raises GraphQLSyntaxError for what is no GraphQL at all."""
    lexer, depth = Lexer(Source(query)), 0
    for _ in range(TOKENS_MAX):
        token = lexer.advance()
        depth += (token.kind in _OPENING) - (token.kind in _CLOSING)
        if depth > NESTING_MAX:
            _refuse("too_deep", part=query[token.start :])
        if token.kind is TokenKind.EOF:
            return
    _refuse("too_long", part=query[lexer.token.start :])


def _near(query: str, err: GraphQLSyntaxError) -> str:
    place = next(iter(err.positions or ()), 0)
    return query[place:].strip() or query.strip()[-PART_MAX:]


def _queries(document: DocumentNode) -> Iterator[OperationDefinitionNode]:
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            if definition.operation is not OperationType.QUERY:
                _refuse("graphql_operation", part=_named(definition))
            yield definition
        elif not isinstance(definition, FragmentDefinitionNode):
            _refuse("graphql_definition", part=definition.kind.replace("_", " "))


def _check_choice(operations: list[OperationDefinitionNode], name: str | None) -> None:
    names = [operation.name.value if operation.name else "" for operation in operations]
    if not operations:
        _refuse("graphql_no_query", part="")
    if name is None and len(operations) > 1:
        _refuse("graphql_choice", part=", ".join(filter(None, names)), field="params.operation_name")
    if name is not None and name not in names:
        _refuse("graphql_no_operation", part=name, field="params.operation_name")


def _check_directives(document: DocumentNode) -> None:
    for node in _nodes(document):
        for directive in getattr(node, "directives", None) or ():
            if directive.name.value in IN_PARTS:
                _refuse("graphql_directive", part=f"@{directive.name.value}")


def _fragment_sizes(document: DocumentNode) -> dict[str, _Size]:
    """Each fragment's size, reckoned once: spread out, a few lines can become more fields than anyone could count."""
    fragments: dict[str, FragmentDefinitionNode] = {}
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            if definition.name.value in fragments:
                _refuse("graphql_twice", part=definition.name.value)
            fragments[definition.name.value] = definition
    _check_known(document, fragments)
    sizes: dict[str, _Size] = {}
    for name in _innermost_first(fragments):
        sizes[name] = _size(fragments[name].selection_set, sizes)
    return sizes


def _check_known(document: DocumentNode, fragments: Mapping[str, Any]) -> None:
    for name in _spread(document):
        if name not in fragments:
            _refuse("graphql_fragment", part=name)


def _innermost_first(fragments: Mapping[str, FragmentDefinitionNode]) -> Iterable[str]:
    try:
        return tuple(TopologicalSorter({name: set(_spread(each)) for name, each in fragments.items()}).static_order())
    except CycleError as err:
        _refuse("graphql_cycle", part=" → ".join(err.args[1]), cause=err)


def _spread(node: Node) -> Iterator[str]:
    return (found.name.value for found in _nodes(node) if isinstance(found, FragmentSpreadNode))


def _nodes(node: Node) -> Iterator[Node]:
    """The node itself, and every definition and selection inside it."""
    waiting: list[Node] = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += getattr(found, "definitions", None) or ()
        inner: SelectionSetNode | None = getattr(found, "selection_set", None)
        waiting += inner.selections if inner else ()


def _size(selected: SelectionSetNode | None, sizes: Mapping[str, _Size]) -> _Size:
    total = _Size()
    for node in selected.selections if selected else ():
        total = total.beside(_size_of(node, sizes))
    return total


def _size_of(node: Node, sizes: Mapping[str, _Size]) -> _Size:
    if isinstance(node, FragmentSpreadNode):
        return sizes[node.name.value]
    inner = _size(getattr(node, "selection_set", None), sizes)
    if not isinstance(node, FieldNode):
        return inner
    return _Size(inner.depth + 1, inner.fields + 1, inner.aliases + (node.alias is not None))


def _check_size(size: _Size, operation: OperationDefinitionNode) -> None:
    limits = (
        ("depth", size.depth, DEPTH_MAX),
        ("fields", size.fields, FIELDS_MAX),
        ("aliases", size.aliases, ALIASES_MAX),
    )
    for name, found, most in limits:
        if found > most:
            _refuse(f"graphql_{name}", part=_named(operation), most=most)


def _named(operation: OperationDefinitionNode) -> str:
    return f"{operation.operation.value} {operation.name.value if operation.name else ''}".strip()


def _refuse(
    reason: str, *, part: str, field: str = "params.query", cause: Exception | None = None, **arguments: Any
) -> NoReturn:
    part = part[:PART_MAX]
    fields = (FieldError(field, Message(f"error.query_refused.{reason}", {"part": part, **arguments})),)
    raise QueryRefused(reason, rule=reason, part=part, fields=fields, **arguments) from cause
