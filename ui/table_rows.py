"""What the rows of the list say: most of them say what they said at the run before, and are not written again."""

import math
from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain, repeat
from typing import Any, NamedTuple
from uuid import UUID

from core.i18n import Translator
from core.models import RecentCalls, Source
from ui import grid
from ui.widgets import kind_name

COLUMNS = ("status", "name", "kind", "last_ok", "p95", "errors", "recent")
"""In the order of reading, before the one that a table ends with."""
Recent = Mapping[UUID, RecentCalls]
NOT_CALLED = RecentCalls()


class Row(NamedTuple):
    """The cells of a source, and until when they hold, in seconds since 1970."""

    source: Source | None
    cells: tuple[Any, ...]
    until: float


NO_ROW = Row(None, (), 0.0)


class Rows:
    """The rows of one visit as they were last written, in the order of the table."""

    def __init__(self) -> None:
        # In one piece, because two threads may run for one visit.
        self._kept: tuple[Recent | None, Translator | None, list[Row]] = None, None, []

    def columns(self, sources: Sequence[Source], recent: Recent, t: Translator, now: datetime) -> dict[str, list[Any]]:
        """The table, column by column."""
        of_recent, of_t, kept = self._kept
        before = chain(kept if recent is of_recent and t is of_t else (), repeat(NO_ROW))
        moment = now.timestamp()
        rows = [
            row if row.source is source and moment < row.until else _row(source, recent, t, now)
            for source, row in zip(sources, before, strict=False)
        ]
        self._kept = recent, t, rows
        columns = map(list, zip(*(row.cells for row in rows), strict=True)) if rows else ([] for _ in COLUMNS)
        return dict(zip(COLUMNS, columns, strict=True))


def _row(source: Source, recent: Recent, t: Translator, now: datetime) -> Row:
    figures, lately = source.figures, recent.get(source.id, NOT_CALLED)
    when, line = figures.last_ok_ts, array("d", lately.averages)
    cells = (
        [t.text(f"status.{source.status.value}")],
        source.name,
        [kind_name(source.kind, t)],
        t.text("sources.never") if when is None else last_ok(when, t, now),
        grid.NOTHING if figures.p95_ms is None else t.duration_ms(figures.p95_ms),
        t.percent(lately.errors / lately.calls) if lately.calls else grid.NOTHING,
        line * 2 if len(line) == 1 else line,  # a single point would be no line
    )
    return Row(source, cells, math.inf if when is None else t.relative_until(when, now))


def last_ok(when: datetime, t: Translator, now: datetime) -> str:
    """How long ago the source last answered well, and on which day of the reader's calendar."""
    ago, day = t.relative(when, now), t.date(when)
    return ago if ago == day else f"{ago} · {day}"
