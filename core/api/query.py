"""What stands in an address or in a body, read with an error that names it."""

from typing import Any

from core.access.names import wrong
from core.errors import InvalidInput
from core.models import FieldError, Message


def integer(name: str, text: str) -> int:
    """Raises InvalidInput."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise wrong(name, "field.int_parsing")
    return int(text)


def flag(name: str, text: str) -> bool:
    """Raises InvalidInput."""
    if text not in ("true", "false"):
        raise wrong(name, "field.bool_type")
    return text == "true"


def typed(body: dict[str, Any], name: str, kind: type[Any]) -> Any:
    """A required member of a body. Raises InvalidInput."""
    if name not in body:
        raise wrong(name, "field.missing")
    if not isinstance(body[name], kind):
        raise wrong(name, f"field.{kind.__name__.replace('str', 'string')}_type")
    return body[name]


def refuse_unknown(body: dict[str, Any], known: set[str]) -> None:
    """Raises InvalidInput naming each member that is not known."""
    unknown = sorted(body.keys() - known)
    if unknown:
        raise InvalidInput(fields=tuple(FieldError(name[:100], Message("field.extra_forbidden")) for name in unknown))
