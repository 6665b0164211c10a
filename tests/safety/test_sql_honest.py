"""What analysts really write is admitted, and the same text runs on a real server in a READ ONLY transaction."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from core.safety.sql import check_statement, check_where
from tests.servers.postgres import PostgresServer

HERE = Path(__file__).parent
ORDERS = """orders(id, customer, amount, placed_at, tags, doc) AS (VALUES
  (1, 'مینا', 120.50::numeric, timestamptz '2024-03-20 10:00+03:30', ARRAY['a','b'],
   '{"city": "تهران", "n": [1, 2]}'::jsonb),
  (2, 'Ali', 80, timestamptz '2024-04-01 12:30+00', ARRAY['b'], '{"city": "Shiraz", "n": []}'),
  (3, 'مینا', NULL, timestamptz '2024-05-05 23:59+00', '{}', '{"city": null}'))"""
WITH_ARGUMENTS = (
    ("SELECT $1::int + 1", ["41"]),
    ('SELECT relname FROM pg_class WHERE relname = $1 AND relkind = ANY($2::"char"[])', ["pg_class", "{r,v}"]),
    ("SELECT 1 WHERE $1 = 'a' AND 'b' <> ''", ["a"]),
    ("SELECT ($1::int[])[1], $1::int[] || $2::int, - $2::int LIMIT $2::bigint", ["{5}", "1"]),
    ("SELECT n FROM generate_series(1, 3) AS n ORDER BY n OFFSET $1 ROWS FETCH FIRST $2 ROWS ONLY", ["1", "2"]),
    ("SELECT now() - $1::interval, $2::jsonb->>'a', 'x' LIKE $3 || '%', $4::text IS NULL", ["1 day", "{}", "x", None]),
    ("SELECT * FROM generate_series(1, $1::int) AS n WHERE n BETWEEN $2::int AND $1::int LIMIT $2::int", ["9", "3"]),
)


def written_in(file: str) -> list[str]:
    """Queries of a file; a blank line ends one."""
    return (HERE / file).read_text().strip().split("\n\n")


HONEST = [*(f"WITH {ORDERS} {query}" for query in written_in("test_sql_orders.sql")), *written_in("test_sql_alone.sql")]


@pytest.fixture
def reader(postgres: PostgresServer) -> Iterator[psycopg.Connection]:
    with postgres.connect_as_app(cursor_factory=psycopg.RawCursor) as connection:
        connection.read_only = True
        yield connection
        connection.rollback()


@pytest.mark.parametrize("query", HONEST, ids=lambda query: query.removeprefix(f"WITH {ORDERS} ")[:60])
def test_an_honest_query_is_admitted_and_runs(query: str, reader: psycopg.Connection):
    check_statement(query)
    assert reader.execute(query.encode(), prepare=True).description is not None


@pytest.mark.parametrize(("query", "arguments"), WITH_ARGUMENTS)
def test_a_query_with_arguments_is_admitted_and_runs(query: str, arguments: list[str], reader: psycopg.Connection):
    check_statement(query)
    assert reader.execute(query.encode(), arguments, prepare=True).fetchall()


@pytest.mark.parametrize("condition", written_in("test_sql_conditions.sql"))
def test_an_honest_condition_is_admitted_and_runs(condition: str, reader: psycopg.Connection):
    check_where(condition)
    reader.execute(f"SELECT relname FROM pg_class WHERE ({condition}\n)".encode(), prepare=True)  # noqa: S608 - the point
