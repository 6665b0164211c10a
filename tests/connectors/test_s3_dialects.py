"""Tables as text, as they are really written: dialects, encodings, ends."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.connectors.kinds.s3 import S3Connector
from core.models import Sample
from tests.connectors.conformance import error_of
from tests.connectors.test_s3_previews import connector_of, names
from tests.servers.s3 import S3Server

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bucket(s3: S3Server, previews: None, anyio_backend: str) -> AsyncIterator[S3Connector]:
    connector = connector_of(s3, prefix="e/")
    yield connector
    await connector.close()


async def shown(bucket: S3Connector, name: str, limit: int = 1000) -> tuple[list[str], tuple[tuple[Any, ...], ...]]:
    sample = await bucket.sample({"key": f"e/{name}", "limit": limit})
    return names(sample), tuple(sample.rows)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
async def test_persian_is_read_with_and_without_a_byte_order_mark(bucket: S3Connector, encoding: str):
    assert await shown(bucket, f"{encoding}.csv") == (["نام", "شهر"], (("علی", "تهران"),))


@pytest.mark.parametrize(
    ("name", "columns", "first"),
    [
        ("bar.csv", ["a", "b"], ("x|1", 2)),
        ("comma_in_tsv.tsv", ["a, b, c", "d, e, f"], (1, 2)),
        ("decimal_comma.csv", ["n", "m"], ("1,5", "2,5")),
        ("years.csv", ["استان", "1402", "1403"], ("یزد", 10, 20)),
        ("years_under_words.csv", ["id", "2024"], (1, 5)),
        ("dates.csv", ["column_1", "column_2"], ("2026-01-01", "ali")),
        ("crlf.csv", ["a", "b"], (1, 2)),
        ("ragged.csv", ["a", "b", "column_3"], (1, None, None)),
        ("quoted.csv", ["a", "b"], ("one\ntwo", 2)),
        ("persian_digits.csv", ["column_1", "column_2"], ("علی", "۲۳")),
    ],
)
async def test_the_dialect_and_the_names_are_found(
    bucket: S3Connector, name: str, columns: list[str], first: tuple[Any, ...]
):
    found, rows = await shown(bucket, name)
    assert (found, rows[0]) == (columns, first)


async def test_one_line_without_an_end_names_its_columns(bucket: S3Connector):
    assert await shown(bucket, "line.csv") == (["a", "b"], ())


async def test_a_row_too_long_widens_the_table(bucket: S3Connector):
    assert (await shown(bucket, "ragged.csv"))[1] == ((1, None, None), (1, 2, 3))


async def test_one_damaged_letter_does_not_make_another_encoding(bucket: S3Connector):
    sample = await bucket.sample({"key": "e/stray.csv"})
    assert sample.rows == (("علی", "تهران"), ("نام", "شهر"), ("علی", "تهران"), ("x", "\ufffd"))
    assert [note.key for note in sample.notes] == ["note.replaced_characters"]


async def test_what_old_programs_end_a_text_with_is_no_part_of_it(bucket: S3Connector):
    assert await shown(bucket, "dos.csv") == (["a", "b"], ((1, 2),))


async def test_a_first_line_longer_than_the_first_range_is_read_on(bucket: S3Connector):
    found, rows = await shown(bucket, "long_line.jsonl")
    assert (found, [row[0] for row in rows]) == (["n", "text"], [1, 2])


async def test_a_first_block_longer_than_the_first_range_is_read_on(bucket: S3Connector):
    found, rows = await shown(bucket, "long_block.csv.zst", limit=100)
    assert (found, len(rows), rows[99][0]) == (["n", "hash"], 100, 99)


@pytest.mark.parametrize("bytes_max", [100_000, 5_000_000])
async def test_what_never_becomes_readable_says_so_in_the_end(s3: S3Server, previews: None, bytes_max: int):
    connector = connector_of(s3, bytes_max=bytes_max, prefix="e/")
    try:
        assert str(await error_of(connector.sample({"key": "e/endless.jsonl"}))) == "bad_answer.truncated"
    finally:
        await connector.close()


async def test_a_letter_that_the_range_cut_is_read_on(bucket: S3Connector):
    _, rows = await shown(bucket, "letter_cut.csv", limit=1000)
    assert rows == ((1, 2),) * 1000


async def test_a_field_that_the_range_cut_is_no_row(s3: S3Server, previews: None):
    connector = connector_of(s3, bytes_max=64 * 1024, prefix="e/")
    try:
        sample: Sample = await connector.sample({"key": "e/quote_cut.csv"})
    finally:
        await connector.close()
    assert (sample.rows, sample.truncated_by) == (((1, 2),) * 10, "bytes")


async def test_a_long_cell_is_cut_and_not_refused(bucket: S3Connector):
    sample = await bucket.sample({"key": "e/long_cell.csv"})
    assert (len(sample.rows[0][1]), sample.truncated_by) == (64 * 1024, "cell")


async def test_columns_beyond_those_shown_are_counted(bucket: S3Connector):
    sample = await bucket.sample({"key": "e/wide.csv"})
    assert (len(sample.columns), sample.truncated_by) == (500, "columns")
    assert [note.args for note in sample.notes] == [{"shown": 500, "all": 700}]


async def test_of_many_row_groups_the_first_is_read(bucket: S3Connector):
    sample = await bucket.sample({"key": "e/groups.parquet", "limit": 5})
    assert (names(sample), sample.rows, sample.truncated_by) == (["n", "text"], ((1, "x"),), "limit")
    assert sample.bytes_read < 400_000
