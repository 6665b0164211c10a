"""JSON as sources send it: numbers kept exact, depth bounded, and what was cut off read as far as it goes."""

import codecs
import json
import re
import sys
from decimal import Decimal, InvalidOperation
from typing import Any

from core.connectors.json_beginning import Beginning, broke_off
from core.errors import BadAnswer

__all__ = ["bounded", "parse", "parse_cut", "records_in", "rows_cut", "text_of"]

DEPTH_MAX = 200
"""Levels of nesting that are read: as deep as secrets are looked for, far above what any service means to send."""

VALUES_MAX = 150_000
"""Values that are read of one document: of five megabytes of `{}` Python would make a hundred and fifty."""

_STEP = 16 * 1024
_EXACT_DIGITS = 16
"""Texts of numbers up to this length hold at most 15 digits, which a double always gives back (IEEE 754, DBL_DIG)."""

_CODECS = re.compile(r"utf-(?:8|16|32)(?:-[lb]e)?|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|gb\w+|big5|shift_jis|euc_\w+")
"""Codecs of Python that decode text in linear time; others, such as punycode, do not."""

_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_CONTENT_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,80}", re.IGNORECASE)


def parse(data: bytes, charset: str | None = None, content_type: str = "") -> Any:
    """The document. Decimals that a float would change are Decimal; of members of one name the last counts.

    `charset` is what the sender said, `content_type` what it called the answer. Raises BadAnswer: `empty`, `not_json`,
    `truncated` for the beginning of a document, `depth`. Megabytes take tenths of a second: not on the event loop.
    """
    text = text_of(data, charset)
    if not text.strip():
        raise BadAnswer("empty")
    _check_depth(text)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as err:
        cut = broke_off(err)
    # Raised out here: the context of this error would hold the text.
    raise BadAnswer("truncated") if cut else _not_json(text, content_type)


def parse_cut(text: str, content_type: str = "", keep: int = sys.maxsize) -> tuple[Any, bool]:
    """What the beginning of a document holds, and whether the text went on to its end.

    Of the outermost list that was cut, the element that broke off is left out, unless it is the only one. Of that list,
    or of those that are members of the outermost object, at most `keep` elements are kept. Raises BadAnswer: `not_json`
    for text that is no beginning of a document, `depth`.
    """
    _check_depth(text)
    beginning = Beginning(text, _DECODER, keep)
    try:
        return beginning.read(), beginning.whole
    except json.JSONDecodeError:
        refused = _not_json(text, content_type)
    raise refused


def rows_cut(text: str, content_type: str = "", keep: int = sys.maxsize) -> tuple[Any, list[Any], bool]:
    """What the beginning of a document holds, its rows by the rule of `records_in`, of which at most `keep` are kept,
    and whether the text went on to its end. Raises BadAnswer as `parse_cut` does.
    """
    document, whole = parse_cut(text, content_type, keep)
    rows = records_in(document)
    if rows and rows[0] is document and isinstance(document, dict) and _may_be_shortened(document, keep):
        # It is one row, and its lists are no rows but values of it.
        document, whole = parse_cut(text, content_type)
        rows = records_in(document)
    return document, rows, whole


def _may_be_shortened(document: dict[str, Any], keep: int) -> bool:
    return any(isinstance(member, list) and len(member) >= keep for member in document.values())


def bounded(text: str, values_max: int = VALUES_MAX) -> tuple[str, bool]:
    """So much of a document's text as holds at most so many values, about; and whether that is all of it."""
    if _marks(text, 0, len(text)) <= values_max:
        return text, True
    marks = at = 0
    while (marks := marks + _marks(text, at, at + _STEP)) <= values_max:
        at += _STEP
    return text[:at], False


def _marks(text: str, start: int, end: int) -> int:
    """Each value has one before or behind it; those within texts are counted too."""
    return sum(text.count(mark, start, end) for mark in ",[{:")


def _not_json(text: str, content_type: str) -> BadAnswer:
    known = _CONTENT_TYPE.match(content_type)
    if known and "json" not in known[0].lower():
        return BadAnswer("not_json", content_type=known[0].lower())
    return BadAnswer("not_json", content_type="HTML" if text.lstrip().startswith("<") else "text")


def records_in(document: Any, path: str | None = None, root: str | None = None) -> list[Any]:
    """The rows in a document: those at a JSONPath, else by the rule of the kind.

    Without `root` (REST, files): a list itself, else the only member that is a list of objects, else the document as
    one row. With `root`, a member's name (GraphQL's `data`): paths start there, and the rule is the first list below
    it, breadth first, else that member as one row. Raises InvalidInput naming `params.records_path`, LimitExceeded.
    """
    if root is not None:
        document = document.get(root) if isinstance(document, dict) else None
    if path:
        from core.connectors.json_path import records_at

        return records_at(document, path)
    if isinstance(document, list):
        return document
    found = _only_list(document) if root is None else _first_list(document)
    if found is not None:
        return found
    return [] if document is None else [document]


def _only_list(document: Any) -> list[Any] | None:
    lists = [member for member in document.values() if _holds_objects(member)] if isinstance(document, dict) else []
    return lists[0] if len(lists) == 1 else None


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _first_list(document: Any) -> list[Any] | None:
    level = [document]
    while level:
        members = [member for each in level if isinstance(each, dict) for member in each.values()]
        found = next((member for member in members if isinstance(member, list)), None)
        if found is not None:
            return found
        level = members
    return None


def text_of(data: bytes, charset: str | None = None) -> str:
    """Text of the bytes: by their byte order mark, else by `charset`, else as RFC 8259 has it, in UTF-8, 16 or 32.

    What is no text in that encoding becomes U+FFFD.
    """
    encoding: str = json.detect_encoding(data)
    if encoding == "utf-8" and charset:
        encoding = _codec(charset) or encoding
    try:
        text = data.decode(encoding, "surrogatepass" if encoding.startswith("utf") else "strict")
    except UnicodeError:
        text = data.decode(encoding, "replace")
    return text.removeprefix("\ufeff")


def _codec(charset: str) -> str | None:
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return None
    return name if _CODECS.fullmatch(name) else None


def _integer(text: str) -> int | Decimal:
    # Python reads integers in quadratic time, and by default none of more than 4,300 digits.
    return int(text) if len(text) <= sys.int_info.default_max_str_digits else Decimal(text)


def _decimal(text: str) -> float | Decimal:
    number = float(text)
    if len(text) <= _EXACT_DIGITS and "e" not in text and "E" not in text:
        return number
    try:
        exact = Decimal(text)
    except InvalidOperation:  # an exponent of more than 18 digits
        return number
    return number if exact == Decimal(repr(number)) else exact


_DECODER = json.JSONDecoder(parse_float=_decimal, parse_int=_integer, strict=False)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def _check_depth(text: str) -> None:
    """Raises BadAnswer; brackets are counted without reading the document, for which the stack might not last."""
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    outside = _STRING.sub("", text).encode("utf-8", "surrogatepass")
    nested = outside.translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(DEPTH_MAX):
        if b"[" * (DEPTH_MAX + 1) in nested:
            break
        inner, nested = nested, nested.replace(b"[]", b"")  # takes the innermost level away
        if len(inner) == len(nested):
            return
    raise BadAnswer("depth", levels=DEPTH_MAX)
