"""The rows of a sample on their way in: how much of them is kept, and what of it is shown."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from core.models import Column, Message, Sample
from core.redaction import Masker
from core.values import DEPTH_MAX, SURROGATE, clean, json_value, unique_names

CELL_MAX = 64 * 1024
"""Bytes kept of one cell: more than anyone reads, little enough that a page can show a hundred of them."""

COLUMNS_MAX = 500

_FIXED = frozenset({int, float, bool, datetime, date, time, timedelta, UUID})
"""Types whose values are shown as they are and count as 8 bytes: most cells of most samples."""
_BINARY = (bytes, bytearray, memoryview)
_TIMES = frozenset({"date", "time", "timestamp", "timestamptz"})


@dataclass(slots=True)
class RowBuilder:
    """Gathers rows within the caps of a sample: rows, bytes read, columns, and the size of one cell.

    `bytes_read` counts what the source sent, before cells are cut. A value that comes as text in a column of dates or
    times is one the driver has no object for (the year 10000, BC, infinity); it is shown with a note. `secrets` are the
    source's own: an echo of one in an answer becomes `•••`. `width` is how many columns the source has, where it has
    more than are given here.
    """

    columns: tuple[Column, ...]
    limit: int
    bytes_max: int
    cell_max: int = CELL_MAX
    bytes_read: int = 0
    secrets: tuple[str, ...] = field(default=(), repr=False)
    width: int = 0
    _rows: list[tuple[Any, ...]] = field(default_factory=list)
    _stopped_by: str | None = None
    _seen: set[str] = field(default_factory=set)
    _mask: Masker = field(init=False, repr=False)
    _types: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._mask = Masker(self.secrets)
        self._types = tuple(column.type for column in self.columns)
        self.width = max(self.width, len(self.columns))
        self.cell_max = min(self.cell_max, max(64, self.bytes_max // max(1, len(self.columns[:COLUMNS_MAX]))))

    def add(self, row: Sequence[Any]) -> bool:
        """Keeps a row. False when it was one too many: nothing more need be read."""
        if len(self._rows) >= self.limit or self.bytes_read >= self.bytes_max:
            self._stopped_by = "limit" if len(self._rows) >= self.limit else "bytes"
            return False
        shown = min(len(self.columns), COLUMNS_MAX)
        self._rows.append(tuple(map(self._read, row[:shown], self._types)))
        self.bytes_read += sum(map(size, row[shown:]))
        return True

    def sample(self, executed: str, stopped_by: str | None = None) -> Sample:
        """What was gathered, with a note on everything that is not as the source sent it.

        `stopped_by` says by what the rows were cut before they came here.
        """
        self._stopped_by = self._stopped_by or stopped_by
        names, renamed = unique_names([clean(column.name) for column in self.columns[:COLUMNS_MAX]])
        columns = tuple(Column(name, column.type) for name, column in zip(names, self.columns, strict=False))
        if renamed:
            self._seen.add("renamed_columns")
        if self.width > len(columns):
            self._seen.add("cut_columns")
        return Sample(columns, tuple(self._rows), self._truncated_by(), self.bytes_read, executed, self._notes())

    def _truncated_by(self) -> str | None:
        cut = (("cut_columns", "columns"), ("cut_cells", "cell"))
        return self._stopped_by or next((word for note, word in cut if note in self._seen), None)

    def _notes(self) -> tuple[Message, ...]:
        args = {"cut_cells": {"bytes": self.cell_max}, "cut_columns": {"shown": COLUMNS_MAX, "all": self.width}}
        return tuple(Message(f"note.{name}", args.get(name, {})) for name in sorted(self._seen))

    def _read(self, value: Any, type_: str) -> Any:
        """Counts what the source sent for a cell, and gives what is kept of it."""
        kind = type(value)
        if kind in _FIXED:
            self.bytes_read += 8
            return value
        if value is None:
            return None
        if isinstance(value, str):
            return self._text(value, type_)
        if kind is Decimal:
            return self._decimal(value)
        found = _measured(value)
        self.bytes_read += found.bytes
        if found.binary or self._mask.finds(found.texts):
            value, found = self._spared(value, found)
        return self._cell(value, found)

    def _text(self, value: str, type_: str) -> str:
        size, broken = _text_size(value)
        self.bytes_read += size
        if self._mask.finds((value,)):
            value = self._mask(value)
            self._seen.add("own_secret")
            size, broken = _text_size(value)
        if type_ in _TIMES:
            self._seen.add("times_as_text")
        if broken or "\ufffd" in value:
            self._seen.add("replaced_characters")
            value = clean(value)
        return self._cut(value) if size > self.cell_max else value

    def _decimal(self, value: Decimal) -> Any:
        text = str(value)
        self.bytes_read += len(text)
        return value if len(text) <= self.cell_max else self._cut(text)

    def _spared(self, value: Any, found: "_Measured") -> "tuple[Any, _Measured]":
        """Without the source's own secrets, if there are any in it."""
        kept = self._mask(value)
        if kept is value or kept == value:
            return value, found
        self._seen.add("own_secret")
        return kept, _measured(kept)

    def _cell(self, value: Any, found: "_Measured") -> Any:
        if isinstance(value, _BINARY):
            if len(value) <= self.cell_max:
                return value
            self._seen.add("cut_cells")
            return bytes(value[: self.cell_max])
        return self._document(value, found) if _members(value) is not None else value

    def _document(self, value: Any, found: "_Measured") -> Any:
        if found.broken:
            self._seen.add("replaced_characters")
        if found.bytes <= self.cell_max and found.levels <= DEPTH_MAX:
            return value
        return self._cut(json.dumps(json_value(value), ensure_ascii=False))

    def _cut(self, text: str) -> str:
        self._seen.add("cut_cells")
        return text[: self.cell_max].encode()[: self.cell_max].decode(errors="ignore")


