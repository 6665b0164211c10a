"""What stands in PostgreSQL's own form of an analysed statement, as `debug_print_parse` and `pg_node_tree` write it.

Words inside it have their signs escaped, so that nothing a person wrote looks like a field; and where it did, it would
only name one more oid to judge.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

FIRST_OWN = 16384
"""Oids from here on are given to what people create (`FirstNormalObjectId` of PostgreSQL)."""

_FUNCTION = re.compile(r":(?:funcid|opfuncid|aggfnoid|winfnoid|hashfuncid|negfuncid)\s+(\d+)")
_OPERATOR = re.compile(r":(?:opno|eqop|sortop)\s+(\d+)|:opnos\s+\(o((?:\s+\d+)*)\)")
_RELATION = re.compile(r":relid\s+(\d+)")
_TYPE = re.compile(r":\w*type(?:id)?\s+(\d+)")
_DOMAIN, _RESULT = re.compile(r"\{COERCETODOMAIN\s+:arg\s+"), re.compile(r"\s*:resulttype\s+(\d+)")
_CALL = re.compile(r"\{(?:FUNCEXPR|OPEXPR|SCALARARRAYOPEXPR|DISTINCTEXPR|NULLIFEXPR)\s")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Oids of `pg_proc`, `pg_operator` and `pg_class`; of `pg_type` the domains that a value is made into, and the
    types of people's own that any value has."""

    functions: frozenset[int]
    operators: frozenset[int]
    relations: frozenset[int]
    domains: frozenset[int]
    types: frozenset[int]

    def beyond(self, other: "Mentioned") -> "Mentioned":
        """What `other` does not have."""
        return Mentioned(
            self.functions - other.functions,
            self.operators - other.operators,
            self.relations - other.relations,
            self.domains - other.domains,
            self.types - other.types,
        )

    def with_(self, other: "Mentioned") -> "Mentioned":
        return Mentioned(
            self.functions | other.functions,
            self.operators | other.operators,
            self.relations | other.relations,
            self.domains | other.domains,
            self.types | other.types,
        )


def mentioned(tree: str) -> Mentioned:
    """Every oid that a tree names."""
    operators = (number for one, several in _OPERATOR.findall(tree) for number in (one, *several.split()) if number)
    return Mentioned(
        frozenset(map(int, _FUNCTION.findall(tree))) - {0},
        frozenset(map(int, operators)) - {0},
        frozenset(map(int, _RELATION.findall(tree))) - {0},
        frozenset(_domains(tree)),
        frozenset(oid for oid in map(int, _TYPE.findall(tree)) if oid >= FIRST_OWN),
    )


def _domains(tree: str) -> Iterator[int]:
    for made in _DOMAIN.finditer(tree):
        if found := _RESULT.match(tree, _closing(tree, made.end())):
            yield int(found[1])


def folded(trees: Iterable[str]) -> Iterator[str]:
    """Calls in stored expressions (of indexes, checks, statistics) that depend on no column.

    The planner computes those when it looks at the table, whatever the statement asks.
    """
    for tree in trees:
        for call in _CALL.finditer(tree):
            span = tree[call.start() : _closing(tree, call.start())]
            if "{VAR " not in span and "{VAR\n" not in span:
                yield span


def _closing(tree: str, opened: int) -> int:
    depth = 0
    for brace in _BRACE.finditer(tree, opened):
        depth += (brace[0] == "{") - (brace[0] == "}")
        if depth == 0:
            return brace.end()
    return len(tree)
