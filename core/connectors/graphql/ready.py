"""Queries made from a schema: for a field, one that shows what it holds."""

from core.connectors.graphql.introspection import Argument, Field, Schema

ROWS = 20
COLUMNS_MAX = 20
LEVELS = 3

_PAGE = frozenset({"first", "limit", "take", "pagesize", "page_size", "perpage", "per_page"})
"""Arguments by which lists are cut, whatever the case of their letters."""
_PAGED = ("nodes", "items", "results", "edges", "node")
"""Fields behind which the rows of a page are, the most direct first: Relay's connections and their likes."""


class ReadyQueries:
    """Each type's selection is made once: schemas refer to themselves everywhere."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._selections: dict[tuple[str, int], str] = {}

    def of(self, chain: tuple[Field, ...]) -> str:
        """`{ airlines(first: 20) { name } }` for a field and those it lies in; empty where a value must be known."""
        if not all(map(_askable, chain)):
            return ""
        last = chain[-1].type
        text = "" if last.leaf else f" {{ {self._selection(last.name, LEVELS) or '__typename'} }}"
        for field in reversed(chain):
            text = f" {{ {field.name}{_page(field)}{text} }}"
        return text.strip()

    def _selection(self, type_name: str, levels: int) -> str:
        key = type_name, levels
        if key not in self._selections:
            self._selections[key] = self._selected(type_name, levels)
        return self._selections[key]

    def _selected(self, type_name: str, levels: int) -> str:
        """The plain values of a type, and where it is a page of a list, those of what is listed."""
        fields = list(filter(_askable, self._schema.of(type_name)))
        chosen = [f"{field.name}{_page(field)}" for field in fields if field.type.leaf][:COLUMNS_MAX]
        if levels > 1:
            chosen += self._inner(fields, levels - 1, anything=not chosen)
        return " ".join(chosen)

    def _inner(self, fields: list[Field], levels: int, *, anything: bool) -> list[str]:
        """One field with its own values: that of a page, or with `anything` the first that has any."""
        pages = sorted((field for field in fields if field.name in _PAGED), key=lambda field: _PAGED.index(field.name))
        for field in (*pages, *(fields if anything else ())):
            if field.type.compound and (inside := self._selection(field.type.name, levels)):
                return [f"{field.name}{_page(field)} {{ {inside} }}"]
        return []


def _askable(field: Field) -> bool:
    return all(not argument.required or _cuts(argument) for argument in field.arguments)


def _page(field: Field) -> str:
    first = next(filter(_cuts, field.arguments), None)
    return f"({first.name}: {ROWS})" if first else ""


def _cuts(argument: Argument) -> bool:
    return argument.name.lower() in _PAGE and argument.type.text.rstrip("!") == "Int"
