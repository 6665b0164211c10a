"""What a column chunk's pages take once they are decompressed, as their headers say: nothing else bounds it."""

from dataclasses import dataclass, replace

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
    """Bytes, of the dictionary, of the largest other page and of all others together, and how many values they have.

    `stored` is the dictionary as it is stored.
    """

    dictionary: int = 0
    largest: int = 0
    plain: int = 0
    values: int = 0
    stored: bytes = b""

    @property
    def held(self) -> int:
        """A reader holds the dictionary and one page."""
        return self.dictionary + self.largest


def measured(chunk: bytes) -> Pages:
    """Raises BadAnswer for what is no chunk, or one of more than 10,000 pages."""
    walk, found = Compact(chunk), Pages()
    for _ in range(PAGES_MAX):
        if walk.at >= len(chunk):
            return found
        try:
            kind, plain, stored, count = _header(walk)
        except (Ended, Malformed):
            raise BadAnswer("parquet") from None
        if min(stored, plain, count) < 0 or (kind == _DICTIONARY and found.stored):
            raise BadAnswer("parquet")
        content, walk.at = chunk[walk.at : walk.at + stored], walk.at + stored
        if kind == _DICTIONARY:
            found = replace(found, dictionary=plain, stored=content)
        else:
            largest, all_of_them = max(found.largest, plain), found.plain + plain
            found = replace(found, largest=largest, plain=all_of_them, values=found.values + count)
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
