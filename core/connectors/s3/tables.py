"""The first rows of CSV, JSON, JSON Lines, text, and of anything else as bytes."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any

from core.connectors import json_text
from core.connectors.records import sample_of
from core.connectors.s3.csv_lines import Lines
from core.errors import BadAnswer
from core.models import Column, Message, Sample
from core.row_builder import COLUMNS_MAX, RowBuilder

DUMP_WIDTH = 16
SNIFFED = 8192
"""Characters that are looked at for what divides fields."""

SNIFFED_ROWS = 20
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)\.\d+")
_DATE = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[T ].{0,40})?")
_YEAR = re.compile(r"[12]\d{3}")
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "0123456789" * 2)
_EMPTY = frozenset({"", "NA", "NULL", "null", "None", "NaN", "nan"})

Reader = Callable[[str, int, int, bool, tuple[str, ...]], Sample]
"""Text, limit, bytes allowed, whether the text is cut off, secrets to hide."""


def csv_of(text: str, limit: int, bytes_max: int, cut: bool, secrets: tuple[str, ...]) -> Sample:
    """Comma, semicolon, tab or bar, whichever divides the first rows most evenly."""
    return _separated(text, limit, bytes_max, cut, secrets, _delimiter(text[:SNIFFED]))


def tsv_of(text: str, limit: int, bytes_max: int, cut: bool, secrets: tuple[str, ...]) -> Sample:
    """Tabs, as the name says."""
    return _separated(text, limit, bytes_max, cut, secrets, "\t")


def _separated(text: str, limit: int, bytes_max: int, cut: bool, secrets: tuple[str, ...], delimiter: str) -> Sample:
    rows, width, cut = _csv_rows(text, limit + 2, cut, delimiter)
    if not rows:
        return RowBuilder((), limit, bytes_max).sample("")
    named = _names_columns(rows)
    shown = min(width, COLUMNS_MAX)
    names = _padded(rows[0] if named else [], shown)
    cells = [_padded_cells(row, shown) for row in rows[named:]]
    types = [_cell_type(row[position] for row in cells) for position in range(shown)]
    columns = tuple(Column(name, type_) for name, type_ in zip(names, types, strict=True))
    return _table(columns, [_typed(row, types) for row in cells], limit, bytes_max, cut, secrets, width)


def _csv_rows(text: str, wanted: int, cut: bool, delimiter: str) -> tuple[list[list[str]], int, bool]:
    """Rows, each as far as it is shown, how many fields the widest has, and whether the text went on."""
    found, width, lines = list[list[str]](), 0, Lines(text, delimiter)
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            lines.fields = 0
            if row:
                width = max(width, len(row))
                found.append(row[:COLUMNS_MAX])
            if len(found) >= wanted:
                return found, width, cut
    except csv.Error:
        if not found:
            raise BadAnswer("not_csv") from None
        return found, width, True
    if cut and len(found) > 1:
        found.pop()  # it broke off, perhaps in the middle of a quoted field
    return found, width, cut


def _delimiter(beginning: str) -> str:
    """csv.Sniffer guesses letters of Persian words."""
    return max(",;\t|", key=lambda mark: _evenness(beginning, mark))


def _evenness(beginning: str, mark: str) -> tuple[bool, float, int]:
    """Whether most rows have several fields, how large a part of the rows has equally many, and how many that is."""
    try:
        rows = csv.reader(Lines(beginning, mark), delimiter=mark)
        widths = [len(row) for row in islice(rows, SNIFFED_ROWS) if row]
    except csv.Error:
        return False, 0, 0
    if len(widths) > 2:
        widths.pop()  # it may have been cut
    usual, times = Counter(widths).most_common(1)[0] if widths else (0, 0)
    return usual > 1, times / max(1, len(widths)), usual


def _names_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: it does unless it holds numbers or dates, as what follows does."""
    return not any(map(_is_value, rows[0])) or _heads_values(rows) or _names_years(rows)


