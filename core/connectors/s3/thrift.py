"""Thrift's compact protocol, as far as a Parquet file's own words need it (thrift-compact-protocol.md)."""

from collections.abc import Iterator

LEVELS_MAX = 20
_STOP, _BYTE, INTEGERS, _DOUBLE, _BINARY, _LIST, _SET, _MAP, STRUCT = 0, 3, (4, 5, 6), 7, 8, 9, 10, 11, 12
_VARINT_MAX = 10
_LONG = 15


class Ended(Exception):
    """The bytes end before the value does."""


class Malformed(Exception):
    """This is no value of the protocol."""


class Compact:
    """Bytes that are walked through; `at` is where the next value begins. Raises Ended and Malformed."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def fields(self) -> Iterator[tuple[int, int]]:
        """Number and type of each field of a struct; the value of each must be taken or skipped before the next."""
        number = 0
        while (head := self._byte()) & 0x0F != _STOP:
            number = number + (head >> 4) if head >> 4 else self.integer()
            yield number, head & 0x0F

    def integer(self) -> int:
        coded = self._varint()
        return (coded >> 1) ^ -(coded & 1)

    def listed(self) -> tuple[int, int]:
        """How many elements a list has, and of what type."""
        head = self._byte()
        return (self._varint() if head >> 4 == _LONG else head >> 4), head & 0x0F

    def skip(self, type_: int, levels: int = LEVELS_MAX, alone: bool = False) -> None:
        """Passes a value by; `alone` stands one that is no field, where booleans take a byte."""
        if type_ in (1, 2):
            self._pass(int(alone))
        elif type_ == _BYTE:
            self._pass(1)
        elif type_ in INTEGERS:
            self._varint()
        elif type_ == _DOUBLE:
            self._pass(8)
        elif type_ == _BINARY:
            self._pass(self._varint())
        else:
            self._skip_members(type_, levels - 1)

    def _skip_members(self, type_: int, levels: int) -> None:
        if levels <= 0:
            raise Malformed
        if type_ in (_LIST, _SET):
            count, of = self.listed()
            for _ in range(count):
                self.skip(of, levels, alone=True)
        elif type_ == _MAP:
            count = self._varint()
            kinds = self._byte() if count else 0
            for _ in range(count):
                self.skip(kinds >> 4, levels, alone=True)
                self.skip(kinds & 0x0F, levels, alone=True)
        elif type_ == STRUCT:
            for _, of in self.fields():
                self.skip(of, levels)
        else:
            raise Malformed

    def _pass(self, length: int) -> None:
        self.at += length
        if self.at > len(self.data):
            raise Ended

    def _byte(self) -> int:
        self._pass(1)
        return self.data[self.at - 1]

    def _varint(self) -> int:
        value = 0
        for position in range(_VARINT_MAX):
            byte = self._byte()
            value |= (byte & 0x7F) << 7 * position
            if byte < 0x80:
                return value
        raise Malformed
