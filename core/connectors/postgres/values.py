"""PostgreSQL's types in our words, and values that Python has no object for."""

import json
import math
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from core.models import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import AsyncConnection
    from psycopg import Column as DriverColumn

LOADED_MAX = 256 * 1024
"""Bytes of JSON or of an array that are read as one; more is shown as the text it came as, cut to a cell's size."""

_TYPES = {
    "int2": "integer", "int4": "integer", "int8": "integer", "oid": "integer",
    "float4": "float", "float8": "float", "numeric": "decimal", "bool": "boolean",
    "text": "string", "varchar": "string", "bpchar": "string", "name": "string", "char": "string",
    "date": "date", "time": "time", "timetz": "time", "timestamp": "timestamp", "timestamptz": "timestamptz",
    "interval": "interval", "uuid": "uuid", "bytea": "binary", "json": "json", "jsonb": "json",
}  # fmt: skip


def columns_of(connection: "AsyncConnection[Any]", described: "Sequence[DriverColumn] | None") -> tuple[Column, ...]:
    return tuple(Column(column.name, _type_of(connection, column.type_code)) for column in described or ())


def _type_of(connection: "AsyncConnection[Any]", oid: int) -> str:
    info = connection.adapters.types.get(oid)
    if info is None:
        return "string"
    return "array" if oid == info.array_oid else _TYPES.get(info.name, "string")


def register_loaders(connection: "AsyncConnection[Any]") -> None:
    """JSON keeps every digit; times beyond Python's calendar (the year 10000, BC, infinity) and intervals stay text.

    An interval of months has no length that Python could hold, and of a range that is open on one side the driver's
    object says `None`.
    """
    from psycopg.types import datetime as driver
    from psycopg.types.json import set_json_loads
    from psycopg.types.multirange import MultirangeInfo
    from psycopg.types.range import RangeInfo
    from psycopg.types.string import TextLoader

    bases = {
        "date": driver.DateLoader,
        "time": driver.TimeLoader,
        "timetz": driver.TimetzLoader,
        "timestamp": driver.TimestampLoader,
        "timestamptz": driver.TimestamptzLoader,
    }
    for name, base in bases.items():
        connection.adapters.register_loader(name, _lenient(base))
    ranges: list[int | str] = [
        info.oid for info in connection.adapters.types if isinstance(info, RangeInfo | MultirangeInfo)
    ]
    for as_text in ["interval", "record", *ranges]:
        connection.adapters.register_loader(as_text, TextLoader)
    set_json_loads(_json, connection)
    _bound_arrays(connection)


def _bound_arrays(connection: "AsyncConnection[Any]") -> None:
    """Arrays beyond 256 KiB stay text: of ten megabytes Python would make seventy."""
    for info in connection.adapters.types:
        if info.array_oid:
            connection.adapters.register_loader(info.array_oid, _array_loader(info.oid, info.delimiter))


@lru_cache(maxsize=4096)
def _array_loader(oid: int, delimiter: str) -> type[Any]:
    from psycopg.types.array import ArrayLoader

    class Bounded(ArrayLoader):
        base_oid = oid

        def load(self, data: Any) -> Any:
            return super().load(data) if len(data) <= LOADED_MAX else bytes(data).decode("utf-8", "replace")

    Bounded.delimiter = delimiter.encode()
    return Bounded


def as_arguments(args: list[Any] | None) -> list[Any] | None:
    """JSON arguments as the driver takes them: an object is a jsonb value."""
    from psycopg.types.json import Jsonb

    return args and [Jsonb(value) if isinstance(value, dict) else value for value in args]


def _json(text: str | bytes) -> Any:
    if len(text) > LOADED_MAX:
        return text if isinstance(text, str) else bytes(text).decode("utf-8", "replace")
    try:
        return _DECODER.decode(text if isinstance(text, str) else text.decode())
    except (ValueError, ArithmeticError, RecursionError):
        return text if isinstance(text, str) else text.decode("utf-8", "replace")


def _exact(text: str) -> float | Decimal:
    # A float where it says the same number, else every digit that the source has.
    value = float(text)
    return value if math.isfinite(value) and Decimal(repr(value)) == Decimal(text) else Decimal(text)


_DECODER = json.JSONDecoder(parse_float=_exact)


def _lenient(base: type[Any]) -> type[Any]:
    from psycopg import DataError

    class Lenient(base):  # type: ignore[misc]  # the base is the driver's, loaded late
        def load(self, data: Any) -> Any:
            try:
                return super().load(data)
            except (DataError, ValueError, OverflowError, NotImplementedError):
                return bytes(data).decode("utf-8", "replace")

    return Lenient
