"""A bucket's objects as a table and as a tree."""

from collections.abc import AsyncIterator

from core.connectors.s3 import columns
from core.connectors.s3.bucket import Bucket, Object
from core.models import LEVEL_MAX, CatalogEntry, Column, Sample
from core.row_builder import RowBuilder

PAGES_MAX = 10
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
    """What lies directly below `prefix`: further prefixes first, then objects, with their sizes in bytes."""
    prefixes, objects = list[str](), list[Object]()
    more: str | None = None
    for _ in range(PAGES_MAX):
        # A page may hold less than was asked for, and the object that stands for the prefix itself is none of its own.
        wanted = LEVEL_MAX - len(prefixes) - len(objects)
        page = await bucket.list(prefix, wanted, delimiter="/", more=more)
        prefixes += page.prefixes
        objects += (found for found in page.objects if found.key != prefix)
        more = page.more
        if more is None or len(prefixes) + len(objects) >= LEVEL_MAX:
            break
    below = [CatalogEntry(_name(path, prefix), path, "prefix", None, True) for path in prefixes]
    return below + [_object(found, prefix) for found in objects]


def _object(found: Object, prefix: str) -> CatalogEntry:
    name, table = _name(found.key, prefix), columns.are_in(found.key)
    size = found.bytes
    return CatalogEntry(name, found.key, "object", str(size), table, bytes=size, modified=found.modified)


def _name(path: str, prefix: str) -> str:
    return path.removeprefix(prefix) or path
