"""Documents in and out: Extended JSON in requests, plain types in answers wherever a value has one.

What has none (ObjectId, Timestamp, Regex, MinKey, MaxKey, Code, DBRef, a date beyond the year 9999) is shown as its
relaxed Extended JSON ("MongoDB Extended JSON", version 2).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bson import encode
from bson.binary import Binary, UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.dbref import DBRef
from bson.decimal128 import Decimal128
from bson.errors import BSONError
from bson.json_util import JSONMode, JSONOptions, default, dumps, object_hook
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument
from bson.regex import Regex
from bson.timestamp import Timestamp

from core.connectors.mongodb.patterns import spelt

CODEC: CodecOptions[dict[str, Any]] = CodecOptions(
    document_class=dict,
    tz_aware=True,
    tzinfo=UTC,
    uuid_representation=UuidRepresentation.STANDARD,
    unicode_decode_error_handler="replace",
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)
RAW = CODEC.with_options(document_class=RawBSONDocument)
_RELAXED = JSONOptions(
    json_mode=JSONMode.RELAXED, tz_aware=True, tzinfo=UTC, uuid_representation=UuidRepresentation.STANDARD
)

_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "bool"), (int, "int"), (float, "double"), (str, "string"), (datetime, "date"), (Mapping, "object"),
    (list, "array"), (ObjectId, "objectId"), (Decimal128, "decimal"), (UUID, "uuid"), (bytes, "binData"),
    (Timestamp, "timestamp"), (Regex, "regex"), (DBRef, "dbPointer"),
)  # fmt: skip


def parsed(request: Any) -> Any:
    """Extended JSON, canonical or relaxed, as values of the driver. Raises ValueError for what is none."""
    try:
        value = json.loads(json.dumps(spelt(request)), object_hook=_document)
        encode({"": value}, codec_options=CODEC)
    except (BSONError, TypeError, OverflowError, ArithmeticError, RecursionError) as err:
        raise ValueError("no Extended JSON") from err
    return value


def written(value: Any) -> str:
    """Relaxed Extended JSON on one line."""
    return dumps(value, json_options=_RELAXED, ensure_ascii=False)


def plain(value: Any) -> Any:
    """A value of the driver in the result types that every kind shares."""
    match value:
        case None | bool() | float() | datetime() | UUID():
            return value
        case int():
            return int(value)
        case str() if type(value) is str:
            return value
        case Decimal128():
            return value.to_decimal()
        case Binary() | bytes():
            return bytes(value)
        case Mapping():
            return {name: plain(member) for name, member in value.items()}
        case list():
            return [plain(member) for member in value]
    return plain(_extended(value))


def type_name(value: Any) -> str:
    """The type in MongoDB's own words, as `$type` takes them."""
    if value is None:
        return "null"
    return next((word for kind, word in _TYPES if isinstance(value, kind)), type(value).__name__)


def members(document: Any) -> Iterator[tuple[str, Any]]:
    """The members of a document, or of the documents in an array."""
    if isinstance(document, Mapping):
        yield from document.items()
    elif isinstance(document, list):
        for element in document:
            if isinstance(element, Mapping):
                yield from element.items()


def _document(found: dict[str, Any]) -> Any:
    """The driver would make a pattern of every `$regex`, and drop what stands beside it."""
    return found if "$regex" in found else object_hook(found, _RELAXED)


def _extended(value: Any) -> Any:
    if isinstance(value, DBRef):
        return dict(value.as_doc())
    try:
        return default(value, json_options=_RELAXED)
    except TypeError:
        return str(value)
