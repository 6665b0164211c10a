"""Parquet files that say of themselves what is not so, or hold what Python has no value for."""

import io
from datetime import UTC, datetime, time
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.connectors.s3 import parquet
from core.connectors.s3.bucket import Piece
from core.connectors.s3.pages import Pages, measured
from core.errors import BadAnswer, LimitExceeded
from core.exports.parquet import as_parquet
from core.models import Sample
from tests.connectors.s3_objects import hashed, many_groups

pytestmark = pytest.mark.anyio
MANY = 600_000


class Stored:
    """A bucket that holds one file."""

    secrets = ()

    def __init__(self, data: bytes) -> None:
        self._data = data

    @classmethod
    def of(cls, columns: dict[str, Any], **options: Any) -> Self:
        out = io.BytesIO()
        pq.write_table(pa.table(columns), out, **{"store_schema": False, "compression": "zstd"} | options)
        return cls(out.getvalue())

    async def read(self, _key: str, start: int, length: int) -> Piece:
        start = start if start >= 0 else max(0, len(self._data) - length)
        return Piece(self._data[start : start + length], start, len(self._data), "")


async def preview(limit: int = 10, **columns: Any) -> Sample:
    return await parquet.preview(Stored.of(columns), "k", limit, 5_000_000)  # type: ignore[arg-type]  # a fake


async def shown(data: bytes) -> Sample:
    return await parquet.preview(Stored(data), "k", 10, 5_000_000)  # type: ignore[arg-type]  # a fake


def header(*sizes: bytes) -> bytes:
    """Of a data page without content: its type, its plain sizes, its stored size, and a data page header."""
    return b"\x15\x00" + b"".join(sizes) + b"\x15\x00\x2c\x15\x04\x00\x00"


def test_a_page_says_how_much_it_takes_and_how_many_values_it_has():
    assert measured(header(b"\x15\xc8\x01")) == Pages(largest=100, plain=100, values=2)


@pytest.mark.parametrize("again", [b"\x06\x04\x14", b"\x05\x04\x14"], ids=["another type", "twice"])
def test_a_size_that_readers_read_differently_is_none(again: bytes):
    with pytest.raises(BadAnswer):
        measured(header(b"\x15\xc8\x01", again))


async def test_a_row_with_more_values_than_memory_should_hold_is_not_read():
    with pytest.raises(LimitExceeded):
        await preview(a=pa.array([[0] * MANY], pa.list_(pa.int64())))
    with pytest.raises(LimitExceeded):
        await preview(a=pa.array([["x" * 100_000] * 1000], pa.list_(pa.string())))
    with pytest.raises(LimitExceeded):
        await preview(a=pa.array([[b"\0" * 100_000] * 1000], pa.list_(pa.binary(100_000))))


async def test_the_other_columns_are_shown_beside_it():
    sample = await preview(n=[1], a=pa.array([[0] * MANY], pa.list_(pa.int64())))
    assert ([column.name for column in sample.columns], sample.rows) == (["n"], ((1,),))
    assert [note.args for note in sample.notes] == [{"shown": 1, "all": 2}]


async def test_ordinary_lists_are_shown():
    words = ["تهران", "مشهد"]
    sample = await preview(n=pa.array([list(range(300))] * 1000), words=pa.array([words] * 1000))
    assert sample.rows[0] == (list(range(300)), words)


@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip", "none", "brotli"])
async def test_many_short_texts_in_lists_are_shown(compression: str):
    tags = [[f"برچسب {number % 40}", "شهر"] for number in range(100_000)]
    stored = Stored.of({"tags": pa.array(tags)}, compression=compression)
    sample = await parquet.preview(stored, "k", 10, 5_000_000)  # type: ignore[arg-type]  # a fake
    assert sample.rows[3] == (["برچسب 3", "شهر"],)


async def test_plain_texts_of_one_row_are_bounded_too():
    with pytest.raises(LimitExceeded):
        await preview_plain([["x" * 1_000_000] * 60])


async def preview_plain(rows: list[list[str]]) -> Sample:
    stored = Stored.of({"a": pa.array(rows)}, use_dictionary=False, data_page_size=1_000_000, write_statistics=False)
    return await parquet.preview(stored, "k", 10, 5_000_000)  # type: ignore[arg-type]  # a fake


