"""Documents as tables."""

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.connectors.records import WHOLE, sample_of, type_of
from core.models import Sample
from core.row_builder import COLUMNS_MAX
from core.values import TYPES

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=9,
)


def table(records: Any, limit: int = 100, bytes_max: int = 10**6, **how: Any) -> Sample:
    return sample_of(records, limit=limit, bytes_max=bytes_max, executed="asked", **how)


def rows(sample: Sample) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in sample.rows]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "boolean"),
        (1, "integer"),
        (1.5, "float"),
        (math.nan, "float"),
        (Decimal("1.5"), "decimal"),
        ("x", "string"),
        (datetime(2024, 3, 20, tzinfo=UTC), "timestamptz"),
        (datetime(2024, 3, 20, tzinfo=UTC).replace(tzinfo=None), "timestamp"),
        (date(2024, 3, 20), "date"),
        (time(8, 30), "time"),
        (timedelta(days=1), "interval"),
        (uuid4(), "uuid"),
        (b"x", "binary"),
        ({"a": 1}, "json"),
        ([1], "array"),
    ],
)
def test_a_value_has_a_type(value: Any, name: str):
    assert type_of([value]) == type_of([None, value, value]) == name


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([], "null"),
        ([None, None], "null"),
        ([1, 1.5], "float"),
        ([1, Decimal("1.5")], "decimal"),
        ([1, Decimal("1.5"), 0.5], "float"),
        ([1, True], "mixed"),
        ([1, "1"], "mixed"),
        ([{}, []], "mixed"),
        ([None, "x"], "string"),
    ],
)
def test_several_values_have_the_type_that_holds_them_all(values: list[Any], name: str):
    assert type_of(values) == name


def test_columns_are_the_members_in_the_order_in_which_they_first_come():
    found = table([{"b": 1}, {"a": "x", "b": 2.5}, {"c": None}])
    assert [(column.name, column.type) for column in found.columns] == [("b", "float"), ("a", "string"), ("c", "null")]
    assert rows(found) == [(1, None, None), (2.5, "x", None), (None, None, None)]
    assert found.executed == "asked"


def test_records_without_members_are_one_column():
    found = table([1, "x", [2], None])
    assert [(column.name, column.type) for column in found.columns] == [(WHOLE, "mixed")]
    assert rows(found) == [(1,), ("x",), ([2],), (None,)]


def test_records_with_and_without_members_stand_side_by_side():
    assert rows(table([{"a": 1}, 2])) == [(1, None), (None, 2)]


@pytest.mark.parametrize("records", [[], iter(())])
def test_no_records_are_no_rows(records: Any):
    found = table(records)
    assert (found.columns, rows(found), found.truncated_by) == ((), [], None)


def test_empty_objects_are_rows_without_columns():
    found = table([{}, {}])
    assert (found.columns, len(found.rows)) == ((), 2)


@pytest.mark.parametrize(
    ("count", "how", "cut"),
    [
        (3, {}, None),
        (4, {}, "limit"),
        (3, {"more": True}, "limit"),
        (3, {"cut_by": "bytes"}, "bytes"),
        (3, {"cut_by": "time", "more": True}, "time"),
        (4, {"cut_by": "bytes"}, "limit"),
    ],
)
def test_by_what_a_sample_was_cut(count: int, how: dict[str, Any], cut: str | None):
    found = table(({"n": n} for n in range(count)), limit=3, **how)
    assert (len(found.rows), found.truncated_by) == (3, cut)


def test_no_more_than_one_record_too_many_is_read():
    records = iter(range(1000))
    assert len(table(records, limit=3).rows) == 3
    assert next(records) == 4


def test_rows_end_where_the_bytes_do():
    found = table([{"a": "x" * 100} for _ in range(50)], bytes_max=1000)
    assert found.truncated_by == "bytes"
    assert len(found.rows) == 10


def test_the_record_that_was_one_too_many_leaves_no_trace():
    found = table([{"a": 1}, {"a": "x", "b": 2}], limit=1)
    assert [(column.name, column.type) for column in found.columns] == [("a", "integer")]


def test_more_members_than_can_be_shown_are_cut_with_a_note():
    found = table([{f"m{n}": n for n in range(COLUMNS_MAX + 1)}])
    assert (len(found.columns), len(found.rows[0]), found.truncated_by) == (COLUMNS_MAX, COLUMNS_MAX, "columns")
    assert [note.key for note in found.notes] == ["note.cut_columns"]


def test_a_secret_of_the_source_becomes_dots_wherever_it_stands():
    records = [{"a": "the s3cret!", "b": {"s3cret": ["x", {"y": "s3cret"}]}, "c": b"s3cret", "d": 1}]
    found = table(records, secrets=["s3cret"])
    assert "s3cret" not in repr(found)
    assert found.rows[0][3] == 1
    assert [note.key for note in found.notes] == ["note.own_secret"]


def test_half_a_surrogate_pair_is_shown_with_a_note():
    found = table([{"a": "\ud800", "\udc00": 1}])
    assert [column.name for column in found.columns] == ["a", "\ufffd"]
    assert found.rows[0][0] == "\ufffd"
    assert [note.key for note in found.notes] == ["note.replaced_characters"]


@given(st.lists(JSON, max_size=6), st.integers(1, 5), st.integers(1, 200))
def test_any_documents_make_a_table(records: list[Any], limit: int, bytes_max: int):
    found = table(records, limit, bytes_max)
    assert len(found.rows) <= limit
    assert {len(row) for row in found.rows} <= {len(found.columns)}
    assert {column.type for column in found.columns} <= set(TYPES)
    assert len({column.name for column in found.columns}) == len(found.columns)
    assert (found.truncated_by == "limit") <= (len(records) > limit)
