"""`python -m bench.s3_server DELAY_S`: a bucket with one large CSV and one Parquet file, each range that late.

Checks no signature. `/count` answers at once: how many ranges were asked for since the last time, and their bytes.
Prints its port when the objects are there. Ends when its standard input does.
"""

import asyncio
import io
import random
import re
import sys

import pyarrow as pa
import pyarrow.parquet as pq

LINE = b"%09d,customer %09d,2026-01-01,%08d.50\n"
LINE_BYTES = len(LINE % (0, 0, 0))
CSV_BYTES = 141 * 10**6 // LINE_BYTES * LINE_BYTES
EMPTY = b"<ListBucketResult></ListBucketResult>"
GROUPS = 65_536
GROUP_BYTES = 1000
"""Random ones, so that the file comes to some 72 MB."""


class Bucket(asyncio.Protocol):
    delay_s = 0.02
    parquet = b""
    requests = bytes_sent = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        # Requests without a body, never several in flight: each one ends with an empty line.
        if data.endswith(b"\r\n\r\n"):
            head = data.decode("latin-1")
            asyncio.get_running_loop().call_later(0 if " /count" in head else self.delay_s, self.answer, head)

    def answer(self, head: str) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(counted() if " /count" in head else ranged(head))  # type: ignore[attr-defined]


def counted() -> bytes:
    body = b"%d %d" % (Bucket.requests, Bucket.bytes_sent)
    Bucket.requests = Bucket.bytes_sent = 0
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def ranged(head: str) -> bytes:
    found = re.search(r"(?i)\r\nrange: bytes=(\d*)-(\d*)", head)
    if found is None:
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(EMPTY) + EMPTY
    total = len(Bucket.parquet) if ".parquet" in head else CSV_BYTES
    start = int(found[1]) if found[1] else total - int(found[2])
    end = min(total, int(found[2]) + 1) if found[1] else total
    body = Bucket.parquet[start:end] if ".parquet" in head else lines(start, end)
    Bucket.requests += 1
    Bucket.bytes_sent += len(body)
    extent = b"bytes %d-%d/%d" % (start, end - 1, total)
    return b"HTTP/1.1 206 OK\r\nContent-Range: %s\r\nContent-Length: %d\r\n\r\n" % (extent, len(body)) + body


def lines(start: int, end: int) -> bytes:
    """A part of the CSV, which stands nowhere."""
    first = start // LINE_BYTES
    many = b"".join(LINE % (number, number, number) for number in range(first, end // LINE_BYTES + 1))
    return many[start - first * LINE_BYTES :][: end - start]


def parquet() -> bytes:
    out, chance = io.BytesIO(), random.Random(8)
    schema = pa.schema({"id": pa.int64(), "raw": pa.binary()})
    with pq.ParquetWriter(out, schema, compression="none", use_dictionary=False, write_statistics=False) as writer:
        for number in range(GROUPS):
            writer.write_table(pa.table({"id": [number], "raw": [chance.randbytes(GROUP_BYTES)]}, schema=schema))
    return out.getvalue()


async def main(delay_s: float) -> None:
    Bucket.delay_s, Bucket.parquet = delay_s, parquet()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Bucket, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
