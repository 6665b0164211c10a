"""JSON that nobody honest would send, in pieces: most of it is never asked for."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from itertools import count, islice, repeat

Pieces = Iterator[bytes]

RECORD = b'{"id": 1, "text": "' + b"x" * 1000 + b'"}'
MILLION = 1_000_000
TEN_MB = 10_000_000
LEVELS = 100_000
INNER = 5_000_000
"""Bytes of what stands in one value: about as many as a sample may read."""


def gigabyte() -> Pieces:
    yield b"[" + RECORD
    yield from repeat((b"," + RECORD) * 64, 16 * 1024)
    yield b"]"


def endless() -> Pieces:
    yield b"[" + RECORD
    yield from repeat((b"," + RECORD) * 64)


def lines() -> Pieces:
    yield from repeat((RECORD + b"\n") * 64)


def keys() -> Pieces:
    yield b'{"first": 1'
    for start in range(0, MILLION, 1000):
        yield b"".join(b',"%x":%d' % (number, number) for number in range(start, start + 1000))
    yield b"}"


def columns_by_rows() -> Pieces:
    """A thousand records, none of which has a member of another's name."""
    numbers = count()
    rows = (b"{%s}" % b",".join(b'"%x":1' % number for number in islice(numbers, 400)) for _ in range(1000))
    yield b"[" + b",".join(rows) + b"]"


def cell() -> Pieces:
    yield b'[{"text": "' + b"x" * TEN_MB + b'"}]'


def many_cells() -> Pieces:
    """Letters that take four bytes each in a Python string, although most are plain."""
    text = "😀".encode() + b"x" * 4000
    yield b"[" + b",".join(b'{"a": "%s"}' % text for _ in range(1200)) + b"]"


def deep() -> Pieces:
    yield b"[" * LEVELS + b"]" * LEVELS


def deep_objects() -> Pieces:
    yield b'{"a":' * LEVELS + b"1" + b"}" * LEVELS


def _inner(item: bytes, each: Callable[[int], bytes] | None = None) -> Callable[[], Pieces]:
    """`{"a": {"b": [item, item, …]}}` with a letter in it that makes a Python string four times as large."""

    def pieces() -> Pieces:
        many = (each(number) for number in range(INNER // len(item))) if each else repeat(item, INNER // len(item))
        yield '{"😀": 1, "a": {"b": ['.encode() + b",".join(many) + b"]}}"

    return pieces


empty_objects = _inner(b"{}")
empty_lists = _inner(b"[]")
pairs = _inner(b'{"a":1}')
short_texts = _inner(b'"000000"', lambda number: b'"%x"' % number)
decimals = _inner(b"1.2345678901234567")
many_keys = _inner(b'{"00000":1}', lambda number: b'{"%x":1}' % number)

DOCUMENTS: dict[str, Callable[[], Pieces]] = {
    "gigabyte": gigabyte,
    "endless": endless,
    "lines": lines,
    "keys": keys,
    "columns_by_rows": columns_by_rows,
    "cell": cell,
    "many_cells": many_cells,
    "deep": deep,
    "deep_objects": deep_objects,
    "empty_objects": empty_objects,
    "empty_lists": empty_lists,
    "pairs": pairs,
    "short_texts": short_texts,
    "decimals": decimals,
    "many_keys": many_keys,
}  # fmt: skip


def zipped(pieces: Pieces) -> Pieces:
    squeeze = zlib.compressobj(9, wbits=31)
    for piece in pieces:
        if small := squeeze.compress(piece):
            yield small
    yield squeeze.flush()


def zeros(wrapped: int) -> bytes:
    """256 MiB of spaces in a list, compressed, and so many times again."""
    content = b"".join(zipped(iter([b"[", *repeat(b" " * 2**20, 256), b"]"])))
    for _ in range(wrapped):
        content = gzip.compress(content)
    return content
