"""Regular expressions in requests: operators of the server, or values that are one."""

from collections.abc import Mapping
from typing import Any

_WORDS = frozenset({"$regex", "$options"})


def spelt(request: Any, listed: bool = False) -> Any:
    """In a list (`$in`, `$nin`, `$all`) the server takes no `$regex`: one that stands there is said as a value.

    Everywhere else it stays an operator, with whatever stands beside it.
    """
    if isinstance(request, Mapping):
        if listed and isinstance(request.get("$regex"), str) and request.keys() <= _WORDS:
            pattern = {"pattern": request["$regex"], "options": request.get("$options", "")}
            return {"$regularExpression": pattern}
        return {name: spelt(member) for name, member in request.items()}
    if isinstance(request, list | tuple):
        return [spelt(member, listed=True) for member in request]
    return request
