"""The beginning of an object, decompressed within bounds."""

import io
import zlib

from core.connectors.s3.bucket import Piece
from core.errors import BadAnswer

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_CHUNK = 256 * 1024
MEMBERS_MAX = 1_000
"""Of one gzip file: each that is empty costs as much as going through what follows it."""


class Head:
    """Gathers pieces of one object. `whole` once nothing of it is missing, `full` once no more of it can be had.

    Compression is believed only where the first bytes show it: some clients decompress before they store.
    """

    def __init__(self, compression: str | None, bytes_max: int) -> None:
        self.whole = False
        self.full = False
        self.note: str | None = None
        self._raw = bytearray()
        self._compression, self._max = compression, bytes_max

    @property
    def fetched(self) -> int:
        return len(self._raw)

    def add(self, piece: Piece) -> None:
        """The next piece, or the object from its start once more, as a service without ranges sends it."""
        if piece.start != len(self._raw):
            if len(piece.data) <= len(self._raw):
                self.full = True
                return
            self._raw.clear()
        self._raw += piece.data
        self.whole = piece.at_end
        self.full = len(self._raw) >= self._max

    def content(self) -> bytes:
        """At most the bytes allowed of what the pieces hold. Raises BadAnswer for damaged compression."""
        raw = bytes(self._raw)
        if self._compression == "gzip" and raw.startswith(GZIP):
            return self._cut(*_gunzipped(raw, self._max))
        if self._compression == "zstd" and raw.startswith(ZSTD):
            return self._cut(*_unzstd(raw, self._max))
        return raw[: self._max]

    def _cut(self, content: bytes, finished: bool) -> bytes:
        if not finished and len(content) >= self._max:
            self.full, self.whole = True, False
        elif not finished and self.whole:
            self.note = "damaged_compression"
        return content


def _gunzipped(raw: bytes, most: int) -> tuple[bytes, bool]:
    """The content of all members, at most `most` bytes, and whether it was all."""
    content, rest, members = bytearray(), raw, 0
    while rest.startswith(GZIP) and len(content) < most:
        members += 1
        if members > MEMBERS_MAX:
            raise BadAnswer("compression")
        inflate = zlib.decompressobj(31)
        try:
            content += inflate.decompress(rest, most - len(content))
        except zlib.error:
            raise BadAnswer("compression") from None
        if not inflate.eof:
            return bytes(content), False
        rest = inflate.unused_data
    return bytes(content), not rest.startswith(GZIP)


def _unzstd(raw: bytes, most: int) -> tuple[bytes, bool]:
    import pyarrow as pa

    content = bytearray()
    with pa.CompressedInputStream(io.BytesIO(raw), "zstd") as stream:
        try:
            while len(content) < most:
                chunk = stream.read(min(_CHUNK, most - len(content)))
                if not chunk:
                    return bytes(content), True
                content += chunk
        except OSError:
            # Cut off in the middle, or damaged: what came before is good, each frame has a checksum of its own.
            if not content:
                raise BadAnswer("compression") from None
    return bytes(content), False
