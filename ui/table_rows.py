"""What the rows of the list say, as Arrow: what says the same as at the run before is not written again."""

import math
from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate, chain, repeat
from typing import Any, NamedTuple
from uuid import UUID

import pyarrow as pa

from core.i18n import Translator
from core.models import RecentCalls, Source
from ui import grid
from ui.widgets import kind_name

COLUMNS = ("status", "name", "kind", "last_ok", "p95", "errors")
"""In the order of reading, before the sparkline and the one that a table ends with."""
LAST_OK = COLUMNS.index("last_ok")
WORDS = ("status", "kind")
"""Columns of one word a cell, each cell a list of it."""
Recent = Mapping[UUID, RecentCalls]
NOT_CALLED = RecentCalls()


class Row(NamedTuple):
    """The cells of a source, and until when they hold, in seconds since 1970."""

    source: Source | None
    cells: tuple[Any, ...]
    until: float


class Written(NamedTuple):
    """A table, of what it was written, and until when it holds."""

    sources: Sequence[Source] = ()
    recent: Recent | None = None
    t: Translator | None = None
    rows: Sequence[Row] = ()
    until: float = 0.0
    columns: Mapping[str, pa.Array] = {}


NO_ROW = Row(None, (), 0.0)


class Rows:
    """The rows of one visit as they were last written, in the order of the table."""

    def __init__(self) -> None:
        # Each in one piece, because two threads may run for one visit.
        self._kept = Written()
        self._lines: tuple[Sequence[Source], Recent | None, pa.Array] = (), None, sparklines((), {})

    def columns(self, sources: Sequence[Source], recent: Recent, t: Translator, now: datetime) -> dict[str, pa.Array]:
        """The table by column. A list of sources that was given before holds the same ones still."""
        kept = self._kept
        if kept.sources is not sources or kept.recent is not recent or kept.t is not t:
            kept = _written(sources, recent, t, now, kept)
        elif kept.until <= now.timestamp():
            kept = _aged(kept, recent, t, now)
        self._kept = kept
        return dict(kept.columns)

    def sparklines(self, sources: Sequence[Source], recent: Recent) -> pa.Array:
        """The column of lines, which is most of the table."""
        of_sources, of_recent, lines = self._lines
        if of_sources is not sources or of_recent is not recent:
            lines = sparklines(sources, recent)
            self._lines = sources, recent, lines
        return lines


def sparklines(sources: Sequence[Source], recent: Recent) -> pa.Array:
    """Of each source the average latencies of its last day."""
    lines = [_line(recent.get(source.id, NOT_CALLED).averages) for source in sources]
    # From their bytes: number by number, the lines of 1,000 sources take longer than all other columns.
    ends = pa.array([0, *accumulate(map(len, lines))], pa.int32())
    buffers = [None, pa.py_buffer(b"".join(lines))]
    return pa.ListArray.from_arrays(ends, pa.Array.from_buffers(pa.float64(), int(ends[-1].as_py()), buffers))


def _line(averages: Sequence[float]) -> "array[float]":
    line = array("d", averages)
    return line * 2 if len(line) == 1 else line  # a single point would be no line


def _written(sources: Sequence[Source], recent: Recent, t: Translator, now: datetime, before: Written) -> Written:
    rows = _present(sources, before.rows if recent is before.recent and t is before.t else (), recent, t, now)
    cells = zip(*(row.cells for row in rows), strict=True) if rows else repeat((), len(COLUMNS))
    columns = {name: _arrow(name, column) for name, column in zip(COLUMNS, cells, strict=True)}
    return Written(sources, recent, t, rows, _until(rows), columns)


def _aged(before: Written, recent: Recent, t: Translator, now: datetime) -> Written:
    """The same sources later: nothing but their ages says something else."""
    rows = _present(before.sources, before.rows, recent, t, now)
    ages = _arrow("last_ok", [row.cells[LAST_OK] for row in rows])
    return before._replace(rows=rows, until=_until(rows), columns={**before.columns, "last_ok": ages})


def _present(
    sources: Sequence[Source], before: Sequence[Row], recent: Recent, t: Translator, now: datetime
) -> list[Row]:
    """The rows of these sources; of those before, what is of the same source and holds still."""
    moment = now.timestamp()
    return [
        row if row.source is source and moment < row.until else _row(source, recent, t, now)
        for source, row in zip(sources, chain(before, repeat(NO_ROW)), strict=False)
    ]


def _until(rows: Sequence[Row]) -> float:
    return min((row.until for row in rows), default=math.inf)


def _arrow(name: str, cells: Sequence[Any]) -> pa.Array:
    return pa.array(cells, pa.list_(pa.string()) if name in WORDS else pa.string())


def _row(source: Source, recent: Recent, t: Translator, now: datetime) -> Row:
    figures, lately = source.figures, recent.get(source.id, NOT_CALLED)
    when = figures.last_ok_ts
    cells = (
        [grid.status_word(source, t)],
        source.name,
        [kind_name(source.kind, t)],
        t.text("sources.never") if when is None else last_ok(when, t, now),
        grid.NOTHING if figures.p95_ms is None else t.duration_ms(figures.p95_ms),
        t.percent(lately.errors / lately.calls) if lately.calls else grid.NOTHING,
    )
    return Row(source, cells, math.inf if when is None else t.relative_until(when, now))


def last_ok(when: datetime, t: Translator, now: datetime) -> str:
    """How long ago the source last answered well, and on which day of the reader's calendar."""
    ago, day = t.relative(when, now), t.date(when)
    return ago if ago == day else f"{ago} · {day}"
