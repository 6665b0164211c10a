"""The first rows of a Parquet file in few ranged reads: its footer, then the columns of its first row group."""

import asyncio
import io
from dataclasses import dataclass, field, replace
from typing import Any

from core.connectors.s3.bucket import Bucket
from core.errors import BadAnswer, LimitExceeded
from core.models import Column, Message, Sample
from core.values import COLUMNS_MAX, RowBuilder

FOOTER_GUESS = 64 * 1024
"""Bytes read from the end, whatever a sample is allowed: Arrow looks at as many (kDefaultFooterReadSize)."""

MAGIC = b"PAR1"
OLD_WRITERS_BYTES = 100
"""Some old writers count a dictionary page too short, so that readers ask for this much more (PARQUET-816)."""
_TAIL = 8  # the footer's length in four bytes, and the magic


@dataclass(slots=True)
class _Ranges:
    """The parts of a file that were read, by where they begin."""

    total: int
    parts: dict[int, bytes] = field(default_factory=dict)

    @property
    def fetched(self) -> int:
        return sum(map(len, self.parts.values()))


class _Sparse(io.RawIOBase):
    """A file of which only some ranges are here. Raises BadAnswer when another one is asked for."""

    def __init__(self, ranges: _Ranges) -> None:
        super().__init__()
        self._ranges, self._position = ranges, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._ranges.total}[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        left = self._ranges.total - self._position
        size = left if size is None or size < 0 else min(size, left)
        for start, data in self._ranges.parts.items():
            if start <= self._position and self._position + size <= start + len(data):
                piece = data[self._position - start : self._position - start + size]
                self._position += size
                return piece
        raise BadAnswer("parquet")


async def preview(bucket: Bucket, key: str, limit: int, bytes_max: int) -> Sample:
    """The first `limit` rows; fewer columns where one row group is more than the bytes allowed."""
    ranges = await _footer(bucket, key, bytes_max)
    metadata = await asyncio.to_thread(_metadata, ranges)
    columns = _fitting(metadata, bytes_max)
    if columns:
        await _fetch(bucket, key, ranges, *_extent(metadata, columns))
    sample = await asyncio.to_thread(_rows, ranges, metadata, columns, limit, bytes_max, bucket.secrets)
    return replace(sample, bytes_read=ranges.fetched, executed=f"GetObject {key}")


async def columns(bucket: Bucket, key: str, bytes_max: int) -> tuple[Column, ...]:
    """Every column, of however many bytes: only the footer is read."""
    metadata = await asyncio.to_thread(_metadata, await _footer(bucket, key, bytes_max))
    return await asyncio.to_thread(_schema, metadata)


def _schema(metadata: Any) -> tuple[Column, ...]:
    import pyarrow as pa

    try:
        return tuple(Column(found.name, _type(found.type)) for found in metadata.schema.to_arrow_schema())
    except (pa.ArrowException, OSError):
        raise BadAnswer("parquet") from None


async def _fetch(bucket: Bucket, key: str, ranges: _Ranges, start: int, end: int) -> None:
    end = min(end, ranges.total)
    if not any(first <= start and end <= first + len(data) for first, data in ranges.parts.items()):
        piece = await bucket.read(key, start, end - start)
        ranges.parts[piece.start] = piece.data


async def _footer(bucket: Bucket, key: str, bytes_max: int) -> _Ranges:
    piece = await bucket.read(key, -1, FOOTER_GUESS)
    if piece.total is None or not piece.data.endswith(MAGIC) or len(piece.data) < _TAIL:
        raise BadAnswer("parquet")
    ranges = _Ranges(piece.total, {piece.start: piece.data})
    length = int.from_bytes(piece.data[-_TAIL:-4], "little") + _TAIL
    if length > piece.total:
        raise BadAnswer("parquet")
    if length > bytes_max:
        raise LimitExceeded("parquet_footer", bytes=bytes_max)
    if length > len(piece.data):
        whole = await bucket.read(key, -1, length)
        ranges.parts = {whole.start: whole.data}
    return ranges


def _metadata(ranges: _Ranges) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_metadata(pa.PythonFile(_Sparse(ranges), mode="r"))
    except (pa.ArrowException, OSError):
        raise BadAnswer("parquet") from None


def _fitting(metadata: Any, room: int) -> list[int]:
    """Leaf columns of the first row group, from the first on, that fit. Raises LimitExceeded when not one does."""
    if metadata.num_row_groups == 0 or metadata.row_group(0).num_rows == 0:
        return []
    group = metadata.row_group(0)
    first, fitting = _start(group.column(0)), list[int]()
    for position in range(min(group.num_columns, COLUMNS_MAX)):
        column = group.column(position)
        if _start(column) + column.total_compressed_size - first > room:
            break
        fitting.append(position)
    if not fitting:
        raise LimitExceeded("row_group", bytes=room)
    return fitting


def _extent(metadata: Any, columns: list[int]) -> tuple[int, int]:
    chunks = [metadata.row_group(0).column(position) for position in columns]
    end = max(_start(chunk) + chunk.total_compressed_size for chunk in chunks)
    return min(map(_start, chunks)), end + OLD_WRITERS_BYTES


def _start(chunk: Any) -> int:
    page = int(chunk.data_page_offset)
    return min(page, chunk.dictionary_page_offset) if chunk.has_dictionary_page else page


def _rows(
    ranges: _Ranges, metadata: Any, fitting: list[int], limit: int, bytes_max: int, secrets: tuple[str, ...]
) -> Sample:
    import pyarrow as pa

    try:
        table, missing = _table(ranges, metadata, fitting, limit)
        rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
        columns = tuple(Column(found.name, _type(found.type)) for found in table.schema)
        builder = RowBuilder(columns, limit, bytes_max, secrets=secrets)
        whole = all(map(builder.add, rows))
    except (pa.ArrowException, OSError):
        raise BadAnswer("parquet") from None
    more = "limit" if metadata.num_rows > table.num_rows else None
    sample = builder.sample("", stopped_by=("columns" if missing else more) if whole else None)
    if not missing:
        return sample
    counts = {"shown": len(sample.columns), "all": table.num_columns + missing}
    return replace(sample, notes=(Message("note.cut_columns", counts),))


def _table(ranges: _Ranges, metadata: Any, fitting: list[int], limit: int) -> tuple[Any, int]:
    """The first rows of the columns all of whose leaves are there, and how many others there are."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(pa.PythonFile(_Sparse(ranges), mode="r"), metadata=metadata) as file:
        names = file.schema_arrow.names
        if metadata.num_rows == 0:
            return file.schema_arrow.empty_table(), 0
        missing = {metadata.schema.column(position).path.split(".")[0] for position in _others(metadata, fitting)}
        shown = [name for name in names if name not in missing]
        batch = next(file.iter_batches(limit + 1, row_groups=[0], columns=shown))
        return pa.Table.from_batches([batch]), len(names) - len(shown)


def _others(metadata: Any, fitting: list[int]) -> set[int]:
    return set(range(metadata.num_columns)) - set(fitting)


def _type(arrow: Any) -> str:
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
