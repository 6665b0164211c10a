"""What a column chunk's pages take once they are decompressed, as their headers say: nothing else bounds it."""

from dataclasses import dataclass

from core.connectors.s3.thrift import Compact, Ended, Malformed
from core.errors import BadAnswer

PAGES_MAX = 10_000

# parquet.thrift, PageHeader and PageType
_TYPE, _PLAIN_SIZE, _STORED_SIZE = 1, 2, 3
_OF_DATA, _OF_DATA_V2, _VALUES = 5, 8, 1
_DICTIONARY = 2
_I32, _STRUCT = 5, 12  # thrift-compact-protocol.md


@dataclass(frozen=True, slots=True)
class Pages:
    """Bytes, of the dictionary and of the largest other page, and how many values all pages say to have."""

    dictionary: int
    largest: int
    values: int

    @property
    def held(self) -> int:
        """A reader holds the dictionary and one page."""
        return self.dictionary + self.largest


def measured(chunk: bytes) -> Pages:
    """Raises BadAnswer for what is no chunk, or one of more than 10,000 pages."""
    walk, dictionary, largest, values = Compact(chunk), 0, 0, 0
    for _ in range(PAGES_MAX):
        if walk.at >= len(chunk):
            return Pages(dictionary, largest, values)
        try:
            kind, plain, stored, count = _header(walk)
        except (Ended, Malformed):
            raise BadAnswer("parquet") from None
        if min(stored, plain, count) < 0:
            raise BadAnswer("parquet")
        walk.at += stored
        dictionary += plain if kind == _DICTIONARY else 0
        largest = max(largest, 0 if kind == _DICTIONARY else plain)
        values += count
    raise BadAnswer("parquet")


def _header(walk: Compact) -> tuple[int, int, int, int]:
    """Raises Malformed for what readers take for different numbers: a field that comes twice, or of another type."""
    found, values = {_TYPE: 0, _PLAIN_SIZE: 0, _STORED_SIZE: 0}, 0
    seen: set[int] = set()
    for number, type_ in walk.fields():
        if number in seen:
            raise Malformed
        seen.add(number)
        if number in found:
            found[number] = _number(walk, type_)
        elif number in (_OF_DATA, _OF_DATA_V2):
            values += _values(walk, type_)
        else:
            walk.skip(type_)
    return found[_TYPE], found[_PLAIN_SIZE], found[_STORED_SIZE], values


def _values(walk: Compact, type_: int) -> int:
    if type_ != _STRUCT:
        raise Malformed
    counts = list[int]()
    for number, of in walk.fields():
        if number == _VALUES:
            counts.append(_number(walk, of))
        else:
            walk.skip(of)
    if len(counts) != 1:
        raise Malformed
    return counts[0]


def _number(walk: Compact, type_: int) -> int:
    if type_ != _I32:
        raise Malformed
    return walk.integer()
