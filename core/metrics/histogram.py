"""An exponential histogram: bounded relative error, bounded size, and merging is integer addition.

Bucket i holds values in (b^(i-1), b^i] with b = 2^(1/16). A quantile answers the bucket's geometric middle, so it is
off by at most a factor 2^(1/32): 2.2 %. (The same layout as OpenTelemetry's exponential histogram at scale 4.)
"""

import math
from collections import Counter
from collections.abc import Iterable

SCALE = 16
RELATIVE_ERROR = 2 ** (1 / (2 * SCALE)) - 1
SMALLEST_MS, LARGEST_MS = 1e-3, 1e7
OFFSET = 160
"""Packing counts from the least bucket, so that no number is negative."""
MORE = 0b1000


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
        """Numbers in groups of three bits, each with a fourth that says whether more follow, two groups a byte.

        An odd number is twice a bucket's count and one, an even one twice the buckets to skip: neighbouring buckets
        take half a byte each while they hold less than four.
        """
        groups, expected = list[int](), -OFFSET
        for index in sorted(self.counts):
            if index != expected:
                _append(groups, (index - expected) << 1)
            _append(groups, self.counts[index] << 1 | 1)
            expected = index + 1
        if len(groups) % 2:
            groups.append(0)  # skips nothing
        return bytes(low | high << 4 for low, high in zip(groups[::2], groups[1::2], strict=True))

    @classmethod
    def unpack(cls, data: bytes) -> "Histogram":
        """The inverse of `pack`. Raises ValueError when the data end within a number."""
        histogram, index, number, shift = cls(), -OFFSET, 0, 0
        for byte in data:
            for group in (byte & 0xF, byte >> 4):
                number |= (group & 0b111) << shift
                if group >= MORE:
                    shift += 3
                    continue
                if number & 1:
                    histogram.counts[index] = number >> 1
                    index += 1
                else:
                    index += number >> 1
                number = shift = 0
        if shift:
            raise ValueError("a number without its end")
        histogram.total = sum(histogram.counts.values())
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


def _append(groups: list[int], number: int) -> None:
    while number > 0b111:
        groups.append(number & 0b111 | MORE)
        number >>= 3
    groups.append(number)
