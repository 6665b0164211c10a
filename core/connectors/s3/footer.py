"""A Parquet file's footer: what its columns are and where its first rows stand, whatever else it lists.

Arrow makes a kilobyte of each column of each row group, so only as much of a long footer is read and handed to it.
"""

import asyncio
from typing import Any

from core.connectors.network import fields_of
from core.connectors.s3.bucket import Bucket, Piece
from core.connectors.s3.content import content
from core.connectors.s3.thrift import INTEGERS, STRUCT, Compact, Ended, Malformed
from core.errors import BadAnswer, LimitExceeded

GUESS = 64 * 1024
"""Bytes read from the end, whatever a sample is allowed: Arrow looks at as many (kDefaultFooterReadSize)."""

BEGINNING = 256 * 1024
"""Bytes of a longer footer that are read first: the schema and one row group of some thousand columns."""

GROWTH = 4
COLUMNS_MAX = 10_000
"""Columns that a file may have, at all levels: Arrow makes a kilobyte of each."""
MAGIC = b"PAR1"
_TAIL = 8  # the footer's length in four bytes, and the magic

# parquet.thrift, FileMetaData
_SCHEMA, _ROW_GROUPS = 2, 4
_NUM_ROWS = 3  # of a RowGroup
_ONE_STRUCT = b"\x1c"
_STOP = b"\0"


async def read(bucket: Bucket, key: str, bytes_max: int) -> tuple[Any, int, int, bytes]:
    """What Arrow makes of it, the file's length, the bytes read, and the last bytes of the file with where they begin.

    Raises BadAnswer for what is no Parquet file, LimitExceeded for one that has too many columns.
    """
    tail = await bucket.read(key, -1, GUESS)
    length, total = _lengths(tail)
    if length + _TAIL <= len(tail.data):
        footer = await asyncio.to_thread(_first_group, tail.data[-length - _TAIL : -_TAIL])
        return await asyncio.to_thread(_metadata, footer), total, len(tail.data), tail.data
    footer, fetched = await _beginning(bucket, key, total - length - _TAIL, length, bytes_max)
    return await asyncio.to_thread(_metadata, footer), total, len(tail.data) + fetched, tail.data


@content()
def _lengths(tail: Piece) -> tuple[int, int]:
    """Bytes of the footer and of the file, by the file's last bytes."""
    if tail.total is None or not tail.data.endswith(MAGIC) or len(tail.data) < _TAIL:
        raise BadAnswer("parquet")
    length = int.from_bytes(tail.data[-_TAIL:-4], "little")
    if length + _TAIL > tail.total:
        raise BadAnswer("parquet")
    return length, tail.total


async def _beginning(bucket: Bucket, key: str, start: int, length: int, bytes_max: int) -> tuple[bytes, int]:
    data, wanted = b"", BEGINNING
    while True:
        wanted = min(wanted, length - len(data), bytes_max - len(data))
        piece = await bucket.read(key, start + len(data), wanted)
        if piece.start != start + len(data):
            raise BadAnswer("not_s3", fields=fields_of("endpoint_url"))
        data += piece.data
        try:
            return await asyncio.to_thread(_first_group, data), len(data)
        except LimitExceeded:
            if len(data) >= min(length, bytes_max) or wanted <= 0:
                raise
        wanted = len(data) * (GROWTH - 1)


@content()
def _first_group(data: bytes) -> bytes:
    """A footer that lists the first row group with rows alone. Raises LimitExceeded where the bytes end before it."""
    try:
        return _shortened(Compact(data))
    except Ended:
        raise LimitExceeded("parquet_footer", bytes=len(data)) from None
    except Malformed:
        raise BadAnswer("parquet") from None


def _shortened(walk: Compact) -> bytes:
    for number, type_ in walk.fields():
        if number == _SCHEMA:
            _check_columns(walk)
        if number == _ROW_GROUPS:
            before = walk.data[: walk.at]
            count, of = walk.listed()
            if not count:
                break
            return before + _ONE_STRUCT + _first_filled(walk, count, of) + _STOP
        walk.skip(type_)
    return walk.data


def _first_filled(walk: Compact, count: int, of: int) -> bytes:
    """The first group that has rows; of a file without any the first of all. Some programs write empty ones."""
    if of != STRUCT:
        raise Malformed
    first = b""
    for _ in range(count):
        start, rows = walk.at, 0
        for number, type_ in walk.fields():
            if number == _NUM_ROWS and type_ in INTEGERS:
                rows = walk.integer()
            else:
                walk.skip(type_)
        group = walk.data[start : walk.at]
        if rows:
            return group
        first = first or group
    return first


def _check_columns(walk: Compact) -> None:
    count, _ = Compact(walk.data, walk.at).listed()
    if count > COLUMNS_MAX:
        raise LimitExceeded("columns", count=COLUMNS_MAX)


@content()
def _metadata(footer: bytes) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    alone = MAGIC + footer + len(footer).to_bytes(4, "little") + MAGIC
    try:
        return pq.read_metadata(pa.BufferReader(alone))
    except (pa.ArrowException, OSError):
        raise BadAnswer("parquet") from None
