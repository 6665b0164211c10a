"""Text as a table: where rows end, what names columns, and how many rows come."""

import codecs
from typing import Any

import pytest

from core.connectors.s3.columns import are_in
from core.connectors.s3.encodings import readable
from core.connectors.s3.tables import csv_of, json_lines_of, json_of
from core.errors import BadAnswer
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


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("id,note\n1,ok\n2,one\rtwo\n3,c\n", [(1, "ok"), (2, "one"), ("two", ""), (3, "c")]),
        ('id,note\n1,"one\rtwo"\n2,b\n', [(1, "one\rtwo"), (2, "b")]),
        ("id,note\r\n1,a\r2,b\n", [(1, "a"), (2, "b")]),
        ("id;note\r1;a\r2;b\r", [(1, "a"), (2, "b")]),
    ],
)
def test_a_line_ends_with_either_sign_or_both(text: str, rows: list[tuple[Any, ...]]):
    sample = csv_of(text, 10, 10_000, False, ())
    assert [tuple(map(str, row)) for row in sample.rows] == [tuple(map(str, row)) for row in rows]
    assert sample.truncated_by is None


LINES = '{"a":1}\n{"a":2}\n{"a":3}\n'


def test_json_lines_by_the_name_of_json_are_rows():
    assert list(json_of(LINES, 10, 10_000, False, ()).rows) == [(1,), (2,), (3,)]
    assert list(json_of(LINES + '{"a":', 10, 10_000, True, ()).rows) == [(1,), (2,), (3,)]
    assert json_of(LINES, 2, 10_000, False, ()).truncated_by == "limit"
    with pytest.raises(BadAnswer, match="not_json"):
        json_of("<html>\n</html>", 10, 10_000, False, ())


def test_lines_that_are_no_json_are_left_out_and_said():
    sample = json_lines_of('{"a":1}\nno\n\n{"a":2}\n{"a"\n', 10, 10_000, False, ())
    assert list(sample.rows) == [(1,), (2,)]
    assert [(note.key, dict(note.args)) for note in sample.notes] == [("note.broken_lines", {"count": 2, "line": 2})]
    assert json_lines_of('{"a":1}\nno\n', 1, 10_000, False, ()).notes[0].args["count"] == 1
    with pytest.raises(BadAnswer, match="not_json"):
        json_lines_of("no\nnor this\n", 10, 10_000, False, ())


@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-be", "utf-16", "utf-8-sig"])
def test_a_mark_says_the_encoding(encoding: str):
    text = "نام,عدد\nالف,1\n"
    raw = (codecs.BOM_UTF32_BE if encoding == "utf-32-be" else b"") + text.encode(encoding)
    assert readable(raw, cut=False) == (text, None)


def test_what_strays_into_a_text_makes_it_no_bytes():
    text = "a,b\n" + "1,الف\n" * 50
    for stray in ("\x00", "\x02"):
        assert readable((text + f"1,x{stray}\n").encode(), cut=False, named=True) == (text + f"1,x{stray}\n", None)
        assert readable((text + f"1,x{stray}\n").encode(), cut=False) == (None, None)
    assert readable(bytes(range(256)) * 4, cut=False, named=True) == (None, None)
    assert readable(b"\x00\x01\x02abc", cut=False, named=True) == (None, None)
