"""A look into one object: its first rows, by what its name says it is, and by what it holds."""

import asyncio
from dataclasses import replace
from pathlib import PurePosixPath

from core.connectors.s3 import parquet
from core.connectors.s3.bucket import Bucket
from core.connectors.s3.content import content
from core.connectors.s3.encodings import readable
from core.connectors.s3.head import Head
from core.connectors.s3.tables import READERS, dumped, lines_of
from core.errors import BadAnswer
from core.models import Message, Sample

FIRST_BYTES = 64 * 1024
GROWTH = 4
_COMPRESSED = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}


async def of(bucket: Bucket, key: str, limit: int, bytes_max: int) -> Sample:
    """At most `limit` rows from at most `bytes_max` bytes; most objects answer from their first 64 KiB."""
    kind, compression = kind_of(key)
    if kind == ".parquet":
        try:
            return await parquet.preview(bucket, key, limit, bytes_max)
        except BadAnswer:
            # The other suffix may mean the compression inside (`df.parquet.gzip`), or one around it all.
            if compression is None:
                raise
    return await _grown(bucket, key, kind, compression, limit, bytes_max)


def kind_of(key: str) -> tuple[str, str | None]:
    """The suffix that names the format, and the compression around it."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(key).suffixes[-2:]] or [""]
    compression = _COMPRESSED.get(suffixes[-1])
    if compression is None:
        return suffixes[-1], None
    return (suffixes[0] if len(suffixes) > 1 else ""), compression


async def _grown(bucket: Bucket, key: str, kind: str, compression: str | None, limit: int, bytes_max: int) -> Sample:
    """Reads on while rows are missing, each time four times as much, within what is allowed."""
    head, wanted = Head(compression, bytes_max), min(FIRST_BYTES, bytes_max)
    while True:
        piece = await bucket.read(key, head.fetched, wanted)
        head.add(piece)
        wanted = min(head.fetched * (GROWTH - 1), bytes_max - head.fetched)
        try:
            # Megabytes are inflated and parsed: not on the event loop.
            sample = await asyncio.to_thread(_shown, head, kind, limit, bytes_max, bucket.secrets)
        except BadAnswer:
            # The first line, or the first block of what is compressed, may be longer than what was read of it.
            if head.whole or head.full or wanted <= 0 or not piece.data:
                raise
            continue
        if head.whole or head.full or len(sample.rows) >= limit or wanted <= 0 or not piece.data:
            return replace(sample, bytes_read=head.fetched, executed=f"GetObject {key}")


@content()
def _shown(head: Head, kind: str, limit: int, bytes_max: int, secrets: tuple[str, ...]) -> Sample:
    content = head.content()
    text, note = readable(content, cut=not head.whole, named=kind in READERS)
    if text is None:
        sample = dumped(content, limit, bytes_max, cut=not head.whole)
    else:
        sample = READERS.get(kind, lines_of)(text, limit, bytes_max, not head.whole, secrets)
    notes = tuple(Message(f"note.{name}") for name in (note, head.note) if name)
    return replace(sample, notes=(*sample.notes, *notes))
