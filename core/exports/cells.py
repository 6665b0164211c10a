"""A value as the text that says exactly what the source holds."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.spreadsheet import Cell
from core.values import EXACT_INTEGER, clean, json_value


def text_of(value: Any) -> str | None:
    """Times in ISO 8601, spans as `P1DT2H`, nested values as JSON, binary in hexadecimal; None stays None."""
    match value:
        case None:
            return None
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex(" ")
        case bool() | float():
            return str(value)
    found = json_value(value)
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def cell_of(value: Any) -> Cell:
    """For CSV: numbers stay numbers, and long ones exact."""
    if isinstance(value, int) and abs(value) > EXACT_INTEGER:
        return Decimal(value)  # Python refuses to write out integers of more than 4,300 digits
    return value if isinstance(value, int | float | Decimal | datetime) else text_of(value)


def header_of(names: list[str]) -> list[str]:
    return list(map(clean, names))
