"""CSV and JSON Lines: the rows, and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

from core import spreadsheet
from core.exports.cells import cell_of
from core.models import Sample
from core.values import clean, json_value


def as_csv(sample: Sample, *, bom: bool = True) -> bytes:
    """Carries nothing out in a spreadsheet (see `core.spreadsheet.written`); missing values are empty.

    Without `bom` no byte order mark goes before it: programs want none, Excel takes Persian for Latin without it.
    """
    rows = (list(map(cell_of, row)) for row in sample.rows)
    return spreadsheet.written([column.name for column in sample.columns], rows, bom=bom)


def as_json_lines(sample: Sample) -> bytes:
    """One object a row, in the form of `core.values.json_value`."""
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in objects(sample)).encode()


def objects(sample: Sample) -> Iterator[dict[str, Any]]:
    """The rows as JSON objects."""
    names = [clean(column.name) for column in sample.columns]
    return ({name: json_value(value) for name, value in zip(names, row, strict=True)} for row in sample.rows)
