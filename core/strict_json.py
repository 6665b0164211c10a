"""JSON as its standard has it (RFC 8259): Python's own reader takes words and numbers that nobody else does."""

import json
import math
from typing import Any, Never


def parsed(text: str | bytes) -> Any:
    """Raises JSONDecodeError where it stops being JSON, else ValueError, and RecursionError for what is nested deep."""
    return json.loads(text, parse_constant=_no_number, parse_float=_finite)


def _no_number(name: str) -> Never:
    """`NaN` and its like."""
    raise ValueError(name)


def _finite(digits: str) -> float:
    """`1e400` is well-formed and no number that anybody could store."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number
