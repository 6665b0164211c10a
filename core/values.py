"""The values that sources answer with: what they are called, and how they become JSON."""

import base64
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

TYPES = (
    "integer", "float", "decimal", "boolean", "string", "date", "time", "timestamp", "timestamptz",
    "interval", "uuid", "binary", "json", "array", "null", "mixed",
)  # fmt: skip
"""Every type a `core.models.Column` may have."""

EXACT_INTEGER = 2**53
"""Beyond this a JavaScript number is no longer the integer that was sent (ECMA-262, Number.MAX_SAFE_INTEGER)."""

DEPTH_MAX = 100
"""Levels of a nested document: PostgreSQL takes thousands, of which a recursive reader would run out of stack."""

SURROGATE = re.compile("[\ud800-\udfff]")


def json_value(value: Any) -> Any:
    """`value` as JSON can hold it without loss, down to 100 levels; deeper ones become `…`.

    Decimals, integers beyond 2^53, NaN and infinities become text; binary `{"base64", "bytes"}`; times ISO 8601.
    """
    return _json(value, DEPTH_MAX)


def _json(value: Any, levels: int) -> Any:
    match value:
        case None | bool():
            return value
        case int():
            # By way of Decimal: Python refuses to write out integers of more than 4,300 digits.
            return value if abs(value) <= EXACT_INTEGER else str(Decimal(value))
        case float():
            return value if math.isfinite(value) else _not_finite(value)
        case str():
            return clean(value)
        case bytes() | bytearray() | memoryview():
            return {"base64": base64.b64encode(value).decode("ascii"), "bytes": len(value)}
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return iso_duration(value)
        case Mapping() | list() | tuple() | set() | frozenset():
            return _json_members(value, levels - 1) if levels else "…"
    return clean(str(value))


def _json_members(value: Any, levels: int) -> Any:
    if isinstance(value, Mapping):
        return {clean(str(name)): _json(member, levels) for name, member in value.items()}
    return [_json(member, levels) for member in value]


def fits_float(value: Any) -> bool:
    """Whether a float holds it exactly: one, or an integer up to 2^53. JSON writes 1 for 1.0."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, float) or (whole and abs(value) <= EXACT_INTEGER)


def clean(text: str) -> str:
    """`text` with U+FFFD for lone surrogates, which UTF-8 cannot carry."""
    return SURROGATE.sub("\ufffd", text)


def iso_duration(span: timedelta) -> str:
    """`P1DT2H3M4.5S`, with a leading minus for negative spans."""
    sign, span = ("-", -span) if span < timedelta() else ("", span)
    minutes, seconds = divmod(Decimal(span.seconds) + Decimal(span.microseconds).scaleb(-6), 60)
    hours, minutes = divmod(minutes, 60)
    days = f"{span.days}D" if span.days else ""
    clock = "".join(f"{n:f}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (_plain(seconds), "S")) if n)
    if not clock:
        return f"{sign}P{days}" if days else "PT0S"
    return f"{sign}P{days}T{clock}"


def unique_names(names: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """Names for the members of an object, and whether any had to change: `id, id` becomes `id, id_2`."""
    taken, unique = set(names), list[str]()
    seen: set[str] = set()
    for name in names:
        if name in seen:
            free = (f"{name}_{n}" for n in range(2, len(names) + 2))
            name = next(new for new in free if new not in taken and new not in seen)
        seen.add(name)
        unique.append(name)
    return tuple(unique), tuple(unique) != tuple(names)


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _plain(number: Decimal) -> Decimal:
    return number.normalize() if number else number
