"""The values of PostgreSQL as a sample shows them."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.connectors.kinds.postgres import PostgresConnector
from core.values import json_value
from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("written", "type_", "value"),
    [
        ("'سلام ی‌ک 🌊'::text", "string", "سلام ی‌ک 🌊"),
        ("'ab'::char(4)", "string", "ab  "),
        ("9007199254740993::int8", "integer", 9007199254740993),
        ("1.50::numeric(10, 2)", "decimal", Decimal("1.50")),
        ("0.1::float8", "float", 0.1),
        ("true", "boolean", True),
        ("null::int", "integer", None),
        ("'2024-02-29'::date", "date", date(2024, 2, 29)),
        ("'12:30'::time", "time", time(12, 30)),
        ("'2026-03-21 12:00'::timestamp", "timestamp", datetime(2026, 3, 21, 12)),  # noqa: DTZ001 - the column has no zone
        ("'2026-03-21 12:00+03:30'::timestamptz", "timestamptz", datetime(2026, 3, 21, 8, 30, tzinfo=UTC)),
        ("'6f8a5a5e-5d0c-4b7e-9a53-0d3f4c1f7a10'::uuid", "uuid", UUID("6f8a5a5e-5d0c-4b7e-9a53-0d3f4c1f7a10")),
        ("'{\"a\": [1, null]}'::jsonb", "json", {"a": [1, None]}),
        ("'\\x00ff'::bytea", "binary", b"\x00\xff"),
        ("array[1, null, 2]", "array", [1, None, 2]),
        ("array[[1, 2], [3, 4]]", "array", [[1, 2], [3, 4]]),
        ("'{}'::text[]", "array", []),
    ],
)
async def test_a_value_keeps_its_type(pg: PostgresConnector, written: str, type_: str, value: Any):
    sample = await pg.sample({"sql": f"select {written} as it"})
    assert [(column.name, column.type) for column in sample.columns] == [("it", type_)]
    assert list(sample.rows) == [(value,)]
    assert type(sample.rows[0][0]) is type(value)
    assert sample.notes == ()


@pytest.mark.parametrize(
    ("written", "type_", "text"),
    [
        ("'NaN'::numeric", "decimal", "NaN"),
        ("'-Infinity'::float8", "float", "-Infinity"),
        ("'{\"a\": 1.10000000000000000001}'::jsonb", "json", {"a": "1.10000000000000000001"}),
        ("'infinity'::timestamp", "timestamp", "infinity"),
        ("'-infinity'::timestamptz", "timestamptz", "-infinity"),
        ("'infinity'::date", "date", "infinity"),
        ("'0044-03-15 BC'::date", "date", "0044-03-15 BC"),
        ("'0044-03-15 12:00 BC'::timestamp", "timestamp", "0044-03-15 12:00:00 BC"),
        ("'10000-01-01'::timestamp", "timestamp", "10000-01-01 00:00:00"),
        ("'24:00'::time", "time", "24:00:00"),
        ("array['infinity'::timestamp]", "array", ["infinity"]),
        ("interval '1 mon 2 days 03:00'", "interval", "P1M2DT3H"),
        ("interval '-1 year'", "interval", "P-1Y"),
        ("array[interval '1 mon']", "array", ["P1M"]),
        ("'[1,5)'::int4range", "string", "[1,5)"),
        ("'(,2024-01-01)'::daterange", "string", "(,2024-01-01)"),
        ("'{[1,2),[5,)}'::int4multirange", "string", "{[1,2),[5,)}"),
        ("array['[1,)'::int4range]", "array", ["[1,)"]),
        ("'[1e99999999999999999999]'::json", "json", "[1e99999999999999999999]"),
        ("'10.0.0.1/8'::inet", "string", "10.0.0.1/8"),
        ("row(1, 'x')", "string", "(1,x)"),
    ],
)
async def test_a_value_without_an_object_of_its_own_is_text(pg: PostgresConnector, written: str, type_: str, text: Any):
    sample = await pg.sample({"sql": f"select {written} as it"})
    assert [column.type for column in sample.columns] == [type_]
    assert [json_value(value) for row in sample.rows for value in row] == [text]


async def test_odd_times_keep_the_rows_beside_them(pg: PostgresConnector):
    days = "values ('2024-01-01'::date), ('infinity'), ('0001-01-01 BC'), ('2024-01-02')"
    sample = await pg.sample({"sql": days})
    assert [json_value(row[0]) for row in sample.rows] == ["2024-01-01", "infinity", "0001-01-01 BC", "2024-01-02"]
    assert [note.key for note in sample.notes] == ["note.times_as_text"]


async def test_times_are_read_whatever_style_the_server_writes_them_in(pg: PostgresConnector, postgres: PostgresServer):
    told = "select timestamptz '2024-03-21 12:00+00' as at, date '2024-03-01' as day, interval '1 mon' as length"
    postgres.execute(f"alter role {postgres.user} set datestyle = 'SQL, DMY'")
    try:
        sample = await pg.sample({"sql": told})
    finally:
        postgres.execute(f"alter role {postgres.user} reset datestyle")
    at, day, length = sample.rows[0]
    assert (at.timestamp(), day, length) == (1711022400, date(2024, 3, 1), "P1M")


async def test_floats_have_every_digit_whatever_the_role_rounds_them_to(
    pg: PostgresConnector, postgres: PostgresServer
):
    numbers = (
        "select 0.1::float8 + 0.2 as a, 9007199254740991::float8 as b, 16777217::float4 as c, array[1/3::float8] as d"
    )
    postgres.execute(f"alter role {postgres.user} set extra_float_digits = 0")
    try:
        sample = await pg.sample({"sql": numbers})
    finally:
        postgres.execute(f"alter role {postgres.user} reset extra_float_digits")
    assert sample.rows == ((0.1 + 0.2, 9007199254740991.0, 16777216.0, [1 / 3]),)


async def test_a_repeated_column_name_is_numbered(pg: PostgresConnector):
    sample = await pg.sample({"sql": "select 1 as id, 2 as id"})
    assert [column.name for column in sample.columns] == ["id", "id_2"]
    assert list(sample.rows) == [(1, 2)]
    assert [note.key for note in sample.notes] == ["note.renamed_columns"]


async def test_no_rows_still_have_columns(pg: PostgresConnector):
    sample = await pg.sample({"sql": "select 1 as n, 'x' as t where false"})
    assert [column.name for column in sample.columns] == ["n", "t"]
    assert (list(sample.rows), sample.truncated_by) == ([], None)


async def test_rows_may_have_no_columns(pg: PostgresConnector):
    sample = await pg.sample({"sql": "select"})
    assert (sample.columns, sample.truncated_by) == ((), None)


async def test_large_cells_are_cut(pg: PostgresConnector):
    sample = await pg.sample({"sql": "select repeat('x', 10000000) from generate_series(1, 100)"})
    assert 0 < len(sample.rows) < 100
    assert max(len(row[0]) for row in sample.rows) <= 64 * 1024
    assert sample.truncated_by == "bytes"


async def test_many_columns_are_cut(pg: PostgresConnector):
    sample = await pg.sample({"sql": f"select {', '.join(f'{n} as c{n}' for n in range(1600))}"})
    assert (len(sample.columns), len(sample.rows[0]), sample.truncated_by) == (500, 500, "columns")
