"""Samples as files: what is in them is what the source held, and a card says what that is."""

import csv
import hashlib
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from core.api.schemas import SampleOut
from core.exports import CARD, FORMATS, Export, Limits, Origin, fingerprint
from core.exports.delimited import as_csv, as_json_lines
from core.exports.parquet import CARD_KEY, TYPE_KEY, as_parquet
from core.exports.received import received
from core.i18n import translator
from core.models import Column, Message, Sample
from core.values import clean
from tests.exports.odd import RESULT, TAKEN, TYPED, samples
from tests.ui.samples import make_source

SOURCE = make_source("پروازها / ۱")


def export(lang: str = "fa", **changes: object) -> Export:
    return Export(Origin.of(SOURCE), replace(RESULT, **changes), Limits(1000, 5_000_000), translator(lang, strict=True))


def parquet(sample: Sample) -> pa.Table:
    return pq.read_table(io.BytesIO(as_parquet(sample, {})))


def column(type_: str, *values: object) -> pa.ChunkedArray:
    return parquet(Sample((Column("a", type_),), [(value,) for value in values]))["a"]


def test_parquet_holds_true_types():
    assert [str(field.type) for field in parquet(TYPED).schema] == [
        "int64", "double", "decimal128(4, 2)", "bool", "string", "date32[day]", "time64[us]", "timestamp[us]",
        "timestamp[us, tz=UTC]", "string", "string", "binary", "string", "string",
    ]  # fmt: skip
    first, second = parquet(TYPED).to_pylist()
    assert first["at"] == datetime(2026, 11, 27, 14, 13, tzinfo=UTC)
    assert (first["قیمت"], first["raw"], first["doc"]) == (Decimal("12.50"), b"\x89PNG", '{"a": [1, null]}')
    assert set(second.values()) == {None}


def test_parquet_says_of_each_column_what_it_was_at_the_source():
    schema = pq.read_schema(io.BytesIO(as_parquet(TYPED, {})))
    assert [field.metadata[TYPE_KEY].decode() for field in schema] == [each.type for each in TYPED.columns]


@pytest.mark.parametrize(
    ("type_", "values", "kept", "wanted"),
    [
        ("integer", (2**63, -1), "decimal128(19, 0)", [Decimal(2**63), Decimal(-1)]),
        ("integer", (10**40,), "string", [str(10**40)]),
        ("decimal", (Decimal("NaN"), Decimal("1.10")), "string", ["NaN", "1.10"]),
        ("decimal", (Decimal("1E+3"), Decimal("0.001")), "decimal128(7, 3)", [Decimal("1000.000"), Decimal("0.001")]),
        ("decimal", (Decimal("0.000"), Decimal("-0.5")), "decimal128(4, 3)", [Decimal("0.000"), Decimal("-0.500")]),
        ("date", (date(2026, 1, 1), "infinity"), "string", ["2026-01-01", "infinity"]),
        ("timestamptz", (datetime.min.replace(tzinfo=UTC),), "timestamp[us, tz=UTC]", None),
        ("boolean", (True, 1), "string", ["True", "1"]),
        ("float", (1, 2.5, None), "double", [1.0, 2.5, None]),
        ("float", (2**53 + 1, 2.5), "string", ["9007199254740993", "2.5"]),
        ("float", (True, 2.5), "string", ["True", "2.5"]),
    ],
)
def test_a_column_of_which_one_value_does_not_fit_is_text(
    type_: str, values: tuple[object, ...], kept: str, wanted: list[object] | None
):
    found = column(type_, *values)
    assert str(found.type) == kept
    assert wanted is None or found.to_pylist() == wanted


def test_a_moment_before_the_calendar_of_utc_is_text():
    from tests.exports.odd import TEHRAN

    found = column("timestamptz", datetime.min.replace(tzinfo=TEHRAN))
    assert found.to_pylist() == ["0001-01-01T00:00:00+03:30"]


@given(samples())
@settings(max_examples=80, deadline=None)
def test_every_format_takes_whatever_a_source_answers(sample: Sample):
    made = export(sample=sample)
    for ending in FORMATS:
        made.written(ending)
    assert pq.read_table(io.BytesIO(made.written("parquet"))).num_rows == len(sample.rows)
    assert len(made.written("jsonl").splitlines()) == len(sample.rows)


