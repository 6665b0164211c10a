"""Values and types of Arrow as those of samples."""

from datetime import time
from typing import Any


def value_of(cell: Any) -> Any:
    """What no Python value stands for is text, or the bytes that are stored."""
    try:
        return _to_microseconds(cell)
    except (OverflowError, ValueError):
        return _in_parts(cell)


def _in_parts(cell: Any) -> Any:
    """Each member by itself: one that is odd leaves the others as they are."""
    import pyarrow as pa

    match cell:
        case pa.MapScalar():
            return [(value_of(each["key"]), value_of(each["value"])) for each in cell.values]
        case pa.ListScalar():
            return [value_of(each) for each in cell.values]
        case pa.StructScalar():
            return {name: value_of(each) for name, each in cell.items()}
        case pa.StringScalar() | pa.BinaryScalar():
            return cell.as_buffer().to_pybytes()
    return cell.cast(pa.string()).as_py()


def _to_microseconds(cell: Any) -> Any:
    """Arrow gives nanoseconds as pandas' own times: they become Python's, or text where Python would lose digits."""
    value = cell.as_py()
    if hasattr(value, "to_pydatetime"):
        return value.isoformat() if value.nanosecond else value.to_pydatetime()
    if isinstance(value, time) and getattr(cell.type, "unit", "") == "ns" and cell.value % 1000:
        return f"{value.isoformat('microseconds')}{cell.value % 1000:03}"
    return value


def type_of(arrow: Any) -> str:
    from pyarrow import types

    checks = (
        (types.is_boolean, "boolean"),
        (types.is_integer, "integer"),
        (types.is_floating, "float"),
        (types.is_decimal, "decimal"),
        (types.is_date, "date"),
        (types.is_time, "time"),
        (types.is_duration, "interval"),
        (types.is_null, "null"),
        (types.is_list, "array"),
        (types.is_large_list, "array"),
        (types.is_struct, "json"),
        (types.is_map, "json"),
        (types.is_binary, "binary"),
        (types.is_large_binary, "binary"),
        (types.is_fixed_size_binary, "binary"),
    )
    if types.is_timestamp(arrow):
        return "timestamp" if arrow.tz is None else "timestamptz"
    return next((name for check, name in checks if check(arrow)), "string")
