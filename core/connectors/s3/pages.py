"""What a column chunk's pages take once they are decompressed, as their headers say: nothing else bounds it."""

from dataclasses import dataclass

from core.connectors.s3.thrift import Compact, Ended, Malformed
from core.errors import BadAnswer

PAGES_MAX = 10_000

# parquet.thrift, PageHeader and PageType
_TYPE, _PLAIN_SIZE, _STORED_SIZE = 1, 2, 3
_DICTIONARY = 2


@dataclass(frozen=True, slots=True)
class Pages:
    """Bytes, of the dictionary and of the largest other page."""

    dictionary: int
    largest: int

    @property
    def held(self) -> int:
        """A reader holds the dictionary and one page."""
        return self.dictionary + self.largest


def measured(chunk: bytes) -> Pages:
    """Raises BadAnswer for what is no chunk, or one of more than 10,000 pages."""
    walk, dictionary, largest = Compact(chunk), 0, 0
    for _ in range(PAGES_MAX):
        if walk.at >= len(chunk):
            return Pages(dictionary, largest)
        try:
            kind, plain, stored = _header(walk)
        except (Ended, Malformed):
            raise BadAnswer("parquet") from None
        if stored < 0 or plain < 0:
            raise BadAnswer("parquet")
        walk.at += stored
        dictionary += plain if kind == _DICTIONARY else 0
        largest = max(largest, 0 if kind == _DICTIONARY else plain)
    raise BadAnswer("parquet")


def _header(walk: Compact) -> tuple[int, int, int]:
    found = {_TYPE: 0, _PLAIN_SIZE: 0, _STORED_SIZE: 0}
    for number, type_ in walk.fields():
        if number in found:
            found[number] = walk.integer()
        else:
            walk.skip(type_)
    return found[_TYPE], found[_PLAIN_SIZE], found[_STORED_SIZE]
