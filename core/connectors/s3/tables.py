"""The first rows of CSV, JSON, JSON Lines, text, and of anything else as bytes."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from core.connectors import json_text
from core.connectors.records import sample_of
from core.errors import BadAnswer
from core.models import Column, Sample
from core.values import RowBuilder

DUMP_WIDTH = 16
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)\.\d+")
_EMPTY = frozenset({"", "NA", "NULL", "null", "None", "NaN", "nan"})
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

Reader = Callable[[str, int, int, bool, tuple[str, ...]], Sample]
"""Text, limit, bytes allowed, whether the text is cut off, secrets to hide."""


def readable(content: bytes, cut: bool) -> tuple[str | None, str | None]:
    """The content as text, None where it is none, and the name of a note on how it was read."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if content.startswith(mark):
            return _decoded(content[len(mark) :], name, cut), None
    if _CONTROL.search(content):
        return None, None
    text = _decoded(content, "utf-8", cut)
    return (text, None) if text is not None else (_decoded(content, "windows-1256", cut), "windows_1256")


def _decoded(content: bytes, encoding: str, cut: bool) -> str | None:
    """A letter that the cut went through is left out."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(content, final=not cut)
    except UnicodeDecodeError:
        return None


def csv_of(text: str, limit: int, bytes_max: int, cut: bool, secrets: tuple[str, ...]) -> Sample:
    """Comma, semicolon, tab or bar; the first row names the columns unless it holds numbers."""
    rows = _csv_rows(text, limit + 2, cut)
    if not rows:
        return RowBuilder((), limit, bytes_max).sample("")
    named = not any(_INTEGER.fullmatch(cell) or _DECIMAL.fullmatch(cell) for cell in rows[0])
    width = max(map(len, rows))
    names = _padded(rows[0] if named else [], width)
    cells = [_padded_cells(row, width) for row in rows[named:]]
    types = [_cell_type(row[position] for row in cells) for position in range(width)]
    columns = tuple(Column(name, type_) for name, type_ in zip(names, types, strict=True))
    return _table(columns, [_typed(row, types) for row in cells], limit, bytes_max, cut, secrets)


def _csv_rows(text: str, wanted: int, cut: bool) -> list[list[str]]:
    if cut:
        text = text[: text.rfind("\n") + 1] or text
    sample = text[:8192]
    found: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(sample)):
            if row:
                found.append(row)
            if len(found) >= wanted:
                break
    except csv.Error:
        raise BadAnswer("not_csv") from None
    return found


def _delimiter(sample: str) -> str:
    """The mark that stands most often in the first line: csv.Sniffer guesses letters of Persian words."""
    line = sample.split("\n", 1)[0]
    return max(",;\t|", key=line.count)


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
    """A document's records by the same rule as REST's."""
    document, whole = json_text.parse_cut(text) if cut else (json_text.parse(text.encode()), True)
    records = json_text.records_in(document, None)
    stopped = None if whole and not cut else "bytes"
    return sample_of(records, limit=limit, bytes_max=bytes_max, executed="", secrets=secrets, cut_by=stopped)


def json_lines_of(text: str, limit: int, bytes_max: int, cut: bool, secrets: tuple[str, ...]) -> Sample:
    """One document a line."""
    records = [json_text.parse(line.encode()) for line in _lines(text, limit + 1, cut) if line.strip()]
    stopped = "bytes" if cut else None
    return sample_of(records, limit=limit, bytes_max=bytes_max, executed="", secrets=secrets, cut_by=stopped)


def lines_of(text: str, limit: int, bytes_max: int, cut: bool, secrets: tuple[str, ...]) -> Sample:
    """Text, one row a line."""
    rows = [[line] for line in _lines(text, limit + 1, cut)]
    return _table((Column("line", "string"),), rows, limit, bytes_max, cut, secrets)


def _lines(text: str, wanted: int, cut: bool) -> list[str]:
    lines = text.split("\n", wanted)[:wanted] if wanted > 0 else []
    if cut and len(lines) < wanted and len(lines) > 1:
        lines.pop()
    return [line.removesuffix("\r") for line in lines if line or line is not lines[-1]]


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
) -> Sample:
    builder = RowBuilder(columns, limit, bytes_max, secrets=secrets)
    whole = all(builder.add(row) for row in rows)
    return builder.sample("", stopped_by="bytes" if whole and cut else None)


READERS: dict[str, Reader] = {
    ".csv": csv_of,
    ".tsv": csv_of,
    ".tab": csv_of,
    ".json": json_of,
    ".geojson": json_of,
    ".jsonl": json_lines_of,
    ".ndjson": json_lines_of,
}
