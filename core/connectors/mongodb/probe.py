"""A second look at a peer that ended the driver's first connection: whether what it says is MongoDB at all.

The driver keeps what it could not read to itself when the peer closes at once, as web servers do.
"""

import asyncio
import struct

from bson import encode

from core.resilience.deadline import within

_HEADER = struct.Struct("<iiii")  # length, request, response to, operation ("MongoDB Wire Protocol")
_OP_MSG = 2013
_REQUEST = int.from_bytes(b"\r\n\r\n", "little")
"""Any number will do for MongoDB. This one ends a line, which servers of text wait for before they answer."""
_OPERATIONS = frozenset({1, 2012, _OP_MSG})


async def speaks_otherwise(host: str, port: int, limit_s: float) -> bool:
    """Whether the peer answers a hello with something that is no message of MongoDB; False when it says nothing."""
    try:
        async with within(limit_s):
            head = await _answer(host, port)
    except (OSError, asyncio.IncompleteReadError):  # TimeoutError among them
        return False
    return _HEADER.unpack(head)[3] not in _OPERATIONS


async def _answer(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        body = struct.pack("<iB", 0, 0) + encode({"hello": 1, "$db": "admin"})
        writer.write(_HEADER.pack(_HEADER.size + len(body), _REQUEST, 0, _OP_MSG) + body)
        return await reader.readexactly(_HEADER.size)
    finally:
        writer.transport.abort()
