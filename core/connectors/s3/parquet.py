"""The first rows of a Parquet file in few ranged reads: its footer, then the columns of its first row group."""

import asyncio
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from core.connectors.s3 import footer
from core.connectors.s3.arrow import type_of, value_of
from core.connectors.s3.bucket import Bucket
from core.connectors.s3.content import content
from core.connectors.s3.pages import Pages, measured
from core.errors import BadAnswer, LimitExceeded
from core.models import Column, Message, Sample
from core.row_builder import COLUMNS_MAX, RowBuilder

HELD_MAX = 24 * 1024 * 1024
"""Bytes of decompressed pages of all columns together: a few kilobytes may stand for gigabytes."""

BATCH_BYTES = 8 * 1024 * 1024
"""What a batch of rows may come to where each repeats the longest text of a page."""

VALUES_MAX = 500_000
"""Of a column that holds several in a row: a few bytes may stand for millions, and all of them in one row."""

UNFOLDED_MAX = 2 * HELD_MAX
"""What a row's texts may come to where each is the longest of a dictionary."""

DICTIONARY_MAX = 1024 * 1024
"""Bytes of a dictionary whose texts are measured one by one."""

OLD_WRITERS_BYTES = 100
"""Some old writers count a dictionary page too short, so that readers ask for this much more (PARQUET-816)."""


@dataclass(slots=True)
class _Ranges:
    """The parts of a file that were read, by where they begin."""

    total: int
    parts: dict[int, bytes] = field(default_factory=dict)

    def holds(self, start: int, end: int) -> bool:
        return any(first <= start and end <= first + len(data) for first, data in self.parts.items())

    def between(self, start: int, end: int) -> bytes:
        """Raises BadAnswer where they are not here."""
        for first, data in self.parts.items():
            if first <= start <= end <= first + len(data):
                return data[start - first : end - first]
        raise BadAnswer("parquet")


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
        piece = self._ranges.between(self._position, self._position + size)
        self._position += size
        return piece


async def preview(bucket: Bucket, key: str, limit: int, bytes_max: int) -> Sample:
    """The first `limit` rows; fewer columns where one row group is more than the bytes allowed."""
    metadata, total, fetched, tail = await footer.read(bucket, key, bytes_max)
    ranges = _Ranges(total, {total - len(tail): tail})
    columns = _fitting(metadata, bytes_max)
    if columns:
        fetched += await _fetch(bucket, key, ranges, *_extent(metadata, columns, total))
    sample = await asyncio.to_thread(_rows, ranges, metadata, columns, limit, bytes_max, bucket.secrets)
    return replace(sample, bytes_read=fetched, executed=f"GetObject {key}")


async def columns(bucket: Bucket, key: str, bytes_max: int) -> tuple[Column, ...]:
    """Every column, of however many bytes: only the footer is read."""
    metadata, *_ = await footer.read(bucket, key, bytes_max)
    return await asyncio.to_thread(_schema, metadata)


@content()
def _schema(metadata: Any) -> tuple[Column, ...]:
    import pyarrow as pa

    try:
        return tuple(Column(found.name, type_of(found.type)) for found in metadata.schema.to_arrow_schema())
    except (pa.ArrowException, OSError):
        raise BadAnswer("parquet") from None


async def _fetch(bucket: Bucket, key: str, ranges: _Ranges, start: int, end: int) -> int:
    if ranges.holds(start, end):
        return 0
    piece = await bucket.read(key, start, end - start)
    ranges.parts[piece.start] = piece.data
    return len(piece.data)


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


@content()
def _extent(metadata: Any, columns: list[int], total: int) -> tuple[int, int]:
    chunks = [metadata.row_group(0).column(position) for position in columns]
    start, end = min(map(_start, chunks)), max(_start(chunk) + chunk.total_compressed_size for chunk in chunks)
    end = min(end + OLD_WRITERS_BYTES, total)
    if start >= end:
        raise BadAnswer("parquet")
    return start, end


def _start(chunk: Any) -> int:
    page = int(chunk.data_page_offset)
    return min(page, chunk.dictionary_page_offset) if chunk.has_dictionary_page else page


@content()
def _rows(
    ranges: _Ranges, metadata: Any, fitting: list[int], limit: int, bytes_max: int, secrets: tuple[str, ...]
) -> Sample:
    import pyarrow as pa

    try:
        held, batch = _held(ranges, metadata, fitting, limit)
        with _opened(ranges, metadata) as file:
            shown, missing = _shown(file, metadata, held)
            columns = tuple(Column(found.name, type_of(found.type)) for found in shown)
            builder = RowBuilder(columns, limit, bytes_max, secrets=secrets)
            read, whole = 0, True
            for row in _read(file, metadata, shown, batch):
                read += 1
                if not (whole := builder.add(row)):
                    break
    except (pa.ArrowException, OSError, ArithmeticError, LookupError, ValueError):
        # What Arrow cannot name or make is no better than what it cannot read.
        raise BadAnswer("parquet") from None
    more = "limit" if metadata.num_rows > read else None
    sample = builder.sample("", stopped_by=("columns" if missing else more) if whole else None)
    if not missing:
        return sample
    counts = {"shown": len(sample.columns), "all": len(columns) + missing}
    return replace(sample, notes=(Message("note.cut_columns", counts),))


