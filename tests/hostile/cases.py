"""What is asked of whom, and how it may end."""

from dataclasses import dataclass, field
from typing import Any

MEMORY_MB = 64.0


@dataclass(frozen=True)
class Case:
    """`ended` is what a truncated answer says of itself, `whole`, or the code of an error."""

    kind: str
    params: dict[str, Any]
    ended: tuple[str, ...]
    config: dict[str, Any] = field(default_factory=dict)
    memory_mb: float = MEMORY_MB


def _rest(name: str, *ended: str, **params: Any) -> Case:
    return Case("rest", {"path": f"/{name}", "limit": 1000} | params, ended)


def _graphql(name: str, *ended: str) -> Case:
    return Case("graphql", {"query": f"{{ {name} }}", "limit": 1000}, ended)


def _s3(key: str, *ended: str) -> Case:
    return Case("s3", {"key": key, "limit": 1000}, ended)


def _listed(prefix: str, *ended: str) -> Case:
    return Case("s3", {"prefix": prefix, "limit": 1000}, ended)


def _sql(sql: str, *ended: str) -> Case:
    return Case("postgres", {"sql": sql, "limit": 1000}, ended)


def _mongo(collection: str, *ended: str) -> Case:
    return Case("mongodb", {"collection": collection, "limit": 1000}, ended)


COLUMNS = ", ".join(f"{number} AS c{number}" for number in range(1664))
BIG = "repeat('x', 10000000)"

