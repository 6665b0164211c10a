"""`python -m tests.hostile.server`: one peer for REST, GraphQL and S3 that means harm. Prints its port.

Ends when its standard input does. The path says what is answered: `/rest/NAME`, `/graphql` (the query's only field is
the name), `/bucket/KEY`, `/bucket?prefix=NAME`.
"""

import asyncio
import gzip
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import repeat
from urllib.parse import parse_qs, urlsplit

from tests.hostile import objects
from tests.hostile.documents import DOCUMENTS, Pieces, zeros, zipped

OK = b"HTTP/1.1 200 OK\r\n"
JSON = OK + b"Content-Type: application/json\r\n"
CLOSED = b"Connection: close\r\n\r\n"
LIST = b'<?xml version="1.0"?><ListBucketResult><Name>bucket</Name>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)).encode()


def document(pieces: Pieces, encoding: bytes = b"") -> Pieces:
    yield JSON + (b"Content-Encoding: %s\r\n" % encoding if encoding else b"") + CLOSED
    yield from pieces


def good() -> Pieces:
    body = b'[{"id": 1}]'
    yield JSON + b"Content-Length: %d\r\n\r\n" % len(body) + body


def endless_line() -> Pieces:
    yield OK + b"X-Long: "
    yield from repeat(b"x" * 2**16)


def endless_headers() -> Pieces:
    yield OK
    yield from repeat(b"X-Many: x\r\n" * 2**12)


def endless_information() -> Pieces:
    yield from repeat(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 2**10)


def endless_trailers() -> Pieces:
    yield JSON + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n"
    yield from repeat(b"X-Many: x\r\n" * 2**12)


def refusal() -> Pieces:
    yield b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n" + CLOSED
    yield from DOCUMENTS["gigabyte"]()


REST: dict[str, Callable[[], Pieces]] = {
    "good": good,
    "gzip_bomb": lambda: document(zipped(DOCUMENTS["gigabyte"]()), b"gzip"),
    "gzip_spaces": lambda: document(iter([zeros(0)]), b"gzip"),
    "gzip_nested": lambda: document(iter([zeros(1)]), b"gzip"),
    "gzip_twice": lambda: document(iter([zeros(1)]), b"gzip, gzip"),
    "gzip_members": lambda: document(repeat(gzip.compress(b"") * 1000, 1000), b"gzip"),
    "endless_line": endless_line,
    "endless_headers": endless_headers,
    "endless_information": endless_information,
    "endless_trailers": endless_trailers,
    "refusal": refusal,
}


def rest(name: str) -> Pieces:
    return REST[name]() if name in REST else document(DOCUMENTS[name]())


def graphql(name: str) -> Pieces:
    if name == "good":
        return _graphql(iter([b'{"good": 1}']))
    if name == "errors":
        return document(iter([b'{"data": null, "errors": [', *repeat(b'{"message":"x"},' * 1000, 1000), b"{}]}"]))
    if name == "gzip_bomb":
        return document(zipped(_wrapped(DOCUMENTS["gigabyte"]())), b"gzip")
    return _graphql(DOCUMENTS[name]())


def _graphql(pieces: Pieces) -> Pieces:
    return document(_wrapped(pieces))


def _wrapped(pieces: Pieces) -> Pieces:
    yield b'{"data": {"x": '
    yield from pieces
    yield b"}}"


def listed(prefix: str) -> Pieces:
    bodies: dict[str, Callable[[], Iterator[bytes]]] = {
        "elements": lambda: iter([LIST, b"<a/>" * 1_000_000, b"</ListBucketResult>"]),
        "objects": lambda: iter([LIST, b"<Contents><Key>a</Key></Contents>" * 120_000, b"</ListBucketResult>"]),
        "deep_elements": lambda: iter([LIST, b"<a>" * 500_000, b"</a>" * 500_000, b"</ListBucketResult>"]),
        "laughs": lambda: iter([b"<!DOCTYPE x [<!ENTITY l0 'lol'>" + LAUGHS + b"]><ListBucketResult><Name>&l9;</Name>"
                                b"</ListBucketResult>"]),
        "endless_list": lambda: repeat(b"<Contents><Key>a</Key></Contents>" * 1000),
    }  # fmt: skip
    yield OK + b"Content-Type: application/xml\r\n" + CLOSED
    yield from bodies[prefix]()


def stored(key: str, wanted: tuple[int, int | None] | None) -> Pieces:
    """A range, as it is asked for; a flood does not care."""
    if key == "flood.csv":
        yield OK + b"Content-Length: 1000000000\r\n\r\n"
        yield from repeat(b"1234567,abcdefg\n" * 4096, 16_000)
        return
    content = objects.content(key)
    start, end = _extent(wanted, len(content))
    extent = b"bytes %d-%d/%d" % (start, end - 1, len(content))
    head = b"HTTP/1.1 206 Partial Content\r\nContent-Range: %s\r\nContent-Length: %d\r\n\r\n" % (extent, end - start)
    yield head + content[start:end]


def _extent(wanted: tuple[int, int | None] | None, length: int) -> tuple[int, int]:
    if wanted is None:
        return 0, length
    start, last = wanted
    if start < 0:
        return max(0, length + start), length
    return start, length if last is None else min(length, last + 1)


def answer(head: str, body: bytes) -> Pieces:
    url = urlsplit(head.split(" ", 2)[1])
    place, _, name = url.path.strip("/").partition("/")
    if place == "rest":
        return rest(name)
    if place == "graphql":
        found = re.search(r"\w+", json.loads(body)["query"])
        return graphql(found[0] if found else "")
    return stored(name, _range(head)) if name else listed(parse_qs(url.query)["prefix"][0])


def _range(head: str) -> tuple[int, int | None] | None:
    found = re.search(r"(?i)\r\nrange: bytes=(\d*)-(\d*)", head)
    if found is None:
        return None
    return (int(found[1]), int(found[2]) if found[2] else None) if found[1] else (-int(found[2]), None)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = re.search(r"(?i)\r\ncontent-length: (\d+)", head)
            body = await reader.readexactly(int(length[1])) if length else b""
            pieces = await asyncio.to_thread(answer, head, body)
            while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                writer.write(piece)
                await writer.drain()
            if "content-length" not in head.lower() and "/rest/good" not in head and "/bucket/" not in head:
                break
            if "/graphql" in head:
                break
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
