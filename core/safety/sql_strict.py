"""What the text tells of other people's code in a superuser's statement.

READ ONLY stops a superuser from little, so nothing that somebody else defined may run with those rights. What the
text cannot tell (a plain name that is somebody's function, view or operator) is for the server's catalogue:
`core.safety.sql.mentioned` has the names to look up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.safety.sql_tokens import Kind, Token

_SYSTEM = ("pg_catalog", "information_schema")


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something of a schema that is not the system's: `rule` is `function`, `operator` or `type`."""

    rule: str
    part: str


def foreign(found: Sequence[Token]) -> Foreign | None:
    """The first function, operator or type that names a schema of its own."""
    for position in range(len(found) - 2):
        schema, dot, name = found[position : position + 3]
        if schema.names and dot.is_mark(".") and schema.value not in _SYSTEM:
            rule = _rule(found, position)
            if rule:
                return Foreign(rule, f"{schema.value}.{name.value}")
    return None


def _rule(found: Sequence[Token], position: int) -> str | None:
    before = found[position - 1] if position else None
    earlier = found[position - 2] if position > 1 else None
    after = found[position + 3] if position + 3 < len(found) else None
    if before and before.is_mark("(") and earlier and earlier.is_word("operator"):
        return "operator"
    if before and (before.is_mark("::") or before.is_word("as")):
        return "type"
    if after and after.kind is Kind.STRING:
        return "type"
    return "function" if after and after.is_mark("(") and found[position + 2].names else None