@given(samples())
@settings(max_examples=60, deadline=None)
def test_a_receiver_computes_the_fingerprint_from_the_card_and_the_lines(sample: Sample):
    made = export(sample=sample)
    card = json.loads(made.written(CARD))
    rows = [json.loads(line) for line in made.written("jsonl").split(b"\n") if line]
    lines = [[[c["name"], c["type"]] for c in card["columns"]]]
    lines += [[row[c["name"]] for c in card["columns"]] for row in rows]
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n" for line in lines)
    assert hashlib.sha256(text.encode()).hexdigest() == card["fingerprint"]["sha256"]


def test_the_fingerprint_is_of_the_data_alone():
    later = replace(TYPED, truncated_by=None, bytes_read=1, executed="SELECT 2")
    assert fingerprint(later) == fingerprint(TYPED)
    renamed = replace(TYPED, columns=(Column("m", "integer"), *TYPED.columns[1:]))
    fewer = replace(TYPED, rows=TYPED.rows[:1])
    assert len({fingerprint(each) for each in (TYPED, renamed, fewer)}) == 3


def test_the_card_says_what_the_sample_is():
    card = export(sample=replace(TYPED, notes=(Message("note.times_as_text"),))).card
    assert card["source"] == {"id": str(SOURCE.id), "name": "پروازها / ۱", "kind": "postgres"}
    assert (card["organisation"], card["request"]) == ("main", {"table": "public.t", "limit": 2})
    assert (card["rows"], card["truncated"], card["truncated_by"]) == (2, True, "limit")
    assert card["limits"]["seconds_max"] == 15
    assert card["limits"]["rows_max"] == 1000
    assert card["columns"][2] == {"name": "قیمت", "type": "decimal"}
    assert len(card["notes"]) == 1


def test_the_card_tells_when_the_sample_was_taken_in_the_readers_calendar():
    assert export().card["sampled_at"] == "2026-11-27T14:13:00+00:00"
    assert "۶ آذر ۱۴۰۵" in export().card["sampled_at_words"]
    assert "27 Nov 2026" in export("en").card["sampled_at_words"]


def test_the_card_holds_nothing_of_the_configuration():
    assert "10.4.1.20" in str(SOURCE.config)
    assert "10.4.1.20" not in json.dumps(export().card)


def test_parquet_carries_the_card():
    schema = pq.read_schema(io.BytesIO(export().written("parquet")))
    assert json.loads(schema.metadata[CARD_KEY]) == export().card


def test_a_file_is_named_for_its_source_and_for_when_the_sample_was_taken():
    assert export().stem == "پروازها-۱-20261127-141300"
    assert (
        Export(Origin.of(make_source("///")), RESULT, Limits(1, 1), translator("fa")).stem == "postgres-20261127-141300"
    )
    assert TAKEN.hour == 14


def test_csv_is_for_excel_or_for_programs():
    assert as_csv(TYPED).startswith(b"\xef\xbb\xbf")
    assert as_csv(TYPED, bom=False) == as_csv(TYPED)[3:]


def test_csv_holds_long_numbers_whole():
    sample = Sample((Column("a", "integer"), Column("b", "interval")), [(10**5000, RESULT.sample.rows[0][9])])
    _, row = csv.reader(io.StringIO(as_csv(sample, bom=False).decode()))
    assert row == ["1" + "0" * 5000, "P1DT2H"]


def test_json_lines_are_the_rows_and_nothing_else():
    first, second = map(json.loads, as_json_lines(TYPED).splitlines())
    assert list(first) == [each.name for each in TYPED.columns]
    assert first["raw"] == {"base64": "iVBORw==", "bytes": 4}
    assert set(second.values()) == {None}


def answered(sample: Sample) -> dict[str, object]:
    """As it comes over HTTP."""
    return json.loads(SampleOut.of(replace(RESULT, sample=sample), translator("en")).model_dump_json())


def test_a_sample_that_came_over_http_is_in_the_types_of_its_source_again():
    again = received(answered(TYPED))
    as_json = {"interval", "uuid", "json", "array"}
    for column, mine, other in zip(TYPED.columns, TYPED.rows[0], again.rows[0], strict=True):
        if column.type not in as_json:
            assert (type(other), other) == (type(mine), mine)
    assert (again.truncated_by, again.bytes_read, again.executed) == ("limit", 640, "SELECT 1")


@given(samples())
@settings(max_examples=80, deadline=None)
def test_what_came_over_http_has_the_fingerprint_of_what_was_sent(sample: Sample):
    named = tuple(Column(clean(column.name), column.type) for column in sample.columns)
    sent = replace(sample, columns=named)
    assert fingerprint(received(answered(sent))) == fingerprint(sent)
