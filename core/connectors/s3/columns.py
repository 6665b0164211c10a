"""The columns of one object: from a Parquet file's footer, else from the first rows of a table."""

from core.connectors.s3 import parquet, preview
from core.connectors.s3.bucket import Bucket
from core.connectors.s3.tables import READERS, dumped
from core.errors import BadAnswer
from core.models import LEVEL_MAX, CatalogEntry, Column

ROWS = 20
BYTES_MAX = 1024 * 1024
_DUMP = tuple(column.name for column in dumped(b"", 1, 1, False).columns)


def are_in(key: str) -> bool:
    """Whether the name of an object says that it is a table."""
    kind, _ = preview.kind_of(key)
    return not key.endswith("/") and kind in (*READERS, ".parquet")


async def entries(bucket: Bucket, key: str) -> list[CatalogEntry]:
    """None of an object that is no table, whatever its name says. Raises SourceError."""
    found = await _columns(bucket, key)
    return [CatalogEntry(each.name, f"{key}#{each.name}", each.type) for each in found[:LEVEL_MAX]]


async def _columns(bucket: Bucket, key: str) -> tuple[Column, ...]:
    kind, compression = preview.kind_of(key)
    if kind == ".parquet":
        try:
            return await parquet.columns(bucket, key, BYTES_MAX)
        except BadAnswer:
            if compression is None:
                raise
            return ()
    sample = await preview.of(bucket, key, ROWS, BYTES_MAX)
    names = tuple(column.name for column in sample.columns)
    return () if names == _DUMP else sample.columns