def size(value: Any) -> int:
    """About how many bytes a value took on its way: its UTF-8 text, its bytes, the sum of its members."""
    return _measured(value).bytes


class _Measured(NamedTuple):
    """What one walk tells of a value: its size, the levels of documents in it, whether a text is no good Unicode, the
    texts in it, names of members included, and whether there are bytes."""

    bytes: int
    levels: int
    broken: bool
    texts: Sequence[str]
    binary: bool


def _measured(value: Any) -> _Measured:
    """Level by level, not by recursion: a document may be nested deeper than Python's stack."""
    count, levels, texts, others = 0, 0, list[str](), list[Any]()
    level = [value]
    while level:
        below: list[Any] = []
        nested = False
        for item in level:
            kind = type(item)
            if kind in _FIXED:
                count += 8
            elif isinstance(item, str):
                texts.append(item)
            elif (members := _members(item)) is None:
                others.append(item)
            else:
                nested = True
                below += members
        levels += nested
        level = below
    sizes = [_text_size(text) for text in texts]
    count += sum(size for size, _ in sizes) + sum(map(_leaf_size, others))
    binary = any(isinstance(other, _BINARY) for other in others)
    return _Measured(count, levels, any(broken for _, broken in sizes), texts, binary)


def _text_size(text: str) -> tuple[int, bool]:
    """Bytes as UTF-8, and whether there is a lone surrogate, which UTF-8 cannot carry."""
    if text.isascii():
        return len(text), False
    return len(text.encode("utf-8", "surrogatepass")), SURROGATE.search(text) is not None


def _leaf_size(leaf: Any) -> int:
    if leaf is None:
        return 0
    if isinstance(leaf, _BINARY):
        return len(leaf)
    return len(str(leaf)) if isinstance(leaf, Decimal) else 8


def _members(item: Any) -> Iterable[Any] | None:
    if isinstance(item, dict | Mapping):
        return [*item.keys(), *item.values()]
    return item if isinstance(item, list | tuple | set | frozenset) else None
