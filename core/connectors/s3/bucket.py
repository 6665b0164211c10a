"""What is asked of a bucket: a page of its list, and a range of one object."""

import re
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from core.connectors.http.client import Answer, HttpClient
from core.connectors.s3 import failures
from core.connectors.s3.carrier import Carried, S3Carrier
from core.errors import SourceError
from core.redaction import word

if TYPE_CHECKING:
    from yarl import URL

LIST_BYTES_MAX = 4 * 1024 * 1024
"""A page of a thousand keys, each as long as keys may be and escaped, with room to spare."""

_LIST = b"ListBucketResult>"
PAGE = 1000  # ListObjectsV2 gives no more at once


@dataclass(frozen=True, slots=True)
class Object:
    """One object in a list."""

    key: str
    bytes: int
    modified: datetime | None
    storage_class: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Prefixes come only when a delimiter was given; `more` continues the list."""

    objects: tuple[Object, ...]
    prefixes: tuple[str, ...]
    more: str | None
    server: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of an object from `start` on; `total` is the whole object's length, where the service says it."""

    data: bytes
    start: int
    total: int | None
    content_type: str

    @property
    def at_end(self) -> bool:
        return self.total is not None and self.start + len(self.data) >= self.total


class Bucket:
    """One bucket through the SDK. Raises SourceError."""

    def __init__(self, config: Any, http: HttpClient) -> None:
        self._config = config
        self._carrier = S3Carrier(config, http)

    async def url(self) -> "URL":
        """Where the service is, as the SDK would dial it."""
        from yarl import URL

        request = await self._carrier.wanted("list_objects_v2", Bucket=self._config.bucket, MaxKeys=1)
        return URL(request.url, encoded=True)

    async def list(self, prefix: str, limit: int, delimiter: str = "", more: str | None = None) -> Page:
        """At most `limit` keys, 1,000 at the most, below `prefix`."""
        given = {"Delimiter": delimiter} if delimiter else {}
        given |= {"ContinuationToken": more} if more else {}
        wanted = {"Bucket": self._config.bucket, "Prefix": prefix, "MaxKeys": min(limit, PAGE)} | given
        carried = await self._translated(self._carrier.call("list_objects_v2", LIST_BYTES_MAX, _LIST, **wanted))
        try:
            return _page(carried, self.secrets)
        except (ArithmeticError, LookupError, TypeError):
            refused = failures.unreadable(self._config.bucket)
        raise refused

    async def read(self, key: str, start: int, length: int) -> Piece:
        """`length` bytes of an object from `start`; the last `length` ones when `start` is negative.

        A service without ranges gives the first ones instead.
        """
        extent = f"bytes={start}-{start + length - 1}" if start >= 0 else f"bytes=-{length}"
        call = self._carrier.call("get_object", length, b"", Bucket=self._config.bucket, Key=key, Range=extent)
        try:
            carried = await self._translated(call)
        except _EmptyRange:
            return Piece(b"", max(0, start), 0, "")
        return self._piece(carried.answer, start)

    def _piece(self, answer: Answer, start: int) -> Piece:
        content_type = answer.headers.get("Content-Type", "")
        extent = re.match(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)", answer.headers.get("Content-Range", ""))
        if extent is None and answer.status != HTTPStatus.PARTIAL_CONTENT:
            return Piece(answer.body, 0, len(answer.body) if answer.complete else None, content_type)
        if extent is None or (start >= 0 and int(extent[1]) not in (0, start)):
            raise failures.unreadable(self._config.bucket)
        total = None if extent[3] == "*" else int(extent[3])
        return Piece(answer.body, int(extent[1]), total, content_type)

    async def _translated(self, call: Awaitable[Carried]) -> Carried:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        failed: SourceError
        try:
            return await call
        except ClientError as err:
            metadata = err.response.get("ResponseMetadata", {})
            if metadata.get("HTTPStatusCode") == 416:
                raise _EmptyRange from None
            failed = failures.of(err, metadata.get("HTTPHeaders", {}), self._config.bucket, self.secrets)
        except (ResponseParserError, BotoCoreError):
            failed = failures.unreadable(self._config.bucket)
        raise failed

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be seen in an answer or an error."""
        kept = (self._config.secret_access_key, self._config.session_token)
        return tuple(secret.get_secret_value() for secret in kept if secret)


class _EmptyRange(Exception):
    """The range begins behind the object's end: of an empty object every one does."""


def _page(carried: Carried, secrets: tuple[str, ...]) -> Page:
    """Raises LookupError, TypeError or ArithmeticError for what is no list of objects."""
    parsed = carried.parsed
    found = tuple(map(_object, parsed.get("Contents", ())))
    prefixes = tuple(_text(entry["Prefix"]) for entry in parsed.get("CommonPrefixes", ()))
    more = parsed.get("NextContinuationToken") if parsed.get("IsTruncated") else None
    return Page(found, prefixes, more, word(carried.answer.headers.get("Server", ""), secrets))


def _object(entry: Mapping[str, Any]) -> Object:
    modified, storage_class = entry.get("LastModified"), entry.get("StorageClass")
    return Object(_text(entry["Key"]), int(entry.get("Size", 0)), _utc(modified), storage_class)


def _text(value: Any) -> str:
    if not isinstance(value, str):  # an element that came twice
        raise TypeError
    return value


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None
