"""Tables as spreadsheets read them."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would carry out instead of showing it."""

Cell = str | float | Decimal | datetime | None


def written(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, bom: bool = True) -> bytes:
    """UTF-8 behind a byte order mark, without which a spreadsheet takes Persian for Latin; times in ISO 8601.

    Other programs want none: for them `bom` is false.

    A text that a spreadsheet would carry out, a column's name too, stands behind an apostrophe; numbers stay numbers.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(map(_cell, header))
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8", "replace")


def _cell(value: Cell) -> Cell:
    if isinstance(value, datetime):
        return value.isoformat()
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
