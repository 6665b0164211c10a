"""Reading a body within bounds: bytes on the wire, bytes after decompression, whatever the peer sends."""

import zlib
from typing import TYPE_CHECKING

from core.errors import BadAnswer

if TYPE_CHECKING:
    from aiohttp import ClientResponse

CHUNK = 64 * 1024
WIRE_FLOOR = 64 * 1024
"""What may come over the wire at least: a small cap on the content must not cut a small compressed answer."""

MEMBERS_MAX = 1000
"""Parts of a gzip body; of empty ones a small body could hold so many that skipping them alone would take seconds."""

_GZIP_MAGIC = b"\x1f"
_WBITS = {"gzip": 31, "x-gzip": 31, "deflate": 47}


async def read_body(response: "ClientResponse", read_max: int, *, decode: bool = True) -> tuple[bytes, bool]:
    """At most `read_max` bytes of content, and whether that was all of it.

    Stops reading there, and after as many compressed bytes. Raises BadAnswer for an encoding that was not asked for.
    """
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower() if decode else "identity"
    if encoding in ("identity", ""):
        return await _read(response, read_max, _Plain(read_max))
    if encoding not in _WBITS:
        raise BadAnswer("encoding", encoding=encoding[:40])
    return await _read(response, max(read_max, WIRE_FLOOR), _Inflated(read_max, _WBITS[encoding]))


async def _read(response: "ClientResponse", wire_max: int, content: "_Plain") -> tuple[bytes, bool]:
    on_wire = 0
    async for chunk in response.content.iter_chunked(CHUNK):
        on_wire += len(chunk)
        content.add(chunk)
        if content.full or on_wire > wire_max:
            return bytes(content.data), False
    content.end()
    return bytes(content.data), True


class _Plain:
    """Keeps at most `read_max` bytes; `full` once there was one more."""

    def __init__(self, read_max: int) -> None:
        self.data = bytearray()
        self.full = False
        self._max = read_max

    def add(self, chunk: bytes) -> None:
        room = self._max - len(self.data)
        self.data += chunk[:room]
        self.full = len(chunk) > room

    def end(self) -> None:
        """Called when the peer said that this was all."""


class _Inflated(_Plain):
    """A gzip body may be several members, one behind the other (RFC 1952, 2.2)."""

    def __init__(self, read_max: int, wbits: int) -> None:
        super().__init__(read_max)
        self._wbits = wbits
        self._inflate = zlib.decompressobj(wbits)
        self._begun, self._members = False, 1

    def add(self, chunk: bytes) -> None:
        self._begun = self._begun or bool(chunk)
        while chunk and not self.full:
            if self._inflate.eof:
                if not chunk.startswith(_GZIP_MAGIC):
                    return  # padding behind the last member
                self._next_member()
            try:
                # One more than fits tells a full answer from a cut one.
                super().add(self._inflate.decompress(chunk, self._max + 1 - len(self.data)))
            except zlib.error:
                raise BadAnswer("compression") from None
            chunk = self._inflate.unconsumed_tail or self._inflate.unused_data

    def _next_member(self) -> None:
        self._members += 1
        if self._members > MEMBERS_MAX:
            raise BadAnswer("compression")
        self._inflate = zlib.decompressobj(self._wbits)

    def end(self) -> None:
        if self._begun and not self._inflate.eof:
            raise BadAnswer("truncated")
