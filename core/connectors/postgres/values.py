"""PostgreSQL's types in our words, and values that Python has no object for."""

from typing import TYPE_CHECKING, Any

from core.models import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import AsyncConnection
    from psycopg import Column as DriverColumn

_TYPES = {
    "int2": "integer", "int4": "integer", "int8": "integer", "oid": "integer",
    "float4": "float", "float8": "float", "numeric": "decimal", "bool": "boolean",
    "text": "string", "varchar": "string", "bpchar": "string", "name": "string", "char": "string",
    "date": "date", "time": "time", "timetz": "time", "timestamp": "timestamp", "timestamptz": "timestamptz",
    "interval": "interval", "uuid": "uuid", "bytea": "binary", "json": "json", "jsonb": "json",
}  # fmt: skip
_LENIENT = ("date", "time", "timetz", "timestamp", "timestamptz", "interval")


def columns_of(connection: "AsyncConnection[Any]", described: "Sequence[DriverColumn] | None") -> tuple[Column, ...]:
    return tuple(Column(column.name, _type_of(connection, column.type_code)) for column in described or ())


def _type_of(connection: "AsyncConnection[Any]", oid: int) -> str:
    info = connection.adapters.types.get(oid)
    if info is None:
        return "string"
    return "array" if oid == info.array_oid else _TYPES.get(info.name, "string")


def register_loaders(connection: "AsyncConnection[Any]") -> None:
    """Times beyond Python's calendar (the year 10000, BC, infinity) arrive as the server's own text."""
    from psycopg import DataError
    from psycopg.pq import Format

    def lenient(base: type[Any]) -> type[Any]:
        class Lenient(base):  # type: ignore[misc]  # the base is the driver's, found at run time
            def load(self, data: Any) -> Any:
                try:
                    return super().load(data)
                except (DataError, ValueError, OverflowError):
                    return bytes(data).decode("utf-8", "replace")

        return Lenient

    for name in _LENIENT:
        oid = connection.adapters.types[name].oid
        present = connection.adapters.get_loader(oid, Format.TEXT)
        if present is not None:
            connection.adapters.register_loader(name, lenient(present))
