"""Which statements a sample may send."""

import string
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import QueryRefused
from core.safety.sql import BYTES_MAX, DEPTH_MAX, analysed, check_statement, check_where
from core.safety.sql_functions import DENIED, DENIED_PREFIXES
from core.safety.sql_tokens import Kind, tokens
from tests.safety.sql_attempts import (
    CHANGING,
    ESCAPING,
    FUNCTIONS,
    NOT_READING,
    SECRETS,
    STRICTLY_REFUSED,
    UNPARSABLE,
    WHERE_REFUSED,
)

EVERY_DENIED = sorted(name for names in DENIED.values() for name in names)


def refusal(sql: str, *, strict: bool = False) -> QueryRefused:
    with pytest.raises(QueryRefused) as caught:
        check_statement(sql, strict=strict)
    return caught.value


@pytest.mark.parametrize(
    ("reason", "sql"), [*CHANGING, *ESCAPING, *FUNCTIONS, *NOT_READING, *SECRETS, *UNPARSABLE], ids=str
)
def test_an_attempt_is_refused_for_its_reason(reason: str, sql: str):
    error = refusal(sql)
    assert error.reason == reason
    assert error.arguments["rule"]
    assert len(error.arguments["part"]) <= 80


@pytest.mark.parametrize(("reason", "sql"), STRICTLY_REFUSED, ids=str)
def test_only_a_superuser_is_refused(reason: str, sql: str):
    check_statement(sql)
    assert refusal(sql, strict=True).reason == reason


@pytest.mark.parametrize(("reason", "expression"), WHERE_REFUSED, ids=str)
def test_a_condition_stays_a_condition(reason: str, expression: str):
    with pytest.raises(QueryRefused) as caught:
        check_where(expression)
    assert caught.value.reason == reason


@pytest.mark.parametrize("name", EVERY_DENIED)
def test_a_denied_function_is_refused_however_it_is_written(name: str):
    escaped = "".join(f"\\{ord(letter):04x}" for letter in name)
    for call in (
        f"{name}(1)",
        f"{name.upper()} /* away */ (1)",
        f'"{name}"(1)',
        f"pg_catalog.{name}(1)",
        f'U&"{escaped}"(1)',
        f"u&\"{escaped.replace(chr(92), '!')}\" UESCAPE '!' (1)",
        f"('1'::text).{name}",
    ):
        assert refusal(f"SELECT {call}").reason == "function"
        assert refusal(f"VALUES ((SELECT {call}))").reason == "function"


@pytest.mark.parametrize("prefix", sorted(prefix for found in DENIED_PREFIXES.values() for prefix in found))
def test_a_new_function_of_a_denied_family_is_refused(prefix: str):
    assert refusal(f"SELECT {prefix}anything(1)").reason == "function"


def test_the_refusal_names_family_and_function():
    error = refusal("SELECT pg_catalog.PG_READ_FILE('/etc/passwd')")
    assert error.arguments == {"rule": "function.file", "part": "pg_read_file"}


def test_a_column_named_like_a_denied_function_is_no_call():
    check_statement("SELECT nextval, http FROM t WHERE pg_sleep > 1")


def test_the_longest_statement_is_admitted_and_one_byte_more_is_not():
    longest = "SELECT 1" + " " * (BYTES_MAX - 8)
    check_statement(longest)
    assert refusal(longest + " ").reason == "too_long"


@pytest.mark.parametrize("opening", ["(", "f(", "(SELECT ", "CAST(1 IN (", "(1 + ("])
def test_brackets_may_nest_up_to_the_limit(opening: str):
    levels = DEPTH_MAX // opening.count("(")
    closing = ") AS int)" if "CAST" in opening else ")" * opening.count("(")
    check_statement("SELECT " + opening * levels + "1" + closing * levels)
    deeper = "SELECT " + opening * (levels + 1) + "1" + closing * (levels + 1)
    assert refusal(deeper).reason == "too_deep"


@pytest.mark.parametrize(
    "nested",
    [
        "SELECT " + "(" * 5000 + "1" + ")" * 5000,
        "SELECT " + "NOT " * 5000 + "true",
        "SELECT " + "CASE WHEN true THEN " * 2000 + "1" + " END" * 2000,
        "SELECT " + "ARRAY[" * 30 + "1" + "]" * 30,
        "SELECT " + "char(" * 30 + "1" + ")" * 30,
        "SELECT * FROM " + "(SELECT 1 LIMIT " * 30 + "1" + ")" * 30,
    ],
    ids=lambda sql: sql[:24],
)
def test_deep_nesting_is_refused_before_it_costs_time(nested: str):
    assert refusal(nested).reason == "too_deep"


def test_what_the_server_analyses_of_a_statement():
    explained = analysed('/* a */ EXPLAIN (COSTS off) SELECT "S".f(1), \'1\'::"Kind"')
    assert explained is not None
    assert explained.sql == """SELECT "S".f(1), '1'::"Kind\""""
    assert explained.types == {"f", "Kind"}
    assert "S" in explained.names
    assert analysed("SHOW server_version") is None


@settings(deadline=None)
@given(st.text(alphabet=string.printable + "سلام‌ۀ\u00a0", max_size=80))
def test_any_text_is_admitted_or_refused(text: str):
    with suppress(QueryRefused):
        check_statement(text)


@settings(deadline=None)
@given(st.text(alphabet="ab'\"$\\-/*;eEuU& \n", min_size=1, max_size=40))
def test_nothing_ends_a_quoted_name_but_its_quote(text: str):
    quoted = '"' + text.replace('"', '""') + '"'
    found = tokens(f"SELECT {quoted} ; {quoted}")
    assert [token.kind for token in found] == [Kind.WORD, Kind.NAME, Kind.PUNCTUATION, Kind.NAME]
    assert found[1].value == text


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("select pg_background_launch_v2('delete from t')", "function.process"),
        ("select * from pg_get_wal_block_info('0/0', '0/1')", "function.wal"),
        ("select utl_file.fremove('/dir', 'f')", "function.file"),
        ("select fopen('/dir', 'f', 'w')", "function.file"),
        ('select "aws_lambda" . invoke($1, $2)', "function.network"),
        ("select dbms_pipe.send_message('p')", "function.notify"),
    ],
)
def test_extensions_that_act_elsewhere_are_refused(sql: str, rule: str):
    assert refusal(sql).arguments["rule"] == rule


def test_their_neighbours_are_not():
    check_statement("select pg_get_wal_replay_pause_state(), file.job from utl_files as file")