CASES: dict[str, Case] = {
    "rest: 1 GB body": _rest("gigabyte", "limit"),
    "rest: a list without an end": _rest("endless", "limit"),
    "rest: JSON Lines without an end": _rest("lines", "bytes", "bad_answer.not_json"),
    "rest: a million keys": _rest("keys", "bytes"),
    "rest: 400,000 columns in 1,000 rows": _rest("columns_by_rows", "bytes", "columns"),
    "rest: a cell of 10 MB": _rest("cell", "bytes"),
    "rest: 1,200 texts with an emoji": _rest("many_cells", "limit"),
    "rest: 100,000 levels of lists": _rest("deep", "bad_answer.depth"),
    "rest: 100,000 levels of objects": _rest("deep_objects", "bad_answer.depth"),
    "rest: empty objects": _rest("empty_objects", "bytes"),
    "rest: empty lists": _rest("empty_lists", "bytes"),
    "rest: one-member objects": _rest("pairs", "bytes"),
    "rest: short texts": _rest("short_texts", "bytes"),
    "rest: exact decimals": _rest("decimals", "bytes", "cell"),
    "rest: a path to everything": _rest("many_keys", "bytes", "limit", records_path="$..*"),
    "rest: gzip bomb": _rest("gzip_bomb", "limit"),
    "rest: gzip bomb of spaces": _rest("gzip_spaces", "whole", "bytes"),
    "rest: gzip in gzip": _rest("gzip_nested", "bad_answer.not_json"),
    "rest: gzip twice": _rest("gzip_twice", "bad_answer.encoding"),
    "rest: a million gzip members": _rest("gzip_members", "bad_answer.compression"),
    "rest: a header line without an end": _rest("endless_line", "bad_answer.http"),
    "rest: headers without an end": _rest("endless_headers", "bad_answer.http"),
    "rest: early hints without an end": Case(
        "rest", {"path": "/endless_information"}, ("timeout.attempt",), {"timeout_s": 3}
    ),
    "rest: trailers without an end": _rest("endless_trailers", "bad_answer.http"),
    "rest: a refusal of 1 GB": _rest("refusal", "source_unavailable.http"),
    "graphql: 1 GB body": _graphql("gigabyte", "limit", "bytes"),
    "graphql: a list without an end": _graphql("endless", "limit", "bytes"),
    "graphql: a million keys": _graphql("keys", "bytes"),
    "graphql: a cell of 10 MB": _graphql("cell", "bytes", "limit_exceeded.answer"),
    "graphql: 100,000 levels": _graphql("deep", "bad_answer.depth"),
    "graphql: empty objects": _graphql("empty_objects", "limit", "bytes"),
    "graphql: short texts": _graphql("short_texts", "limit", "bytes"),
    "graphql: gzip bomb": _graphql("gzip_bomb", "limit", "bytes"),
    "graphql: a million errors": _graphql("errors", "query_failed.graphql"),
    "s3: 1 GB, whatever range is asked for": _s3("flood.csv", "limit", "bytes"),
    "s3: CSV of a million columns": _s3("columns.csv", "bytes", "bad_answer.not_csv"),
    "s3: CSV of 2.5 million columns in 5 MB": _s3("narrow_columns.csv", "bad_answer.not_csv"),
    "s3: CSV with a quote that is never closed": _s3("quoted.csv", "bad_answer.not_csv", "bytes"),
    "s3: CSV with a cell of 10 MB": _s3("cell.csv", "bad_answer.not_csv", "bytes"),
    "s3: a line of 10 MB": _s3("line.txt", "bytes"),
    "s3: gzip bomb": _s3("bomb.csv.gz", "bytes", "bad_answer.not_csv"),
    "s3: gzip in gzip": _s3("nested.csv.gz", "bytes", "limit", "whole"),
    "s3: gzip in gzip in gzip": _s3("nested.csv.gz.gz", "bytes", "limit", "whole"),
    "s3: zstd bomb": _s3("bomb.csv.zst", "bytes", "bad_answer.not_csv"),
    "s3: a ZIP that is called CSV": _s3("rows.csv.zip", "bytes", "limit"),
    "s3: JSON of 100,000 levels": _s3("deep.json", "bad_answer.depth"),
    "s3: JSON with a million keys": _s3("keys.json", "bytes"),
    "s3: JSON of empty objects": _s3("empty_objects.json", "bytes"),
    "s3: JSON of short texts": _s3("short_texts.json", "bytes"),
    "s3: JSON Lines with a cell of 10 MB": _s3("cells.jsonl", "bytes", "bad_answer.truncated"),
    "s3: JSON Lines with 400,000 columns": _s3("keys.jsonl", "bytes", "columns"),
    "s3: JSON Lines of 100,000 levels": _s3("deep.jsonl", "bad_answer.depth"),
    "s3: Parquet, 1,000 times one value of 4 MB": _s3("dictionary.parquet", "bytes", "limit_exceeded.row_group"),
    "s3: Parquet, a page of 160 MB in 20 KB": _s3("page.parquet", "limit_exceeded.row_group"),
    "s3: Parquet, 16,384 row groups": _s3("groups.parquet", "limit", "bytes"),
    "s3: Parquet, 5,000 columns": _s3("wide.parquet", "columns"),
    "s3: Parquet, 12,000 columns": _s3("too_wide.parquet", "limit_exceeded.columns"),
    "s3: Parquet, a row with a list of two million": _s3("list.parquet", "limit_exceeded.row_group"),
    "s3: Parquet, 100 times one value of a fixed megabyte": _s3("fixed.parquet", "bytes"),
    "s3: gzip of 250,000 empty members": _s3("members.csv.gz", "bad_answer.compression"),
    "s3: Parquet, a footer longer than the file": _s3("lying.parquet", "bad_answer.parquet"),
    "s3: Parquet, a footer of 2 milliard columns": _s3("nonsense.parquet", "limit_exceeded.columns"),
    "s3: a list of a million elements": _listed("elements", "bad_answer.not_s3"),
    "s3: a list of 120,000 objects": _listed("objects", "bad_answer.not_s3"),
    "s3: a list of 500,000 levels": _listed("deep_elements", "bad_answer.not_s3"),
    "s3: a list of entities within entities": _listed("laughs", "bad_answer.not_s3"),
    "s3: a list without an end": _listed("endless_list", "bad_answer.not_s3"),
    "postgres: 1,664 columns": _sql(f"SELECT {COLUMNS}", "columns"),
    "postgres: a cell of 10 MB": _sql(f"SELECT {BIG}", "cell"),
    "postgres: 1,000 rows of 10 MB": _sql("SELECT repeat('x', 10000000) FROM generate_series(1, 1000)", "bytes"),
    "postgres: a row of ten cells of 10 MB": _sql(f"SELECT {', '.join([BIG] * 10)}", "limit_exceeded.row"),
    "postgres: a cursor without an end": Case(
        "postgres",
        {"sql": "SELECT * FROM generate_series(1, 1000000000000)", "limit": 1000},
        # The server keeps these rows in a file, and may be writing when it should have given up.
        ("timeout.server", "timeout.attempt"),
        {"timeout_s": 10},
    ),
    "postgres: a row for ever": _sql("SELECT generate_series(1, 1000000000000)", "limit"),
    "postgres: JSON of 5,000 levels": _sql("SELECT (repeat('[', 5000) || repeat(']', 5000))::json", "whole"),
    "postgres: an array of a million": _sql("SELECT array_agg(n) FROM generate_series(1, 1000000) n", "cell"),
    "postgres: JSON with a million keys": _sql(
        "SELECT json_object_agg(n, n) FROM generate_series(1, 1000000) n", "limit_exceeded.row"
    ),
    "postgres: JSON of empty objects": _sql(
        "SELECT ('[{}' || repeat(',{}', 2000000) || ']')::json", "cell"
    ),
    # The driver holds a message several times over before anyone can look at it.
    "mongodb: a document of 15 MB": Case(
        "mongodb", {"collection": "cells", "limit": 1000}, ("cell", "bytes"), memory_mb=128.0
    ),
    "mongodb: a document with 20,000 members": _mongo("members", "columns", "bytes"),
    "mongodb: a document of empty documents": _mongo("empties", "whole"),
    "mongodb: a collection far beyond the limit": _mongo("many", "limit"),
}  # fmt: skip
