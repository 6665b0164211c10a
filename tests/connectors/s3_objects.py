"""A connector on a bucket of the tests' real S3 server, and objects to look at."""

import gzip
import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.servers.s3 import S3Server

BUCKET = "cheshmeh-previews"
PERSIAN = "نام,عدد,کد,مبلغ,تهی\n" + "".join(f"شهر {n},{n},{n:04d},{n}.50,\n" for n in range(300))


SIXTY = "\n".join(PERSIAN.split("\n")[:61]) + "\n"


def table(rows: int = 5000) -> "pa.Table":
    return pa.table(
        {
            "n": list(range(rows)),
            "نام": [f"شهر {n}" for n in range(rows)],
            "amount": [Decimal("1.50")] * rows,
            "seen": [datetime(2026, 1, 1, tzinfo=UTC)] * rows,
            "nested": [{"a": 1, "b": {"c": "د"}}] * rows,
            "raw": [b"\x00\x01"] * rows,
            "list": [[1, 2]] * rows,
            "gap": [None] * rows,
        }
    )


def parquet(content: "pa.Table", **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(content, out, **options)
    return out.getvalue()


def zstd(content: bytes) -> bytes:
    return pa.compress(content, codec="zstd", asbytes=True)


LETTER = "نام,شهر\nعلی,تهران\n"


def hashed(number: int) -> bytes:
    """What no compression makes much shorter."""
    return hashlib.sha256(b"%d" % number).hexdigest().encode()


def many_groups(groups: int) -> bytes:
    """A row a group: its footer is most of it."""
    out, one = io.BytesIO(), pa.table({"n": [1], "text": ["x"]})
    with pq.ParquetWriter(out, one.schema) as writer:
        for _ in range(groups):
            writer.write_table(one)
    return out.getvalue()


OBJECTS: dict[str, Callable[[], bytes]] = {
    "p/rows.csv": PERSIAN.encode,
    "p/rows.csv.gz": lambda: gzip.compress(PERSIAN.encode()),
    "p/rows.csv.zst": lambda: zstd(PERSIAN.encode()),
    "p/rows.tsv": lambda: PERSIAN.replace(",", "\t").encode(),
    "p/semicolon.csv": lambda: b'id;id;name\r\n1;2;"a;b"\r\n3;4;c\r\n',
    "p/numbers.csv": lambda: b"1,2\n3,4\n",
    "p/old.csv": lambda: "نام,شهر\nعلي,تهران\n".encode("windows-1256"),
    "p/utf16.csv": lambda: "نام,شهر\nعلي,تهران\n".encode("utf-16"),
    **{f"e/{name}.csv": partial(LETTER.encode, name) for name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")},
    "e/bar.csv": lambda: b'a|b\n"x|1"|2\ny|3\n',
    "e/comma_in_tsv.tsv": lambda: b"a, b, c\td, e, f\n1\t2\n",
    "e/decimal_comma.csv": lambda: b"n;m\n1,5;2,5\n3,5;4,5\n",
    "e/years.csv": lambda: "استان,1402,1403\nیزد,10,20\nفارس,30,40\n".encode(),
    "e/years_under_words.csv": lambda: b"id,2024\n1,5\n2,6\n",
    "e/dates.csv": lambda: b"2026-01-01,ali\n2026-01-02,sara\n",
    "e/line.csv": lambda: b"a,b",
    "e/crlf.csv": lambda: b"a,b\r\n1,2\r\n\r\n3,4\r\n",
    "e/ragged.csv": lambda: b"a,b\n1\n1,2,3\n",
    "e/quoted.csv": lambda: b'a,b\n"one\ntwo",2\n',
    "e/letter_cut.csv": lambda: b"a,b\n" + b"1,2\n" * 16_382 + "۱,ب\n".encode() + b"3,4\n" * 10,
    "e/quote_cut.csv": lambda: b"a,b\n" + b"1,2\n" * 10 + b'9,"' + b"x\n" * 40_000 + b'"\n',
    "e/long_cell.csv": lambda: b"a,b\n1," + b"x" * 200_000 + b"\n",
    "e/long_line.jsonl": lambda: b'{"n": 1, "text": "' + b"x" * 100_000 + b'"}\n{"n": 2}\n',
    "e/long_block.csv.zst": lambda: zstd(b"n,hash\n" + b"".join(b"%d,%s\n" % (n, hashed(n)) for n in range(5000))),
    "e/endless.jsonl": lambda: b'{"n": "' + b"x" * 300_000,
    "e/stray.csv": lambda: LETTER.encode() * 2 + b"x,\xd8\n",
    "e/dos.csv": lambda: b"a,b\r\n1,2\r\n\x1a",
    "e/persian_digits.csv": lambda: "علی,۲۳\nرضا,۳۴\nسارا,٤٥\n".encode(),
    "e/wide.csv": lambda: b",".join(b"c%d" % n for n in range(700)) + b"\n" + b",".join([b"x"] * 700) + b"\n",
    "e/groups.parquet": lambda: many_groups(6000),
    "p/empty.csv": lambda: b"",
    "p/items.json": lambda: '{"count": 2, "items": [{"a": 1, "نام": "الف"}, {"a": 2.5}]}'.encode(),
    "p/deep.json": lambda: b"[" * 10_000 + b"]" * 10_000,
    "p/lines.jsonl": lambda: b"".join(b'{"a": %d, "n": {"z": [1]}}\n' % n for n in range(300)),
    "p/broken.jsonl": lambda: b"not json\nnor this\n",
    "p/table.parquet": lambda: parquet(table()),
    "p/large.parquet": lambda: parquet(table(60_000)),
    "p/none.parquet": lambda: parquet(table(0)),
    "p/wide.parquet": lambda: parquet(pa.table({f"c{n}": [n] for n in range(600)})),
    "p/false.parquet": lambda: b"PAR1 this is none PAR1",
    "p/cut.csv.gz": lambda: gzip.compress(PERSIAN.encode())[:-40],
    "p/bomb.csv.gz": lambda: gzip.compress(b"a,b\n" + b"1,2\n" * 20_000_000, compresslevel=9),
    "p/یادداشت.txt": "سلام\nدنیا\n".encode,
    "p/raw.bin": lambda: bytes(range(256)),
    "p/nul.txt": lambda: b"\x00\x01text",
    "p/big.csv": lambda: b"a,b\n" + b"12345678,abcdefgh\n" * 2_000_000,
    "safe/rows.csv": lambda: SIXTY.encode(),
    "safe/slow.csv": lambda: SIXTY.encode(),
    "q/outside.txt": lambda: b"outside",
}


def seed(server: S3Server) -> None:
    """Once a session: the server lives that long."""
    client = server.client()
    client.create_bucket(Bucket=BUCKET)
    for key, content in OBJECTS.items():
        client.put_object(Bucket=BUCKET, Key=key, Body=content())
