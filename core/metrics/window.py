"""The latencies of the last 10 minutes, but always of at least the last 20 calls."""

import struct
from collections import deque
from datetime import UTC, datetime, timedelta

from core.metrics.histogram import Histogram

WINDOW = timedelta(minutes=10)
SLICE = timedelta(minutes=1)
KEPT = WINDOW + SLICE
WINDOW_CALLS_MIN = 20
_HEAD = struct.Struct("<dH")


class LatencyWindow:
    """In slices of one minute, oldest first."""

    def __init__(self) -> None:
        self._slices: deque[tuple[datetime, Histogram]] = deque()

    def add(self, now: datetime, index: int) -> None:
        """A call whose latency lies in the histogram's bucket `index`."""
        if not (self._slices and self._slices[-1][0] <= now < self._slices[-1][0] + SLICE):
            self._redate(now)
            if not self._slices or now - self._slices[-1][0] >= SLICE:
                self._slices.append((now, Histogram()))
            self._expire(now)
        self._slices[-1][1].add_index(index)

    def histogram(self, now: datetime) -> Histogram:
        """To be read only: of a single slice it is the slice itself."""
        self._expire(now)
        parts = [part for _, part in self._slices]
        return parts[0] if len(parts) == 1 else Histogram.merged(parts)

    def lasts_until(self) -> datetime:
        """When the oldest slice goes, if no call comes before."""
        if sum(part.total for _, part in self._slices) - self._first < WINDOW_CALLS_MIN:
            return datetime.max.replace(tzinfo=UTC)
        return self._slices[0][0] + KEPT

    def pack(self) -> bytes:
        return b"".join(_packed(at, part.pack()) for at, part in self._slices)

    @classmethod
    def unpack(cls, data: bytes) -> "LatencyWindow":
        """The inverse of `pack`. Raises struct.error or ValueError for anything else."""
        window, position = cls(), 0
        while position < len(data):
            seconds, length = _HEAD.unpack_from(data, position)
            start = position + _HEAD.size
            position = start + length
            window._slices.append((datetime.fromtimestamp(seconds, UTC), Histogram.unpack(data[start:position])))
        return window

    @property
    def _first(self) -> int:
        return self._slices[0][1].total if self._slices else 0

    def _redate(self, now: datetime) -> None:
        # After the clock was set back, slices of the future would take every later call and never expire.
        if self._slices and self._slices[-1][0] > now:
            self._slices = deque((min(at, now), part) for at, part in self._slices)

    def _expire(self, now: datetime) -> None:
        if not self._slices or now - self._slices[0][0] < KEPT:
            return
        total = sum(part.total for _, part in self._slices)
        while self._slices and now - self._slices[0][0] >= KEPT:
            total -= self._slices[0][1].total
            if total < WINDOW_CALLS_MIN:
                return
            self._slices.popleft()


def _packed(at: datetime, histogram: bytes) -> bytes:
    return _HEAD.pack(at.timestamp(), len(histogram)) + histogram
