"""Queries put together from the pieces of SQL.

With only honest pieces they pass and PostgreSQL takes them too; with one bad piece anywhere inside they are refused for
it, however its name is spelt.
"""

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import QueryRefused
from core.safety.sql import check_statement
from tests.servers.postgres import PostgresServer

SAFE = (
    "1",
    "n",
    "n + 1",
    "-n",
    "(n)::int",
    "CAST(n AS int)",
    "abs(n)",
    "pg_catalog.abs(n)",
    "length('a;b')",
    "$$1$$::int",
)
NESTED = (
    "({0})", "coalesce({0}, {1})", "CASE WHEN {0} > {1} THEN {0} ELSE 0 END", "abs({0}) + {1}", "(SELECT {0})",
    "(SELECT max(i + {0}) FROM generate_series(1, 2) AS i)", "(ARRAY[{0}, {1}])[1]", "nullif({0}, {1})",
    "greatest({0}, {1})", "(SELECT count(*) FILTER (WHERE x = {0}) FROM (VALUES (1)) v(x))::int", "({0})::numeric::int",
    "(SELECT sum(m)::int FROM LATERAL (SELECT {0} AS m) x)", "abs(/* {{ */ {0} -- ;\n)",
)  # fmt: skip
QUERIES = (
    "SELECT {0} FROM t", "SELECT n FROM t WHERE {0} > 0 ORDER BY {1}", "SELECT {0}, count(*) FROM t GROUP BY {0}, n",
    "WITH a AS (SELECT {0} AS n FROM t) SELECT n FROM a", "SELECT n FROM t UNION ALL SELECT {0} FROM t",
    "SELECT * FROM t JOIN t AS u USING (n) WHERE t.n = 1 OR EXISTS (SELECT 1 WHERE {0} = 2)",
    "SELECT sum(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t WHERE n IN ({0}, {1})",
    "SELECT n FROM t GROUP BY n HAVING max(n) > {0}", "VALUES ((SELECT {0} FROM t))", "EXPLAIN SELECT {0} FROM t",
    "SELECT DISTINCT ON (n) n FROM t ORDER BY n, {0}", "(SELECT {0} FROM t) EXCEPT (SELECT {1} FROM t)",
)  # fmt: skip
BAD = (
    ("function", "pg_sleep(1)"), ("function", "nextval('s')"), ("function", "pg_read_file('/etc/passwd')"),
    ("function", "set_config('role', 'x', true)"), ("function", "lo_import('/x')"),
    ("function", "dblink_exec('a', 'b')"),
    ("function", "query_to_xml('DELETE FROM t', true, true, '')"), ("secret_table", "(SELECT 1 FROM pg_authid)"),
    ("secret_table", "(SELECT count(query) FROM pg_stat_activity)"), ("locking", "(SELECT n FROM t FOR UPDATE)"),
    ("into", "(SELECT 1 INTO x)"), ("function", "pg_advisory_lock(1)"), ("function", "pg_terminate_backend(1)"),
)  # fmt: skip

expressions = st.recursive(
    st.sampled_from(SAFE), lambda inner: st.builds(str.format, st.sampled_from(NESTED), inner, inner), max_leaves=4
)


@st.composite
def with_a_hole(draw: st.DrawFn) -> str:
    """A query with `@` where one expression would stand."""
    hole = "@"
    for _ in range(draw(st.integers(0, 3))):
        pair = draw(st.permutations([hole, draw(expressions)]))
        nested = draw(st.sampled_from(NESTED)).format(*pair)
        hole = nested if "@" in nested else hole
    query = draw(st.sampled_from(QUERIES))
    return query.format(hole, draw(expressions))


def spelt(draw_from: st.DataObject, bad: str) -> str:
    """The same call in one of the spellings that PostgreSQL takes for it."""
    name, bracket, rest = bad.partition("(")
    if not name:
        return bad
    escaped = "".join(f"\\{ord(letter):04x}" for letter in name)
    ways = (name, name.upper(), f'"{name}"', f"pg_catalog.{name}", f'U&"{escaped}"', f"{name} /* */ ", f"{name} -- x\n")
    return draw_from.draw(st.sampled_from(ways)) + bracket + rest


@pytest.fixture(scope="module")
def server(postgres: PostgresServer) -> Iterator[psycopg.Connection]:
    with postgres.connect_as_app(cursor_factory=psycopg.RawCursor, autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE t AS SELECT 1 AS n")
        connection.read_only = True
        yield connection


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(query=with_a_hole(), filling=expressions)
def test_honest_pieces_are_admitted_and_run(server: psycopg.Connection, query: str, filling: str):
    whole = query.replace("@", filling)
    check_statement(whole)
    assert server.execute(whole.encode(), prepare=True).description


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(query=with_a_hole(), bad=st.sampled_from(BAD), data=st.data())
def test_one_bad_piece_is_refused_wherever_it_stands(query: str, bad: tuple[str, str], data: st.DataObject):
    with pytest.raises(QueryRefused) as caught:
        check_statement(query.replace("@", spelt(data, bad[1])))
    assert caught.value.reason == bad[0]
