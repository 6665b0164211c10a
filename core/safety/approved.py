"""Whether a request is one that was approved: the same text, with parameters of the same types, compared after parsing.

Of SQL the tokens are compared: comments, space between tokens and the case of words do not count, everything inside a
literal does. Of GraphQL the parsed document, printed again. Of everything else the JSON values, with their types.
`limit` does not count, and of `args` only the types. Where it is unsure whether two requests are the same, they are
not.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from core.errors import InvalidInput
from core.models import FieldError, Message
from core.safety.sql_tokens import Kind, Malformed, Token, tokens

TYPES = ("integer", "float", "string", "boolean", "date", "timestamp")
"""Of a value that is filled in at a run; the last two are texts as ISO 8601 has them."""
PLACEHOLDER = "$param"
PLACES = frozenset({"args", "variables", "filter", "pipeline", "query"})
"""Parameters of a sample in which a value may be left to the run: nowhere else is there a value that is no text of a
query, and no name of what is read."""
EXAMPLES: Mapping[str, Any] = {
    "integer": 1, "float": 1.5, "string": "a", "boolean": True, "date": "2026-01-01",
    "timestamp": "2026-01-01T00:00:00Z",
}  # fmt: skip
_OPERATORS = frozenset({"filter", "pipeline"})
"""Where a text that begins with a dollar sign is the name of a field."""
_NAMING: Mapping[str, frozenset[str]] = {
    "$lookup": frozenset({"from", "localField", "foreignField", "as"}),
    "$graphLookup": frozenset({"from", "connectFromField", "connectToField", "as", "depthField"}),
    "$unionWith": frozenset({"coll"}),
    "$getField": frozenset({"field"}),
    "$setField": frozenset({"field"}),
}
"""Operators that stand before the name of a collection or a field, and their members that are such names."""
_UNORDERED = frozenset({"filter", "variables", "query"})
_INTEGER_MAX = 2**63
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP = re.compile(
    rf"{_DATE.pattern}[Tt ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]{{1,6}})?)?([Zz]|[+-][0-9]{{2}}:[0-9]{{2}})?"
)


def admits(kind: str, approved: Mapping[str, Any], types: Mapping[str, str], asked: Mapping[str, Any]) -> bool:
    """`approved` and `asked` are parameters of a sample of the same source, `types` those of its placeholders."""
    if any(_is_name_left_open(approved.get(place)) for place in _OPERATORS):
        return False
    mine, theirs = _that_count(approved), _that_count(asked)
    compared = _Comparison(types)
    return mine.keys() == theirs.keys() and all(_same(kind, name, mine[name], theirs[name], compared) for name in mine)


def fits(wanted: str, value: Any) -> bool:
    """Whether a JSON value is of a type of `TYPES`."""
    return _FITTING[wanted](value)


def filled(params: Mapping[str, Any], types: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a sample with each placeholder replaced by what is given for it.

    Raises InvalidInput naming `parameters.<name>` for one that is missing, unknown or of another type.
    """
    wrong = {name: Message("field.missing") for name in types.keys() - given.keys()}
    wrong |= {name: Message("field.extra_forbidden") for name in given.keys() - types.keys()}
    for name in types.keys() & given.keys():
        if not fits(types[name], given[name]):
            wrong[name] = Message("field.parameter_type", {"type": types[name]})
    if not wrong:
        return {name: _filled(value, given) if name in PLACES else value for name, value in params.items()}
    raise InvalidInput(fields=tuple(FieldError(f"parameters.{name[:100]}", wrong[name]) for name in sorted(wrong)))


def check_placeholders(params: Mapping[str, Any], types: Mapping[str, str]) -> None:
    """Raises InvalidInput for a placeholder where none may stand, one without a type, and a type without one."""
    used = {name for place in PLACES & params.keys() for name in _names(params[place])}
    wrong = [
        FieldError(f"params.{place[:100]}", Message("field.placeholder_place"))
        for place, value in params.items()
        if ((place not in PLACES or _name(value) is not None) and any(_names(value)))
        or (place in _OPERATORS and _is_name_left_open(value))
    ]
    wrong += [FieldError(f"parameters.{name[:100]}", Message("field.missing")) for name in sorted(used - types.keys())]
    wrong += [
        FieldError(f"parameters.{n}", Message("field.parameter_unused"))
        for n in sorted(types.keys() - set(placeholders(params)))
    ]
    if wrong:
        raise InvalidInput(fields=tuple(wrong))


def require_filled(params: Mapping[str, Any]) -> None:
    """Raises InvalidInput for a placeholder whose value nobody gave: as it stands it would be sent as a document."""
    empty = {place: next(_names(params[place]), None) for place in sorted(PLACES & params.keys())}
    wrong = [
        FieldError(f"params.{place}", Message("field.unfilled", {"name": name}))
        for place, name in empty.items()
        if name is not None
    ]
    if wrong:
        raise InvalidInput(fields=tuple(wrong))


