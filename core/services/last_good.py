"""The last good answer of each source, kept in memory so that there is something to look at while it is suspended.

Never on disk, and only as long as the configuration that it came from.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from core.models import KeptSample, SampleResult
from core.storage.sources import SourceRecord

SOURCES_MAX = 200
BYTES_MAX = 64 * 1024 * 1024
"""Of all of them together, as estimated; one that takes more than a quarter is not kept at all."""

VALUE_OVERHEAD, TEXT_FACTOR = 64, 4
"""What CPython needs beside the data: an object and its place in a row, and up to four bytes a letter."""


class LastGood:
    """One sample a source, the oldest go first. Lives on the background loop."""

    def __init__(
        self, clock: Callable[[], datetime], sources_max: int = SOURCES_MAX, bytes_max: int = BYTES_MAX
    ) -> None:
        self._clock, self._sources_max, self._bytes_max = clock, sources_max, bytes_max
        self._kept: dict[int, tuple[int, int, KeptSample]] = {}

    def keep(self, record: SourceRecord, params: Mapping[str, Any], result: SampleResult) -> None:
        """`record` is the source as it was when the sample was asked for."""
        self.drop(record.id)
        size = estimated_bytes(result)
        if size > self._bytes_max // 4:
            return
        self._kept[record.id] = (record.config_version, size, KeptSample(result, dict(params), self._clock()))
        while len(self._kept) > self._sources_max or sum(size for _, size, _ in self._kept.values()) > self._bytes_max:
            self._kept.pop(next(iter(self._kept)))

    def of(self, record: SourceRecord) -> KeptSample | None:
        """None without one, or where it came from another configuration."""
        version, _, sample = self._kept.get(record.id, (None, 0, None))
        if version != record.config_version:
            self.drop(record.id)
            return None
        return sample

    def drop(self, source_id: int) -> None:
        self._kept.pop(source_id, None)


def estimated_bytes(result: SampleResult) -> int:
    """Memory that a sample holds, without walking through it."""
    sample = result.sample
    return sample.bytes_read * TEXT_FACTOR + len(sample.rows) * len(sample.columns) * VALUE_OVERHEAD
