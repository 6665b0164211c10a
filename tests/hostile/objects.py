"""Objects of a bucket that nobody honest would store."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from functools import cache
from itertools import repeat

import pyarrow as pa
import pyarrow.parquet as pq

from tests.hostile.documents import DOCUMENTS, LEVELS, MILLION, TEN_MB, zeros

FOUR_MB = 4_000_000
GROUPS = 16_384
PAGE = 160_000_000


def _columns() -> bytes:
    names = b",".join(b"c%x" % number for number in range(MILLION))
    return names + b"\n" + b",".join(repeat(b"1", MILLION)) + b"\n"


def _narrow_columns() -> bytes:
    """All within what a sample reads: two and a half million columns without a name, and a row of as many cells."""
    return b"," * 2_500_000 + b"\n" + b"," * 2_400_000 + b"\n"


def _quoted() -> bytes:
    return b'a,b\n"' + b"x" * TEN_MB


def _cell() -> bytes:
    return b"a,b\n1," + b"x" * TEN_MB + b"\n"


def _zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("rows.csv", "w") as member:
        for _ in range(64):
            member.write(b"1,2\n" * 2**18)
    return out.getvalue()


def _bomb_zstd() -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(b"a,b\n")
        for _ in range(256):
            stream.write(b" " * 2**20)
    return out.getvalue().to_pybytes()


def _parquet(table: "pa.Table", **options: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, store_schema=False, **options)
    return out.getvalue()


def _dictionary() -> bytes:
    """A thousand rows, each of which is the same value of 4 MB, stored once."""
    same = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), pa.array(["x" * FOUR_MB]))
    return _parquet(pa.table({"a": same}), compression="none", dictionary_pagesize_limit=2**30)


def _page() -> bytes:
    """One page of 160 MB, of which next to nothing is left when compressed."""
    return _parquet(pa.table({"a": ["x" * PAGE]}), compression="zstd", use_dictionary=False, write_statistics=False)


def _groups() -> bytes:
    """Its footer is most of it: a row a group."""
    out = io.BytesIO()
    table = pa.table({"a": [1], "b": ["x"], "c": [1.5]})
    with pq.ParquetWriter(out, table.schema, write_statistics=False) as writer:
        for _ in range(GROUPS):
            writer.write_table(table)
    return out.getvalue()


def _wide(columns: int) -> bytes:
    return _parquet(pa.table({f"c{number}": [number] for number in range(columns)}))


def _lying() -> bytes:
    """A footer that calls itself as long as four bytes can say."""
    return b"PAR1" + b"\0" * 100_000 + struct.pack("<I", 2**32 - 1) + b"PAR1"


def _nonsense() -> bytes:
    """A footer that says it holds two milliards of schema elements."""
    footer = b"\x15\x02\x19\xfc\xff\xff\xff\xff\x07" + b"\0" * 50_000
    return b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1"


def _document(name: str) -> Callable[[], bytes]:
    return lambda: b"".join(DOCUMENTS[name]())


def _list() -> bytes:
    """One row, a list of two million zeros, in some hundred bytes."""
    return _parquet(pa.table({"a": pa.array([[0] * 2_000_000], pa.list_(pa.int64()))}), compression="zstd")


def _fixed() -> bytes:
    """A hundred times one value of a fixed megabyte."""
    return _parquet(pa.table({"a": pa.array([b"x" * 2**20] * 100, pa.binary(2**20))}), compression="zstd")


OBJECTS: dict[str, Callable[[], bytes]] = {
    "good.csv": lambda: b"a,b\n1,2\n" * 1000,
    "good.csv.gz": lambda: gzip.compress(b"a,b\n1,2\n" * 1000),
    "good.csv.zst": lambda: pa.compress(b"a,b\n1,2\n" * 1000, codec="zstd", asbytes=True),
    "good.json": lambda: b'[{"a": 1}]',
    "good.parquet": lambda: _parquet(pa.table({"a": [1, 2], "b": ["x", "y"]})),
    "columns.csv": _columns,
    "narrow_columns.csv": _narrow_columns,
    "quoted.csv": _quoted,
    "cell.csv": _cell,
    "line.txt": lambda: b"x" * TEN_MB,
    "bomb.csv.gz": lambda: zeros(0),
    "nested.csv.gz": lambda: zeros(1),
    "nested.csv.gz.gz": lambda: zeros(2),
    "bomb.csv.zst": _bomb_zstd,
    "rows.csv.zip": _zipped,
    "deep.json": lambda: b"[" * LEVELS + b"]" * LEVELS,
    "keys.json": _document("keys"),
    "empty_objects.json": _document("empty_objects"),
    "short_texts.json": _document("short_texts"),
    "cells.jsonl": lambda: '{"a": "😀'.encode() + b"x" * TEN_MB + b'"}\n',
    "keys.jsonl": lambda: b"".join(DOCUMENTS["columns_by_rows"]())[1:-1].replace(b"},{", b"}\n{"),
    "deep.jsonl": lambda: (b"[" * LEVELS + b"]" * LEVELS + b"\n") * 10,
    "dictionary.parquet": _dictionary,
    "page.parquet": _page,
    "groups.parquet": _groups,
    "wide.parquet": lambda: _wide(5_000),
    "too_wide.parquet": lambda: _wide(12_000),
    "lying.parquet": _lying,
    "list.parquet": _list,
    "fixed.parquet": _fixed,
    "members.csv.gz": lambda: gzip.compress(b"") * 250_000,
    "nonsense.parquet": _nonsense,
}


@cache
def content(name: str) -> bytes:
    return OBJECTS[name]()