def placeholders(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of all that stands for a value, each once, in their order."""
    return tuple(dict.fromkeys(name for value in params.values() for name in _names(value)))


def _that_count(params: Mapping[str, Any]) -> dict[str, Any]:
    """No kind tells null from a parameter that is left out."""
    return {name: value for name, value in params.items() if name != "limit" and value is not None}


def _same(kind: str, name: str, mine: Any, theirs: Any, compared: "_Comparison") -> bool:
    parsed = _PARSED.get((kind, name))
    if parsed is not None and isinstance(mine, str) and isinstance(theirs, str):
        return mine == theirs or (parsed(mine) is not None and parsed(mine) == parsed(theirs))
    if name == "args":
        return compared.of_types(mine, theirs)
    return compared.same(mine, theirs, unordered=name in _UNORDERED, operators=name in _OPERATORS)


class _Comparison:
    """Of one request with an approved one: what stands for a placeholder is the same everywhere."""

    def __init__(self, types: Mapping[str, str]) -> None:
        self._types = types
        self._bound: dict[str, str] = {}

    def of_types(self, mine: Any, theirs: Any) -> bool:
        """Values may differ, types and lengths not."""
        name = _name(mine)
        if name is not None:
            return self._stands_for(name, theirs, operators=False)
        if isinstance(mine, list) and isinstance(theirs, list):
            return len(mine) == len(theirs) and all(map(self.of_types, mine, theirs))
        if isinstance(mine, dict) and isinstance(theirs, dict):
            return list(mine) == list(theirs) and all(self.of_types(mine[key], theirs[key]) for key in mine)
        return type(mine) is type(theirs)

    def same(self, mine: Any, theirs: Any, *, unordered: bool, operators: bool) -> bool:
        """`unordered` counts for this level. Inside, only operators of MongoDB's may stand in any order: a document
        that a value is compared with is another one when its fields are."""
        name = _name(mine)
        if name is not None:
            return self._stands_for(name, theirs, operators=operators)
        if isinstance(mine, dict) and isinstance(theirs, dict):
            free = unordered or (operators and all(key.startswith("$") for key in mine))
            names = mine.keys() == theirs.keys() if free else list(mine) == list(theirs)
            return names and all(
                self.same(mine[key], theirs[key], unordered=False, operators=operators) for key in mine
            )
        if isinstance(mine, list) and isinstance(theirs, list):
            return len(mine) == len(theirs) and all(
                self.same(one, other, unordered=False, operators=operators)
                for one, other in zip(mine, theirs, strict=True)
            )
        return type(mine) is type(theirs) and bool(mine == theirs)

    def _stands_for(self, name: str, theirs: Any, *, operators: bool) -> bool:
        if name not in self._types or not fits(self._types[name], theirs):
            return False
        if operators and isinstance(theirs, str) and theirs.startswith("$"):
            return False
        text = json.dumps(theirs)
        return self._bound.setdefault(name, text) == text


def _name(value: Any) -> str | None:
    """Of a placeholder; None for any other value."""
    if isinstance(value, dict) and value.keys() == {PLACEHOLDER} and isinstance(value[PLACEHOLDER], str):
        return str(value[PLACEHOLDER])
    return None


def _names(value: Any) -> Iterator[str]:
    name = _name(value)
    if name is not None:
        yield name
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _names(each)


def _is_name_left_open(value: Any) -> bool:
    """Whether a placeholder in filters or stages of MongoDB stands for the name of something."""
    if isinstance(value, list):
        return any(map(_is_name_left_open, value))
    if not isinstance(value, dict):
        return False
    for key, inner in value.items():
        named = inner if isinstance(inner, dict) else {}
        if key in _NAMING and (_name(inner) or any(_name(named.get(part)) for part in _NAMING[key])):
            return True
    return any(map(_is_name_left_open, value.values()))


def _filled(value: Any, given: Mapping[str, Any]) -> Any:
    name = _name(value)
    if name is not None:
        return given[name]
    if isinstance(value, dict):
        return {key: _filled(each, given) for key, each in value.items()}
    return [_filled(each, given) for each in value] if isinstance(value, list) else value


def _sql(text: str) -> list[tuple[Kind, str]] | None:
    """None where only the very same text is the same: what does not parse, and a string with an escape of its own,
    whose UESCAPE clause the tokens leave out."""
    try:
        found = tokens(text)
    except Malformed:
        return None
    if any(token.kind is Kind.STRING and token.text[:2] in ("U&", "u&") for token in found):
        return None
    return [(token.kind, _spelled(token)) for token in found]


def _spelled(token: Token) -> str:
    """Literals as they were written, names as the server reads them."""
    return token.value if token.names else token.text


def _graphql(text: str) -> str | None:
    # Imported here: it takes a tenth of a second that only organisations with approved queries pay.
    from graphql import GraphQLSyntaxError, parse, print_ast

    try:
        return print_ast(parse(text, no_location=True))
    except (GraphQLSyntaxError, RecursionError):
        return None


_PARSED: Mapping[tuple[str, str], Callable[[str], Any]] = {
    ("postgres", "sql"): _sql,
    ("postgres", "where"): _sql,
    ("graphql", "query"): _graphql,
}


def _is_integer(value: Any) -> bool:
    return type(value) is int and -_INTEGER_MAX <= value < _INTEGER_MAX


def _is_number(value: Any) -> bool:
    return _is_integer(value) or (type(value) is float and math.isfinite(value))


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and _DATE.fullmatch(value) is not None and _read(date.fromisoformat, value)


def _is_timestamp(value: Any) -> bool:
    read = isinstance(value, str) and _TIMESTAMP.fullmatch(value) is not None
    return read and _read(datetime.fromisoformat, value.upper())


def _read(reader: Callable[[str], object], text: str) -> bool:
    try:
        reader(text)
    except ValueError:
        return False
    return True


_FITTING: Mapping[str, Callable[[Any], bool]] = {
    "integer": _is_integer,
    "float": _is_number,
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "date": _is_date,
    "timestamp": _is_timestamp,
}