def _held(ranges: _Ranges, metadata: Any, fitting: list[int], limit: int) -> tuple[list[int], int]:
    """Of the columns that fit those whose pages may be decompressed, and how many rows to read at once.

    Raises LimitExceeded when there is none.
    """
    held, total, texts = list[int](), 0, 0
    for position in fitting:
        chunk = metadata.row_group(0).column(position)
        pages = measured(ranges.between(_start(chunk), _start(chunk) + chunk.total_compressed_size))
        total += pages.held
        if total > HELD_MAX:
            break
        leaf = metadata.schema.column(position)
        if leaf.max_repetition_level and _unfolds(pages, chunk, leaf.length):
            continue
        texts += {"BYTE_ARRAY": pages.held, "FIXED_LEN_BYTE_ARRAY": leaf.length}.get(chunk.physical_type, 0)
        held.append(position)
    if fitting and not held:
        raise LimitExceeded("row_group", bytes=HELD_MAX)
    return held, max(1, min(limit + 1, BATCH_BYTES // max(1, texts)))


def _unfolds(pages: Pages, chunk: Any, length: int) -> bool:
    """Whether one row may hold more than memory has: where rows end is only known once they are read.

    `length` is that of each value, where all have the same.
    """
    if pages.values > VALUES_MAX or pages.plain > UNFOLDED_MAX:
        return True
    match chunk.physical_type:
        case "BYTE_ARRAY":
            return pages.values * _longest(pages, chunk.compression) > UNFOLDED_MAX
        case "FIXED_LEN_BYTE_ARRAY":
            return pages.values * length > UNFOLDED_MAX
    return False


def _longest(pages: Pages, compression: str) -> int:
    """Bytes of the longest text of a dictionary, or of all of it where it is not looked into."""
    import pyarrow as pa

    plain = pages.stored
    if pages.dictionary > DICTIONARY_MAX:
        return pages.dictionary
    if compression != "UNCOMPRESSED":
        try:
            plain = pa.Codec(compression.lower()).decompress(plain, pages.dictionary, asbytes=True)
        except (pa.ArrowException, OSError, ValueError):
            return pages.dictionary
    at = longest = 0
    # Each behind its length: https://parquet.apache.org/docs/file-format/data-pages/encodings
    while at + 4 <= len(plain):
        size = int.from_bytes(plain[at : at + 4], "little")
        at, longest = at + 4 + size, max(longest, size)
    return longest if at == len(plain) else pages.dictionary


def _opened(ranges: _Ranges, metadata: Any) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # In nanoseconds the old 96-bit times hold the years 1677 to 2262, and others come out as some of these.
    source = pa.PythonFile(_Sparse(ranges), mode="r")
    return pq.ParquetFile(source, metadata=metadata, coerce_int96_timestamp_unit="us")


def _shown(file: Any, metadata: Any, held: list[int]) -> tuple[list[Any], int]:
    """The fields all of whose leaves are there, and how many others there are.

    They are read by their names: of several with one name all are there, or none is shown.
    """
    fields = list(file.schema_arrow)
    if metadata.num_rows == 0 or metadata.num_row_groups == 0:
        return fields, 0
    there, first, missing = set(held), 0, set[str]()
    for found in fields:
        last = first + _leaves(found.type)
        if not there.issuperset(range(first, last)):
            missing.add(found.name)
        first = last
    shown = [found for found in fields if found.name not in missing]
    return shown, len(fields) - len(shown)


def _leaves(arrow: Any) -> int:
    """How many columns of the file hold a field of this type. Their paths do not tell: a name may have a dot."""
    stored = getattr(arrow, "storage_type", arrow)
    parts = [stored.field(position).type for position in range(stored.num_fields)]
    return sum(map(_leaves, parts)) if parts else 1


def _read(file: Any, metadata: Any, shown: list[Any], batch: int) -> Iterator[tuple[Any, ...]]:
    """Rows, each made when it is asked for: a thousand may all be the one long text of a dictionary."""
    if metadata.num_rows == 0 or metadata.num_row_groups == 0:
        return
    names = list(dict.fromkeys(found.name for found in shown))
    for found in file.iter_batches(batch, row_groups=[0], columns=names):
        for position in range(found.num_rows):
            yield tuple(value_of(column[position]) for column in found.columns)
