"""What a sample's values become, and how much of them is kept."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models import Column
from core.row_builder import CELL_MAX, COLUMNS_MAX, RowBuilder, size
from core.values import DEPTH_MAX, TYPES, json_value, unique_names

UUID_TEXT = "7d0e7a52-6f0b-4f0e-9a59-0a3d6ad0c4f1"
MIXED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary() | st.decimals()
    | st.datetimes() | st.timedeltas(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True), (2**53, 2**53), (2**53 + 1, "9007199254740993"), (-(2**60), str(-(2**60))), (1.5, 1.5),
        (float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity"),
        (Decimal("1.10"), "1.10"), (Decimal("NaN"), "NaN"), (b"\x00a", {"base64": "AGE=", "bytes": 2}),
        ("a\ud800b", "a\ufffdb"), (date(2024, 2, 1), "2024-02-01"), (time(1, 2, 3), "01:02:03"),
        (datetime(2024, 2, 1, 1, tzinfo=UTC), "2024-02-01T01:00:00+00:00"), (UUID(UUID_TEXT), UUID_TEXT),
        (timedelta(0), "PT0S"), (timedelta(days=10), "P10D"), (timedelta(seconds=3661.5), "PT1H1M1.5S"),
        (timedelta(hours=-22), "-PT22H"), (timedelta(minutes=10), "PT10M"),
        (bytearray(b"a"), {"base64": "YQ==", "bytes": 1}),
        ([1, (Decimal(2),)], [1, ["2"]]), ({"a": {"b": b""}}, {"a": {"b": {"base64": "", "bytes": 0}}}),
    ],
)  # fmt: skip
def test_a_value_becomes_json_without_loss(value: Any, expected: Any) -> None:
    assert json_value(value) == expected


def test_an_integer_longer_than_python_writes_out_is_text() -> None:
    assert json_value(10**5000) == "1" + "0" * 5000


@settings(deadline=None)
@given(MIXED)
def test_whatever_a_source_answers_is_strict_json(value: Any) -> None:
    json.dumps(json_value(value), allow_nan=False, ensure_ascii=False).encode("utf-8")


@settings(deadline=None)
@given(st.lists(st.sampled_from(["id", "id_2", "id_3", "name", ""])))
def test_names_become_unique_and_unrepeated_ones_stay(names: list[str]) -> None:
    unique, renamed = unique_names(names)
    assert len(set(unique)) == len(names)
    assert renamed == (len(set(names)) < len(names))
    assert set(names) <= set(unique)


def test_a_repeated_name_is_numbered() -> None:
    assert unique_names(["id", "id", "name"]) == (("id", "id_2", "name"), True)


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_a_document_is_json_down_to_the_deepest_level_shown() -> None:
    assert json_value(nested(DEPTH_MAX)) == nested(DEPTH_MAX)
    assert json.dumps(json_value(nested(100_000))) == "[" * DEPTH_MAX + '"\\u2026"' + "]" * DEPTH_MAX


def builder(types: list[str], limit: int = 10, bytes_max: int = 1_000_000) -> RowBuilder:
    assert set(types) <= set(TYPES)
    return RowBuilder(tuple(Column(f"c{n}", type_) for n, type_ in enumerate(types)), limit, bytes_max)


def notes_of(rows: RowBuilder) -> set[str]:
    return {note.key for note in rows.sample("").notes}


def test_a_row_beyond_the_limit_is_told_but_not_kept() -> None:
    rows = builder(["integer"], limit=2)
    assert [rows.add((n,)) for n in range(3)] == [True, True, False]
    sample = rows.sample("select 1")
    assert (sample.rows, sample.truncated_by, sample.executed) == (((0,), (1,)), "limit", "select 1")


def test_exactly_as_many_rows_as_the_limit_are_not_truncated() -> None:
    rows = builder(["integer"], limit=2)
    assert rows.add((1,))
    assert rows.add((2,))
    assert rows.sample("").truncated_by is None


def test_reading_stops_at_the_byte_cap() -> None:
    rows = builder(["string"], bytes_max=1000)
    while rows.add(("x" * 300,)):
        pass
    sample = rows.sample("")
    assert (sample.truncated_by, sample.bytes_read, len(sample.rows)) == ("bytes", 1200, 4)


@pytest.mark.parametrize(
    ("type_", "value"),
    [("string", "س" * 10_000_000), ("binary", b"x" * 10_000_000), ("json", {"a": ["y" * 100] * 100_000}),
     ("array", ["z" * 100] * 100_000), ("json", ["ب" * 100] * 100_000), ("array", [b"z" * 100] * 100_000)],
)  # fmt: skip
def test_a_huge_cell_is_cut_with_a_note(type_: str, value: Any) -> None:
    rows = builder([type_], bytes_max=5 * 1024 * 1024)
    rows.add((value,))
    sample = rows.sample("")
    assert size(sample.rows[0][0]) <= CELL_MAX
    assert (sample.truncated_by, sample.bytes_read >= 10_000_000) == ("cell", True)
    assert notes_of(rows) == {"note.cut_cells"}


def test_a_number_of_very_many_digits_is_cut_with_a_note() -> None:
    rows = builder(["decimal"])
    rows.add((Decimal("7" * 131_072),))
    assert rows.sample("").rows == (("7" * CELL_MAX,),)
    assert (rows.bytes_read, notes_of(rows)) == (131_072, {"note.cut_cells"})


def test_a_document_too_deep_to_show_is_cut_with_a_note() -> None:
    rows = builder(["json", "json"])
    rows.add((nested(DEPTH_MAX), nested(100_000)))
    (kept, cut), *_ = rows.sample("").rows
    assert (kept, type(cut)) == (nested(DEPTH_MAX), str)
    assert notes_of(rows) == {"note.cut_cells"}


def test_the_widest_table_is_cut_to_its_first_columns_with_a_note() -> None:
    rows = builder(["integer"] * 1600)
    rows.add(tuple(range(1600)))
    sample = rows.sample("")
    assert len(sample.columns) == len(sample.rows[0]) == COLUMNS_MAX
    assert (sample.truncated_by, notes_of(rows)) == ("columns", {"note.cut_columns"})


def test_no_columns_and_no_rows_are_a_sample() -> None:
    assert builder([]).sample("").columns == ()
    rows = builder([])
    assert rows.add(())
    assert rows.sample("").rows == ((),)


def test_half_a_surrogate_pair_is_replaced_with_a_note() -> None:
    rows = builder(["string"])
    rows.add(("a\ud800",))
    assert rows.sample("").rows == (("a\ufffd",),)
    assert notes_of(rows) == {"note.replaced_characters"}


@pytest.mark.parametrize("value", ["\ud800" * CELL_MAX, {"a": ["\ud800" * CELL_MAX]}])
def test_half_a_pair_in_a_cell_that_is_cut_is_replaced_too(value: Any) -> None:
    rows = builder(["json"])
    rows.add((value,))
    assert "\ufffd" in rows.sample("").rows[0][0]
    assert notes_of(rows) == {"note.replaced_characters", "note.cut_cells"}


def test_a_time_that_python_does_not_know_is_text_with_a_note() -> None:
    rows = builder(["timestamp", "date"])
    rows.add(("infinity", "0044-03-15 BC"))
    assert notes_of(rows) == {"note.times_as_text"}


def test_repeated_columns_get_a_note() -> None:
    rows = RowBuilder((Column("id", "integer"), Column("id", "integer")), 1, 1000)
    assert [column.name for column in rows.sample("").columns] == ["id", "id_2"]
    assert notes_of(rows) == {"note.renamed_columns"}
