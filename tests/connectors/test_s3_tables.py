"""Text as a table: where rows end, what names columns, and how many rows come."""

from typing import Any

import pytest

from core.connectors.s3.columns import are_in
from core.connectors.s3.tables import csv_of, json_lines_of, json_of
from core.models import Sample


def table(sample: Sample) -> tuple[list[str], list[tuple[Any, ...]]]:
    return [column.name for column in sample.columns], list(sample.rows)


@pytest.mark.parametrize(
    ("text", "limit", "rows", "cut"),
    [
        ('\n\n\n{"a":1}\n{"a":2}\n', 2, [(1,), (2,)], None),
        ('{"a":1}\n\n' * 200, 100, [(1,)] * 100, "limit"),
        ('{"a":1}\r\n \r\n{"a":2}', 5, [(1,), (2,)], None),
        ("\n\n", 5, [], None),
    ],
)
def test_empty_lines_of_json_lines_are_no_rows(text: str, limit: int, rows: list[Any], cut: str | None):
    sample = json_lines_of(text, limit, 10_000, False, ())
    assert (list(sample.rows), sample.truncated_by) == (rows, cut)


def test_a_line_that_broke_off_is_left_out():
    assert list(json_lines_of('{"a":1}\n{"a":', 5, 10_000, True, ()).rows) == [(1,)]


@pytest.mark.parametrize(
    ("text", "names", "first"),
    [
        ("country,2020,2021\nIR,1,2\nIQ,3,4\n", ["country", "2020", "2021"], ("IR", 1, 2)),
        ("کشور,۱۴۰۰,۱۴۰۱\nایران,1,2\n", ["کشور", "۱۴۰۰", "۱۴۰۱"], ("ایران", 1, 2)),
        ("Ali,1990,1995\nSara,1985,1999\n", ["column_1", "column_2", "column_3"], ("Ali", 1990, 1995)),
        ("Ali,17,18\nSara,x,2\n", ["column_1", "column_2", "column_3"], ("Ali", "17", 18)),
        ("a,b\r1,2\r3,4\r", ["a", "b"], (1, 2)),
    ],
)
def test_what_names_columns(text: str, names: list[str], first: tuple[Any, ...]):
    found, rows = table(csv_of(text, 10, 10_000, False, ()))
    assert (found, rows[0]) == (names, first)


def test_lists_within_the_one_row_of_a_document_are_whole():
    sample = json_of('{"id": 1, "bbox": [1, 2, 3, 4], "tags": ["a", "b", "c"]}', 1, 10_000, False, ())
    assert table(sample) == (["id", "bbox", "tags"], [(1, [1, 2, 3, 4], ["a", "b", "c"])])
    two = '{"users": [{"a": 1}, {"a": 2}, {"a": 3}], "orders": [{"b": 1}, {"b": 2}, {"b": 3}]}'
    users, orders = json_of(two, 1, 10_000, False, ()).rows[0]
    assert (len(users), len(orders)) == (3, 3)


@pytest.mark.parametrize(("key", "is_table"), [("a.parquet", True), ("a.csv.gz", True), ("a.parquet/", False)])
def test_a_folder_is_no_table_whatever_it_is_called(key: str, is_table: bool):
    assert are_in(key) is is_table
