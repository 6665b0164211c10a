"""JSON as sources send it: numbers kept exact, depth bounded, and what was cut off read as far as it goes."""

import codecs
import json
import re
import sys
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from core.connectors.json_path import records_at
from core.errors import BadAnswer

__all__ = ["parse", "parse_cut", "records_in", "text_of"]

DEPTH_MAX = 200
"""Levels of nesting that are read: as deep as secrets are looked for, far above what any service means to send."""

_EXACT_DIGITS = 16
"""Texts of numbers up to this length hold at most 15 digits, which a double always gives back (IEEE 754, DBL_DIG)."""

_CODECS = re.compile(r"utf-(?:8|16|32)(?:-[lb]e)?|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|gb\w+|big5|shift_jis|euc_\w+")
"""Codecs of Python that decode text in linear time; others, such as punycode, do not."""

_SPACE = re.compile(r"[ \t\n\r]*")
_OUTSIDE_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_STRING_BEGUN = re.compile(r'"(?:[^"\\]|\\.)*\\?\Z', re.DOTALL)
_SCALAR_BEGUN = re.compile(r"[-+.0-9A-Za-z]*\Z")


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
    except ValueError:
        pass
    parse_cut(text, content_type)
    raise BadAnswer("truncated")


def parse_cut(text: str, content_type: str = "") -> tuple[Any, bool]:
    """What the beginning of a document holds, and whether it is the whole of it.

    Of the outermost list that was cut, the element that broke off is left out, unless it is the only one. Raises
    BadAnswer: `not_json` for text that is no beginning of a document, `depth`.
    """
    _check_depth(text)
    start = _SPACE.match(text)
    try:
        found = _Beginning(text).read(start.end() if start else 0)
    except ValueError:
        raise BadAnswer("not_json", content_type=_called(text, content_type)) from None
    return found.value, found.whole
