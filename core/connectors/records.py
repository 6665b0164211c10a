"""Documents as a table: what REST, GraphQL, MongoDB and JSON files answer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from core.models import Column, Sample
from core.row_builder import COLUMNS_MAX, RowBuilder

WHOLE = "value"
"""The column of records that have no members."""

_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "float"),
    (Decimal, "decimal"),
    (str, "string"),
    (datetime, "timestamp"),
    (date, "date"),
    (time, "time"),
    (timedelta, "interval"),
    (UUID, "uuid"),
    (bytes, "binary"),
    (Mapping, "json"),
    (list, "array"),
)
_NUMBERS = ("integer", "decimal", "float")


def sample_of(
    records: Iterable[Any],
    *,
    limit: int,
    bytes_max: int,
    executed: str,
    secrets: Sequence[str] = (),
    more: bool = False,
    cut_by: str | None = None,
) -> Sample:
    """A sample of the first `limit` records: one column a member, in the order in which they first come.

    A record beyond the limit, or `more`, says that the source had more; `cut_by` says by what it was cut before it
    came here. The source's own secrets in what it answered become `•••`, with a note.
    """
    taken = [_row(record) for record in islice(records, limit + 1)]
    shown = taken[:limit]
    names = list(dict.fromkeys(name for row in shown for name in row))
    width = len(names)
    del names[COLUMNS_MAX:]
    columns = tuple(Column(name, type_of([row.get(name) for row in shown])) for name in names)
    builder = RowBuilder(columns, limit, bytes_max, secrets=tuple(secrets), width=width)
    whole = all(builder.add([row.get(name) for name in names]) for row in taken)
    return builder.sample(executed, stopped_by=None if not whole else cut_by or ("limit" if more else None))


def type_of(values: Iterable[Any]) -> str:
    """The one type that all values have; numbers of several kinds are the widest of them, else `mixed`."""
    found = {_type(value) for value in values if value is not None}
    if len(found) == 1:
        return found.pop()
    if not found:
        return "null"
    if found <= set(_NUMBERS):
        return max(found, key=_NUMBERS.index)
    return "mixed"


def _type(value: Any) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return "timestamptz"
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "string")


def _row(record: Any) -> Mapping[str, Any]:
    return record if isinstance(record, Mapping) else {WHOLE: record}