async def test_what_python_has_no_value_for_is_shown_as_it_is_stored():
    text = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff\xfe"]).buffers())
    late = pa.array([400_000_000_000_000_000], pa.int64()).cast(pa.timestamp("us"))
    sample = await preview(
        text=text, late=late, when=pa.array([datetime(2026, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    )
    assert sample.rows == ((b"\xff\xfe", "14645-06-30 15:06:40.000000", datetime(2026, 1, 1, tzinfo=UTC)),)
    assert [note.key for note in sample.notes] == ["note.times_as_text"]


async def test_an_odd_member_leaves_the_others_as_they_are():
    late, odd = pa.array([253_402_300_800_000, 0], pa.timestamp("ms")), pa.array([b"\xff", b"ok"]).buffers()
    texts = pa.Array.from_buffers(pa.string(), 2, odd)
    sample = await preview(
        number=[7],
        listed=pa.ListArray.from_arrays([0, 2], late),
        struct=pa.StructArray.from_arrays([late[:1], pa.array(["x"])], ["at", "name"]),
        map=pa.MapArray.from_arrays([0, 2], pa.array(["a", "b"]), late),
        texts=pa.ListArray.from_arrays([0, 2], texts),
    )
    year_10000, beginning = "10000-01-01 00:00:00.000", datetime(1970, 1, 1)  # noqa: DTZ001 - without a zone
    struct = {"at": year_10000, "name": "x"}
    keyed = [("a", year_10000), ("b", beginning)]
    assert sample.rows == ((7, [year_10000, beginning], struct, keyed, [b"\xff", "ok"]),)


async def test_old_times_of_all_years_are_what_they_are():
    days = [datetime.fromisoformat(day) for day in ("9999-12-31", "0001-01-01", "2024-01-01T12:30:00")]
    out = io.BytesIO()
    pq.write_table(pa.table({"at": pa.array(days, pa.timestamp("us"))}), out, use_deprecated_int96_timestamps=True)
    assert [row[0] for row in (await shown(out.getvalue())).rows] == days


@pytest.mark.parametrize("before", [1, 3])
async def test_empty_groups_before_the_first_rows_are_passed_over(before: int):
    out, rows = io.BytesIO(), pa.table({"n": [1, 2], "text": ["a", "b"]})
    with pq.ParquetWriter(out, rows.schema) as writer:
        for _ in range(before):
            writer.write_table(rows.slice(0, 0))
        writer.write_table(rows)
    sample = await shown(out.getvalue())
    assert ([column.name for column in sample.columns], sample.rows) == (["n", "text"], ((1, "a"), (2, "b")))
    assert (sample.truncated_by, sample.notes) == (None, ())


async def test_of_empty_groups_alone_the_columns_are_shown():
    out, rows = io.BytesIO(), pa.table({"n": [1], "text": ["a"]}).slice(0, 0)
    with pq.ParquetWriter(out, rows.schema) as writer:
        writer.write_table(rows)
        writer.write_table(rows)
    sample = await shown(out.getvalue())
    assert ([column.name for column in sample.columns], sample.rows, sample.notes) == (["n", "text"], (), ())


async def test_times_in_nanoseconds_are_pythons_or_text_that_keeps_every_digit():
    exact = 1_767_225_600_000_001_000
    sample = await preview(
        at=pa.array([exact, exact + 1], pa.timestamp("ns")),
        moment=pa.array([exact, exact + 1], pa.timestamp("ns", "UTC")),
    )
    moment, text = datetime(2026, 1, 1, 0, 0, 0, 1, UTC), "2026-01-01T00:00:00.000001001"
    assert sample.rows == ((moment.replace(tzinfo=None), moment), (text, f"{text}+00:00"))
    assert [type(value) for value in sample.rows[0]] == [datetime, datetime]
    assert pq.read_table(io.BytesIO(as_parquet(sample, {})))["moment"][1].as_py() == f"{text}+00:00"


async def test_clock_times_in_nanoseconds_keep_every_digit_too():
    sample = await preview(at=pa.array([1_005, 5_000], pa.time64("ns")))
    assert sample.rows == (("00:00:00.000001005",), (time(0, 0, 0, 5),))


async def test_columns_of_one_name_are_told_apart():
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array(["z"])], names=["a", "a", "b"])
    sample = await parquet.preview(stored(table), "k", 10, 5_000_000)  # type: ignore[arg-type]  # a fake
    assert [column.name for column in sample.columns] == ["a", "a_2", "b"]
    assert list(sample.rows) == [(1, 2, "z")]


async def test_a_name_with_a_dot_is_one_column():
    """Of two columns that do not fit together the first is shown, whatever they are called."""
    noise = pa.array([hashed(number) for number in range(4000)])
    nested = pa.array([{"a": 1, "b": [{"c": 2}]}] * 4000)
    table = pa.table({"id": list(range(4000)), "user": nested, "user.name": noise})
    sample = await parquet.preview(stored(table), "k", 3, 100_000)  # type: ignore[arg-type]  # a fake
    assert [column.name for column in sample.columns] == ["id", "user"]
    assert [note.key for note in sample.notes] == ["note.cut_columns"]


def stored(table: pa.Table) -> Stored:
    out = io.BytesIO()
    pq.write_table(table, out)
    return Stored(out.getvalue())


class FromTheStart(Stored):
    """What sends the last bytes where they are asked for, and else the first ones."""

    async def read(self, key: str, start: int, length: int) -> Piece:
        return await super().read(key, min(start, 0), length)


async def test_the_first_bytes_are_not_taken_for_a_long_footer():
    stored = FromTheStart(many_groups(6000))
    with pytest.raises(BadAnswer, match="not_s3"):
        await parquet.columns(stored, "k", 5_000_000)  # type: ignore[arg-type]  # a fake
