"""A bucket's objects as a table and as a tree."""

from collections.abc import AsyncIterator

from core.connectors.s3.bucket import Bucket, Object
from core.models import CatalogEntry, Column, Sample
from core.values import RowBuilder

ENTRIES_MAX = 1000
COLUMNS = (
    Column("key", "string"),
    Column("bytes", "integer"),
    Column("modified", "timestamptz"),
    Column("storage_class", "string"),
)


async def sample(bucket: Bucket, prefix: str, limit: int, bytes_max: int) -> Sample:
    """The first `limit` objects below `prefix`, in the order of their keys."""
    rows = RowBuilder(COLUMNS, limit, bytes_max, secrets=bucket.secrets)
    async for found in _objects(bucket, prefix, limit + 1):
        if not rows.add((found.key, found.bytes, found.modified, found.storage_class)):
            break
    return rows.sample(f"ListObjectsV2 {prefix}".strip())


async def _objects(bucket: Bucket, prefix: str, wanted: int) -> AsyncIterator[Object]:
    more: str | None = None
    while wanted > 0:
        page = await bucket.list(prefix, wanted, more=more)
        for found in page.objects:
            yield found
        wanted -= len(page.objects)
        more = page.more
        if more is None or not page.objects:
            return


async def entries(bucket: Bucket, prefix: str) -> list[CatalogEntry]:
    """What lies directly below `prefix`: further prefixes first, then objects with their sizes in bytes."""
    page = await bucket.list(prefix, ENTRIES_MAX, delimiter="/")
    below = [CatalogEntry(_name(path, prefix), path, "prefix", None, True) for path in page.prefixes]
    objects = (found for found in page.objects if found.key != prefix)
    return below + [CatalogEntry(_name(found.key, prefix), found.key, "object", str(found.bytes)) for found in objects]


def _name(path: str, prefix: str) -> str:
    return path.removeprefix(prefix) or path
