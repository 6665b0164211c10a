"""What a look into an object shows, on a real server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.connectors.base import Environment
from core.connectors.kinds.s3 import S3Connector
from core.connectors.s3 import listing
from core.connectors.s3.bucket import Object, Page
from core.connectors.s3.tables import lines_of
from core.models import LEVEL_MAX, Sample
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import error_of
from tests.connectors.s3_objects import BUCKET, OBJECTS, PERSIAN
from tests.servers.s3 import S3Server
from tests.servers.stubs import stub_server

pytestmark = pytest.mark.anyio
MIB = 1024 * 1024


@pytest.fixture
def server(s3: S3Server, previews: None) -> S3Server:
    return s3


@pytest.fixture
async def bucket(server: S3Server, anyio_backend: str) -> AsyncIterator[S3Connector]:
    connector = connector_of(server)
    yield connector
    await connector.close()


@asynccontextmanager
async def closing(connector: S3Connector) -> AsyncIterator[S3Connector]:
    yield connector
    await connector.close()


def connector_of(server: S3Server, bytes_max: int = 5 * 1024 * 1024, **changes: Any) -> S3Connector:
    keys = {"access_key_id": server.access_key_id, "secret_access_key": server.secret_access_key}
    plain = {"endpoint_url": server.endpoint_url, "region": server.region, "bucket": BUCKET, "prefix": "p/"}
    return S3Connector.build(
        S3Connector.config_model(**(plain | keys | changes)), Environment(EgressPolicy(), bytes_max=bytes_max)
    )


def names(sample: Sample) -> list[str]:
    return [column.name for column in sample.columns]


def types(sample: Sample) -> list[str]:
    return [column.type for column in sample.columns]


@pytest.mark.parametrize("key", ["p/rows.csv", "p/rows.csv.gz", "p/rows.csv.zst", "p/rows.tsv"])
async def test_a_table_as_text_keeps_persian_codes_and_decimals(bucket: S3Connector, key: str):
    sample = await bucket.sample({"key": key, "limit": 2})
    assert names(sample) == ["نام", "عدد", "کد", "مبلغ", "تهی"]
    assert types(sample) == ["string", "integer", "string", "decimal", "null"]
    assert sample.rows == (("شهر 0", 0, "0000", Decimal("0.50"), None), ("شهر 1", 1, "0001", Decimal("1.50"), None))
    assert sample.truncated_by == "limit"


async def test_a_whole_table_is_not_called_cut(bucket: S3Connector):
    sample = await bucket.sample({"key": "p/rows.csv", "limit": 1000})
    assert (len(sample.rows), sample.truncated_by, sample.bytes_read) == (300, None, len(PERSIAN.encode()))


async def test_semicolons_quotes_and_repeated_names(bucket: S3Connector):
    sample = await bucket.sample({"key": "p/semicolon.csv"})
    assert names(sample) == ["id", "id_2", "name"]
    assert sample.rows == ((1, 2, "a;b"), (3, 4, "c"))


async def test_numbers_in_the_first_row_are_no_names(bucket: S3Connector):
    sample = await bucket.sample({"key": "p/numbers.csv"})
    assert (names(sample), sample.rows) == (["column_1", "column_2"], ((1, 2), (3, 4)))


@pytest.mark.parametrize(("key", "notes"), [("p/old.csv", ["note.windows_1256"]), ("p/utf16.csv", [])])
async def test_other_encodings_are_read(bucket: S3Connector, key: str, notes: list[str]):
    sample = await bucket.sample({"key": key})
    assert (names(sample), sample.rows) == (["نام", "شهر"], (("علي", "تهران"),))
    assert [note.key for note in sample.notes] == notes


async def test_an_empty_object_is_an_empty_table(bucket: S3Connector):
    sample = await bucket.sample({"key": "p/empty.csv"})
    assert (sample.columns, sample.rows, sample.truncated_by) == ((), (), None)


async def test_json_shows_its_records(bucket: S3Connector):
    sample = await bucket.sample({"key": "p/items.json"})
    assert (names(sample), sample.rows) == (["a", "نام"], ((1, "الف"), (2.5, None)))


async def test_json_lines_show_one_record_a_line(bucket: S3Connector):
    sample = await bucket.sample({"key": "p/lines.jsonl", "limit": 2})
    assert (sample.rows, sample.truncated_by) == (((0, {"z": [1]}), (1, {"z": [1]})), "limit")


async def test_parquet_keeps_its_types(bucket: S3Connector):
    sample = await bucket.sample({"key": "p/table.parquet", "limit": 1})
    assert types(sample) == ["integer", "string", "decimal", "timestamptz", "json", "binary", "array", "null"]
    when = datetime(2026, 1, 1, tzinfo=UTC)
    assert sample.rows == ((0, "شهر 0", Decimal("1.50"), when, {"a": 1, "b": {"c": "د"}}, b"\x00\x01", [1, 2], None),)
    assert sample.truncated_by == "limit"


async def test_parquet_without_rows_still_has_columns(bucket: S3Connector):
    sample = await bucket.sample({"key": "p/none.parquet"})
    assert (len(sample.columns), sample.rows) == (8, ())


async def test_a_wide_parquet_file_says_that_columns_are_missing(bucket: S3Connector):
    sample = await bucket.sample({"key": "p/wide.parquet"})
    assert (len(sample.columns), sample.truncated_by) == (500, "columns")


async def test_a_row_group_larger_than_allowed_shows_the_columns_that_fit(server: S3Server):
    async with closing(connector_of(server, bytes_max=400_000)) as connector:
        sample = await connector.sample({"key": "p/large.parquet", "limit": 5})
    assert (names(sample), [note.args for note in sample.notes]) == (["n"], [{"shown": 1, "all": 8}])
    assert [row[0] for row in sample.rows] == [0, 1, 2, 3, 4]


async def test_a_row_group_of_which_nothing_fits_says_so(server: S3Server):
    async with closing(connector_of(server, bytes_max=100_000)) as connector:
        error = await error_of(connector.sample({"key": "p/large.parquet"}))
    assert str(error) == "limit_exceeded.row_group"


async def test_text_is_shown_line_by_line(bucket: S3Connector):
    assert (await bucket.sample({"key": "p/یادداشت.txt"})).rows == (("سلام",), ("دنیا",))


@pytest.mark.parametrize(
    ("text", "lines"), [("a\n\nb\n", ["a", "", "b"]), ("a\n\nb", ["a", "", "b"]), ("\n\n", ["", ""]), ("", [])]
)
def test_empty_lines_are_lines_and_the_end_of_the_last_one_is_none(text: str, lines: list[str]):
    assert [line for (line,) in lines_of(text, 10, 1000, False, ()).rows] == lines


@pytest.mark.parametrize(("key", "first"), [("p/raw.bin", "00 01 02 03"), ("p/nul.txt", "00 01 74 65")])
async def test_what_is_no_text_is_shown_in_hexadecimal(bucket: S3Connector, key: str, first: str):
    sample = await bucket.sample({"key": key, "limit": 1})
    assert names(sample) == ["offset", "hex", "text"]
    assert sample.rows[0][1].startswith(first)


async def test_a_cut_archive_shows_what_came_before(bucket: S3Connector):
    sample = await bucket.sample({"key": "p/cut.csv.gz", "limit": 5})
    assert len(sample.rows) == 5
    assert "note.damaged_compression" in [note.key for note in sample.notes]


async def test_a_zip_bomb_stops_at_the_bytes_allowed(bucket: S3Connector):
    sample = await bucket.sample({"key": "p/bomb.csv.gz", "limit": 1000})
    assert (len(sample.rows), sample.truncated_by) == (1000, "limit")


async def test_the_head_of_a_large_table_takes_one_small_request(bucket: S3Connector):
    sample = await bucket.sample({"key": "p/big.csv"})
    assert (len(sample.rows), sample.truncated_by) == (100, "limit")
    assert sample.bytes_read <= 64 * 1024


@pytest.mark.parametrize(("bytes_max", "cut"), [(5 * MIB, "limit"), (100_000, "bytes")])
async def test_a_service_that_sends_objects_from_their_start_repeats_no_row(server: S3Server, bytes_max: int, cut: str):
    rows = [(number, "x" * 200) for number in range(2000)]
    body = "n,text\n" + "".join(f"{number},{text}\n" for number, text in rows)
    with stub_server(200, body.encode(), {}) as url:
        async with closing(connector_of(server, bytes_max, endpoint_url=url)) as connector:
            sample = await connector.sample({"key": "p/rows.csv", "limit": 1000})
    assert (names(sample), sample.truncated_by) == (["n", "text"], cut)
    assert sample.rows == tuple(rows[: len(sample.rows)])
    assert len(sample.rows) == (1000 if cut == "limit" else 320)


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("p/deep.json", "bad_answer.depth"),
        ("p/broken.jsonl", "bad_answer.not_json"),
        ("p/false.parquet", "bad_answer.parquet"),
        ("p/missing.csv", "not_found_in_source.key"),
    ],
)
async def test_what_cannot_be_read_says_why(bucket: S3Connector, key: str, error: str):
    assert str(await error_of(bucket.sample({"key": key}))) == error


async def test_a_list_shows_keys_sizes_and_times(bucket: S3Connector):
    sample = await bucket.sample({"prefix": "p/r"})
    assert [row[0] for row in sample.rows] == [
        "p/raw.bin",
        "p/rows.csv",
        "p/rows.csv.gz",
        "p/rows.csv.zst",
        "p/rows.tsv",
    ]
    assert types(sample) == ["string", "integer", "timestamptz", "string"]
    assert sample.rows[0][1] == 256


async def test_the_configured_prefix_is_listed_without_asking(bucket: S3Connector):
    sample = await bucket.sample({})
    assert {row[0] for row in sample.rows} == {key for key in OBJECTS if key.startswith("p/")}


async def test_what_is_described_can_be_sampled(bucket: S3Connector):
    entries = await bucket.describe()
    assert "p/rows.csv" in [entry.path for entry in entries]
    entry = next(entry for entry in entries if entry.path == "p/rows.csv")
    assert (await bucket.sample(S3Connector.params_for(entry))).rows
    assert (entry.bytes, entry.detail) == (len(PERSIAN.encode()), str(len(PERSIAN.encode())))
    assert entry.modified is not None
    assert {found.name for found in entries if not found.expandable} == {"raw.bin", "nul.txt", "یادداشت.txt"}


CODES = {"نام": "string", "عدد": "integer", "کد": "string", "مبلغ": "decimal", "تهی": "null"}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        *((f"p/rows.{ending}", CODES) for ending in ("csv", "csv.gz", "csv.zst", "tsv")),
        ("p/big.csv", {"a": "integer", "b": "string"}),
        ("p/items.json", {"a": "float", "نام": "string"}),
        ("p/lines.jsonl", {"a": "integer", "n": "json"}),
        ("p/empty.csv", {}),
    ],
)
async def test_below_a_table_are_its_columns(bucket: S3Connector, key: str, expected: dict[str, str]):
    found = await bucket.describe(key)
    assert {entry.name: entry.type for entry in found} == expected
    assert [S3Connector.params_for(entry) for entry in found] == [{} for _ in found]


@pytest.mark.parametrize("key", ["p/table.parquet", "p/large.parquet"])
async def test_the_columns_of_a_parquet_file_are_in_its_footer(bucket: S3Connector, key: str):
    types = {entry.name: entry.type for entry in await bucket.describe(key)}
    assert types == {
        "n": "integer", "نام": "string", "amount": "decimal", "seen": "timestamptz", "nested": "json",
        "raw": "binary", "list": "array", "gap": "null",
    }  # fmt: skip


async def test_a_wide_parquet_file_has_all_its_columns(bucket: S3Connector):
    assert len(await bucket.describe("p/wide.parquet")) == 600


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("p/missing.csv", "not_found_in_source.key"),
        ("p/false.parquet", "bad_answer.parquet"),
        ("q/outside.csv", "query_refused.s3_prefix"),
    ],
)
async def test_columns_that_cannot_be_read_say_why(bucket: S3Connector, key: str, error: str):
    assert str(await error_of(bucket.describe(key))) == error


class Pages:
    """A bucket whose every page holds two keys, the prefix's own among them, as a service may cut it."""

    def __init__(self, keys: list[str]) -> None:
        self._keys, self.wanted = keys, list[int]()

    async def list(self, prefix: str, limit: int, delimiter: str = "", more: str | None = None) -> Page:
        self.wanted.append(limit)
        start = int(more or 0)
        end = start + min(limit, 2)
        found = tuple(Object(key, 1, None, None) for key in self._keys[start:end])
        return Page(found, (), str(end) if end < len(self._keys) else None, "")


async def test_a_level_is_read_on_where_a_page_was_cut_short():
    pages = Pages(["d/", "d/a", "d/b.csv", "d/c"])
    found = await listing.entries(pages, "d/")  # type: ignore[arg-type]  # a fake
    assert [(entry.name, entry.expandable) for entry in found] == [("a", False), ("b.csv", True), ("c", False)]
    assert pages.wanted == [LEVEL_MAX, LEVEL_MAX - 1]


async def test_a_level_is_not_read_for_ever():
    pages = Pages([f"d/{number}" for number in range(100)])
    assert len(await listing.entries(pages, "d/")) == 2 * listing.PAGES_MAX  # type: ignore[arg-type]  # a fake
