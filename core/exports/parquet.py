"""Parquet with true types, and the card in the file's metadata."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from core.exports.cells import text_of
from core.models import Column, Sample
from core.values import clean, fits_float

if TYPE_CHECKING:
    import pyarrow as pa

CARD_KEY, TYPE_KEY = b"cheshmeh.sample_card", b"cheshmeh.type"
"""Metadata of the file and of each column: the card as JSON, and the column's type at the source."""

INT64 = range(-(2**63), 2**63)
DIGITS_MAX = 38
"""What a decimal128 holds (Apache Arrow, Columnar Format)."""

Values = Sequence[Any]


def as_parquet(sample: Sample, card: Mapping[str, Any]) -> bytes:
    """A column is of a true type when every value in it fits, else the text that says exactly what was there.

    Times with a zone are UTC; spans, UUIDs and nested values are text.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays, fields = [], []
    for index, column in enumerate(sample.columns):
        array = _array(column, [row[index] for row in sample.rows])
        arrays.append(array)
        fields.append(pa.field(clean(column.name), array.type, metadata={TYPE_KEY: column.type.encode()}))
    schema = pa.schema(fields, metadata={CARD_KEY: json.dumps(card, ensure_ascii=False).encode()})
    file = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), file, compression="zstd")
    return file.getvalue()


def _array(column: Column, values: Values) -> "pa.Array":
    import pyarrow as pa

    make = _MAKERS.get(column.type)
    array = make(values) if make else None
    return pa.array(list(map(text_of, values)), pa.string()) if array is None else array


def _integers(values: Values) -> "pa.Array | None":
    import pyarrow as pa

    if not _all(values, lambda v: isinstance(v, int) and not isinstance(v, bool)):
        return None
    if _all(values, lambda v: v in INT64):
        return pa.array(values, pa.int64())
    return _decimals([None if v is None else Decimal(v) for v in values])


def _decimals(values: Values) -> "pa.Array | None":
    """As wide as the widest value before the point and the longest after it, up to 38 digits together."""
    import pyarrow as pa

    if not _all(values, lambda v: isinstance(v, Decimal) and v.is_finite()):
        return None
    present = [v for v in values if v is not None]
    scale = max((max(0, -int(v.as_tuple().exponent)) for v in present), default=0)
    whole = max((max(1, v.adjusted() + 1) for v in present), default=1)
    if whole + scale > DIGITS_MAX:
        return None
    return pa.array(values, pa.decimal128(whole + scale, scale))


def _floats(values: Values) -> "pa.Array | None":
    import pyarrow as pa

    return pa.array(values, pa.float64(), from_pandas=False) if _all(values, fits_float) else None


def _booleans(values: Values) -> "pa.Array | None":
    import pyarrow as pa

    return pa.array(values, pa.bool_()) if _all(values, lambda v: isinstance(v, bool)) else None


def _dates(values: Values) -> "pa.Array | None":
    import pyarrow as pa

    fits = _all(values, lambda v: isinstance(v, date) and not isinstance(v, datetime))
    return pa.array(values, pa.date32()) if fits else None


def _times(values: Values) -> "pa.Array | None":
    import pyarrow as pa

    fits = _all(values, lambda v: isinstance(v, time) and v.tzinfo is None)
    return pa.array(values, pa.time64("us")) if fits else None


def _timestamps(values: Values) -> "pa.Array | None":
    import pyarrow as pa

    fits = _all(values, lambda v: isinstance(v, datetime) and v.tzinfo is None)
    return pa.array(values, pa.timestamp("us")) if fits else None


def _moments(values: Values) -> "pa.Array | None":
    import pyarrow as pa

    if not _all(values, _in_utc):
        return None
    return pa.array([v and v.astimezone(UTC) for v in values], pa.timestamp("us", "UTC"))


def _in_utc(value: Any) -> bool:
    """Whether it is a moment that the calendar still knows in UTC: the first and the last hours of it may not be."""
    span = value.utcoffset() if isinstance(value, datetime) else None
    if span is None:
        return False
    wall = value.replace(tzinfo=UTC)
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    return bool(wall - first >= span and last - wall >= -span)


def _binary(values: Values) -> "pa.Array | None":
    import pyarrow as pa

    if not _all(values, lambda v: isinstance(v, bytes | bytearray | memoryview)):
        return None
    return pa.array([None if v is None else bytes(v) for v in values], pa.binary())


def _all(values: Values, fits: Callable[[Any], bool]) -> bool:
    return all(value is None or fits(value) for value in values)


_MAKERS: Mapping[str, Callable[[Values], "pa.Array | None"]] = {
    "integer": _integers,
    "decimal": _decimals,
    "float": _floats,
    "boolean": _booleans,
    "date": _dates,
    "time": _times,
    "timestamp": _timestamps,
    "timestamptz": _moments,
    "binary": _binary,
}
