"""An exponential histogram: bounded relative error, bounded size, and merging is integer addition.

Bucket i holds values in (b^(i-1), b^i] with b = 2^(1/16). A quantile answers the bucket's geometric middle, so it is
off by at most a factor 2^(1/32): 2.2 %. (The same layout as OpenTelemetry's exponential histogram at scale 4.)
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator

SCALE = 16
RELATIVE_ERROR = 2 ** (1 / (2 * SCALE)) - 1
SMALLEST_MS, LARGEST_MS = 1e-3, 1e7
OFFSET = 1024
"""Added to the first index when packing, so that it is never negative: the least one is -160."""


class Histogram:
    """Counts of latencies in milliseconds; values outside 1 µs … 10,000 s fall into the outermost buckets."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()
        self.total = 0

    def add(self, value_ms: float) -> None:
        self.add_index(index_of(value_ms))

    def add_index(self, index: int) -> None:
        """A value whose bucket is known: several histograms of one value need its logarithm once."""
        self.counts[index] += 1
        self.total += 1

    def merge(self, other: "Histogram") -> None:
        self.counts.update(other.counts)
        self.total += other.total

    def quantile(self, q: float) -> float | None:
        """The value below which a share `q` (0 … 1) of all lies, in milliseconds; None when nothing was added."""
        if not self.total:
            return None
        rank, seen = max(1, math.ceil(q * self.total)), 0
        for index in sorted(self.counts):
            seen += self.counts[index]
            if seen >= rank:
                return float(2 ** ((index - 0.5) / SCALE))
        raise AssertionError("unreachable: counts add up to total")

    def pack(self) -> bytes:
        """Of each bucket in use its distance from the one before and its count, as LEB128: mostly two bytes."""
        packed, before = bytearray(), -OFFSET
        for index in sorted(self.counts):
            _append(packed, index - before)
            _append(packed, self.counts[index])
            before = index
        return bytes(packed)

    @classmethod
    def unpack(cls, data: bytes) -> "Histogram":
        """The inverse of `pack`. Raises ValueError when the data end within a pair."""
        histogram, index, numbers = cls(), -OFFSET, _numbers(data)
        for distance in numbers:
            index += distance
            count = next(numbers, None)
            if count is None:
                raise ValueError("a bucket without its count")
            histogram.counts[index] += count
            histogram.total += count
        return histogram

    @classmethod
    def merged(cls, parts: Iterable["Histogram"]) -> "Histogram":
        whole = cls()
        for part in parts:
            whole.merge(part)
        return whole


def index_of(value_ms: float) -> int:
    """The bucket that holds a value."""
    return math.ceil(math.log2(min(max(value_ms, SMALLEST_MS), LARGEST_MS)) * SCALE)


def _append(packed: bytearray, number: int) -> None:
    while number > 0x7F:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    packed.append(number)


def _numbers(data: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0
    if shift:
        raise ValueError("a number without its end")
