"""What a source holds and shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.models.messages import Message


@dataclass(frozen=True, slots=True)
class Column:
    """A sample's column; `type` is one of `core.values.TYPES`."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A bounded look at real data, in the source's own types.

    `rows` holds one tuple a row, in the order of `columns`. `truncated_by` is None or `limit`, `bytes`, `time`,
    `cell`, `columns`. `executed` is what was sent to the source, without secrets.
    """

    columns: tuple[Column, ...]
    rows: Sequence[tuple[Any, ...]]
    truncated_by: str | None = None
    bytes_read: int = 0
    executed: str = ""
    notes: tuple[Message, ...] = ()