def _heads_values(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a word stands above nothing but numbers or dates: years may name columns too."""
    below = rows[1:]
    return any(
        not _is_value(cell) and below and all(position < len(row) and _is_value(row[position]) for row in below)
        for position, cell in enumerate(rows[0])
    )


def _names_years(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row has words and then years, one after the other, and no row below has them too."""
    return _years(rows[0]) and all(map(str.strip, rows[0])) and not any(map(_years, rows[1:]))


def _years(row: Sequence[str]) -> bool:
    years = [int(cell) for cell in row if _YEAR.fullmatch(cell.translate(_DIGITS))]
    steps = {after - before for before, after in pairwise(years)}
    return len(years) > 1 and len(steps) == 1 and steps != {0} and sum(map(_is_value, row)) == len(years) < len(row)


def _is_value(cell: str) -> bool:
    cell = cell.translate(_DIGITS)
    return any(pattern.fullmatch(cell) for pattern in (_INTEGER, _DECIMAL, _DATE))


def _padded(names: Sequence[str], width: int) -> list[str]:
    given = [name.strip() or f"column_{position}" for position, name in enumerate(names, 1)]
    return given + [f"column_{position}" for position in range(len(given) + 1, width + 1)]


def _padded_cells(row: list[str], width: int) -> list[str]:
    return row + [""] * (width - len(row))


def _cell_type(cells: Iterable[str]) -> str:
    """Codes such as 0017 stay text: a number would lose their zeros."""
    held = [cell for cell in cells if cell not in _EMPTY]
    if not held:
        return "null" if not held else "string"
    if all(map(_INTEGER.fullmatch, held)):
        return "integer"
    if all(_INTEGER.fullmatch(cell) or _DECIMAL.fullmatch(cell) for cell in held):
        return "decimal"
    return "string"


def _typed(row: Sequence[str], types: Sequence[str]) -> list[Any]:
    return [_value(cell, type_) for cell, type_ in zip(row, types, strict=True)]


def _value(cell: str, type_: str) -> Any:
    if type_ in ("integer", "decimal", "null") and cell in _EMPTY:
        return None
    return {"integer": int, "decimal": Decimal}.get(type_, str)(cell)


def json_of(text: str, limit: int, bytes_max: int, cut: bool, secrets: tuple[str, ...]) -> Sample:
    """A document's records by the same rule as REST's; many programs give JSON Lines this name too."""
    document, fits = json_text.bounded(text)
    try:
        _, records, whole = json_text.rows_cut(document, keep=limit + 1)
    except BadAnswer as err:
        if err.reason != "not_json" or not _begins_with_line(text):
            raise
        return json_lines_of(text, limit, bytes_max, cut, secrets)
    if not (cut or whole) and fits:
        raise BadAnswer("truncated" if document.strip() else "empty")
    stopped = "bytes" if cut or not fits else None
    return sample_of(records, limit=limit, bytes_max=bytes_max, executed="", secrets=secrets, cut_by=stopped)


def json_lines_of(text: str, limit: int, bytes_max: int, cut: bool, secrets: tuple[str, ...]) -> Sample:
    """One document a line. Lines that are none are left out, and said; raises BadAnswer where there is no other."""
    text, fits = json_text.bounded(text)
    cut = cut or not fits
    records, broken = list[Any](), list[int]()
    filled = ((number, line) for number, line in enumerate(_lines(text, cut), 1) if line.strip())
    refused = BadAnswer("empty")
    while len(records) <= limit and (found := next(filled, None)) is not None:
        try:
            records.append(json_text.parse(found[1].encode()))
        except BadAnswer as err:
            refused = err
            broken.append(found[0])
    if broken and not records:
        raise refused
    stopped = "bytes" if cut else None
    sample = sample_of(records, limit=limit, bytes_max=bytes_max, executed="", secrets=secrets, cut_by=stopped)
    told = (Message("note.broken_lines", {"count": len(broken), "line": broken[0]}),) if broken else ()
    return replace(sample, notes=(*sample.notes, *told))


def _begins_with_line(text: str) -> bool:
    """Whether the first line is a document by itself."""
    first = next((line for line in _lines(text, cut=False) if line.strip()), "")
    try:
        return isinstance(json_text.parse(first.encode()), dict | list)
    except BadAnswer:
        return False


def lines_of(text: str, limit: int, bytes_max: int, cut: bool, secrets: tuple[str, ...]) -> Sample:
    """Text, one row a line."""
    rows = ([line] for line in islice(_lines(text, cut), limit + 1))
    return _table((Column("line", "string"),), rows, limit, bytes_max, cut, secrets)


def _lines(text: str, cut: bool) -> Iterator[str]:
    """Without their ends; of a text that is cut the last one, which broke off, only where it is the only one."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end].removesuffix("\r")
        start = end + 1
    if start < len(text) and not (cut and start):
        yield text[start:].removesuffix("\r")


def dumped(content: bytes, limit: int, bytes_max: int, cut: bool) -> Sample:
    """What is no text: sixteen bytes a row, in hexadecimal."""
    columns = (Column("offset", "integer"), Column("hex", "string"), Column("text", "string"))
    rows = [_dumped_row(content, start) for start in range(0, min(len(content), (limit + 1) * DUMP_WIDTH), DUMP_WIDTH)]
    return _table(columns, rows, limit, bytes_max, cut, ())


def _dumped_row(content: bytes, start: int) -> list[Any]:
    piece = content[start : start + DUMP_WIDTH]
    shown = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in piece)
    return [start, piece.hex(" "), shown]


def _table(
    columns: tuple[Column, ...],
    rows: Iterable[Sequence[Any]],
    limit: int,
    bytes_max: int,
    cut: bool,
    secrets: tuple[str, ...],
    width: int = 0,
) -> Sample:
    builder = RowBuilder(columns, limit, bytes_max, secrets=secrets, width=width)
    whole = all(builder.add(row) for row in rows)
    return builder.sample("", stopped_by="bytes" if whole and cut else None)


READERS: dict[str, Reader] = {
    ".csv": csv_of,
    ".tsv": tsv_of,
    ".tab": tsv_of,
    ".json": json_of,
    ".geojson": json_of,
    ".jsonl": json_lines_of,
    ".ndjson": json_lines_of,
}
