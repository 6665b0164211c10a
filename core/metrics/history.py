"""What one process saw of one source, in stretches of five minutes, until it is stored."""

from dataclasses import dataclass
from datetime import datetime

from core.metrics.histogram import Histogram

BUCKET_S = 300
OPEN_MAX = 288
"""Stretches of one source that wait while the database takes none: a day; the oldest go."""


@dataclass(frozen=True, slots=True)
class PackedBucket:
    """A stretch of history as it is stored. `ts` is its start in seconds since 1970, `latency_us` the sum of latencies.

    `added` says that it comes on top of what this process stored of the same stretch before; else it replaces that.
    """

    ts: int
    calls: int
    errors: int
    rejected: int
    latency_us: int
    histogram: bytes
    added: bool = False


class Bucket:
    """Counts of one stretch."""

    __slots__ = ("added", "calls", "changed", "errors", "histogram", "latency_us", "rejected")

    def __init__(self, *, added: bool = False) -> None:
        self.calls = self.errors = self.rejected = self.latency_us = 0
        self.histogram = Histogram()
        self.added, self.changed = added, True

    def packed(self, ts: int) -> PackedBucket:
        counts = (self.calls, self.errors, self.rejected, self.latency_us)
        return PackedBucket(ts, *counts, self.histogram.pack(), self.added)


class HistoryLog:
    """The stretches that are not stored yet, and the present one.

    A stretch is written whole each time it changed, so that writing it twice counts nothing twice. Only one that
    comes back after it was let go of (the clock was set back) is written as an addition.
    """

    def __init__(self) -> None:
        self._buckets: dict[int, Bucket] = {}
        self._taken: dict[int, Bucket] = {}
        self._gone_until = 0

    def call(self, now: datetime, latency_ms: float, index: int, *, error: bool) -> None:
        """One admitted call that took `latency_ms`, which lies in the histogram's bucket `index`."""
        bucket = self._at(now)
        bucket.calls += 1
        bucket.errors += error
        bucket.latency_us += round(latency_ms * 1000)
        bucket.histogram.add_index(index)

    def reject(self, now: datetime) -> None:
        """One call that the breaker refused."""
        self._at(now).rejected += 1

    def take(self) -> tuple[PackedBucket, ...]:
        """What has to be written; `written` or `give_back` says what became of it."""
        self._taken = {ts: bucket for ts, bucket in self._buckets.items() if bucket.changed}
        for ts, bucket in self._taken.items():
            bucket.changed = False
            if bucket.added:
                del self._buckets[ts]  # what comes meanwhile is an addition of its own
        return tuple(bucket.packed(ts) for ts, bucket in self._taken.items())

    def written(self) -> None:
        """Lets go of every stretch that is over and stored."""
        self._taken = {}
        newest = max(self._buckets, default=0)
        for ts in [ts for ts, bucket in self._buckets.items() if ts < newest and not bucket.changed]:
            del self._buckets[ts]
            self._gone_until = max(self._gone_until, ts)

    def give_back(self) -> None:
        """Nothing of it was written."""
        for ts, bucket in self._taken.items():
            bucket.changed = True
            if bucket.added:
                self._rejoin(ts, bucket)
        self._taken = {}

    def _at(self, now: datetime) -> Bucket:
        ts = int(now.timestamp()) // BUCKET_S * BUCKET_S
        bucket = self._buckets.get(ts)
        if bucket is None:
            bucket = self._buckets[ts] = Bucket(added=ts <= self._gone_until)
            if len(self._buckets) > OPEN_MAX:
                del self._buckets[min(self._buckets)]
        bucket.changed = True
        return bucket

    def _rejoin(self, ts: int, before: Bucket) -> None:
        since = self._buckets.setdefault(ts, before)
        if since is not before:
            for name in ("calls", "errors", "rejected", "latency_us"):
                setattr(since, name, getattr(since, name) + getattr(before, name))
            since.histogram.merge(before.histogram)
