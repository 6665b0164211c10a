"""MongoDB's messages on the wire: OP_MSG, and the OP_QUERY that older handshakes and drivers begin with."""

import asyncio
import struct
from dataclasses import dataclass
from typing import Any

import bson

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
CHECKSUM_PRESENT, MORE_TO_COME = 1, 2
MESSAGE_BYTES_MAX = 48_000_000
_HEADER = struct.Struct("<iiii")

Document = dict[str, Any]


class ProtocolViolated(Exception):
    """Not MongoDB's protocol, or more than a message may hold: the connection ends."""


@dataclass(frozen=True, slots=True)
class Request:
    """A command as it came; `answered` is false for what the client wants no reply to."""

    id: int
    opcode: int
    command: Document
    answered: bool = True


async def receive(reader: asyncio.StreamReader) -> Request:
    """The next request. Raises asyncio.IncompleteReadError at the end, ProtocolViolated."""
    length, identifier, _, opcode = _HEADER.unpack(await reader.readexactly(_HEADER.size))
    if not _HEADER.size < length <= MESSAGE_BYTES_MAX:
        raise ProtocolViolated
    body = await reader.readexactly(length - _HEADER.size)
    try:
        return _message(identifier, body) if opcode == OP_MSG else _query(identifier, opcode, body)
    except (bson.errors.InvalidBSON, struct.error, ValueError, IndexError) as err:
        raise ProtocolViolated from err


def reply(request: Request, answer: Document) -> bytes:
    """The bytes of an answer, in the form that the request came in."""
    document = bson.encode(answer)
    if request.opcode == OP_QUERY:
        body = struct.pack("<iqii", 8, 0, 0, 1) + document  # AwaitCapable; no cursor, from 0, one document
        return _HEADER.pack(_HEADER.size + len(body), 0, request.id, OP_REPLY) + body
    body = struct.pack("<IB", 0, 0) + document
    return _HEADER.pack(_HEADER.size + len(body), 0, request.id, OP_MSG) + body


def _message(identifier: int, body: bytes) -> Request:
    (flags,) = struct.unpack_from("<I", body)
    end = len(body) - (4 if flags & CHECKSUM_PRESENT else 0)
    command: Document = {}
    position = 4
    while position < end:
        kind, position = body[position], position + 1
        (size,) = struct.unpack_from("<i", body, position)
        if size <= 0:
            raise ProtocolViolated
        section = body[position : position + size]
        if kind == 0:
            command |= bson.decode(section)
        elif kind == 1:
            name, _, documents = section[4:].partition(b"\0")
            command[name.decode()] = bson.decode_all(documents)
        else:
            raise ProtocolViolated
        position += size
    return Request(identifier, OP_MSG, command, not flags & MORE_TO_COME)


def _query(identifier: int, opcode: int, body: bytes) -> Request:
    if opcode != OP_QUERY:
        raise ProtocolViolated
    name, _, rest = body[4:].partition(b"\0")
    if not name.endswith(b".$cmd"):
        raise ProtocolViolated
    document = rest[8:]  # after what to skip and how many to return
    return Request(identifier, OP_QUERY, bson.decode(document) | {"$db": name[:-5].decode()})
